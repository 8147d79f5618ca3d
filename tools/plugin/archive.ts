/** The kubectl plugin as an archive: the command line's part of the bundle, and a script that starts it. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { makeUi } from '../../dashboard/ui/tools/make-ui.ts'
import { type Entry, file } from '../../image/entries.ts'
import { makeBundle } from '../../image/make-bundle.ts'
import { makeTar } from '../../image/tar.ts'
import { makeExecutable } from './executable.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** krew links to this file, so it has to look for where it really is. */
const STARTER = `#!/bin/sh
here=$0
while [ -L "$here" ]; do
  link=$(readlink "$here")
  case $link in /*) here=$link ;; *) here=$(dirname "$here")/$link ;; esac
done
if ! command -v node >/dev/null 2>&1; then
  echo 'error: kubectl sluice needs Node 22.19 or newer on the PATH (https://nodejs.org)' >&2
  exit 1
fi
SLUICE_INVOKED_AS=\${SLUICE_INVOKED_AS:-$(basename "$0")} exec node "$(dirname "$here")/cli.mjs" "$@"
`

/** Files that `cli.mjs` loads at once or later. */
const reachable = (outputs: Awaited<ReturnType<typeof makeBundle>>['graph']['outputs'], name: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (path: string): void => {
    if (found.has(path)) return
    found.add(path)
    for (const one of outputs[path]?.imports ?? []) if (outputs[one.path] !== undefined) visit(one.path)
  }
  visit(`bundle/${name}`)
  return new Set([...found].map(path => path.slice('bundle/'.length)))
}

export type Archive = { readonly content: Buffer; readonly sha256: string }

const read = (path: string) => readFileSync(join(ROOT, path))

/** What is in every archive. */
const COMMON: readonly Entry[] = [
  file('/LICENSE', read('LICENSE')),
  file('/kubectl_complete-sluice', read('cli/kubectl_complete-sluice'), 0o755),
]

const pack = async (entries: readonly Entry[], level: number): Promise<Archive> => {
  // gzip's header has no time unless one is given.
  const content = gzipSync(await makeTar(entries), { level })
  return { content, sha256: createHash('sha256').update(content).digest('hex') }
}

/** For every system that has Node. The same sources give the same bytes. */
export const makePluginArchive = async (): Promise<Archive> => {
  const { files, graph } = await makeBundle()
  const needed = reachable(graph.outputs, 'cli.mjs')
  return pack(
    [
      ...files
        .filter(({ name }) => needed.has(name) || name === 'THIRD-PARTY.txt')
        .map(({ name, content }) => file(`/${name}`, content)),
      // The page of `kubectl sluice dashboard`, where its server looks for it.
      ...(await makeUi()).map(({ name, content }) => file(`/ui/dist/${name}`, content)),
      file('/kubectl-sluice', STARTER, 0o755),
      ...COMMON,
    ],
    9,
  )
}

/** For this system, with Node in it. */
export const makeExecutableArchive = async (): Promise<Archive> => {
  const { content, licences } = await makeExecutable()
  // It is large: the last few percent of size would cost half a minute.
  return pack([file('/kubectl-sluice', content, 0o755), file('/THIRD-PARTY.txt', licences), ...COMMON], 6)
}
