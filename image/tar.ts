/** Entries as a tar archive whose bytes depend on nothing else: sorted, no times, no names of users. */
import { dirname } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type Pack, pack } from 'tar-stream'
import type { Entry } from './entries.ts'

const DEFAULT_MODE = { file: 0o644, directory: 0o755, symlink: 0o777 } as const
const EPOCH = new Date(0)

const check = (path: string): void => {
  if (!/^\/[^/]/.test(path) || path.split('/').some(part => part === '..' || part === '.'))
    throw new Error(`entry ${JSON.stringify(path)}: must be an absolute path without "." and "..", e.g. "/app/main.mjs"`)
}

/** Sorted by path, with the folders that nobody listed. Throws for a path that is listed twice or is not absolute. */
export const complete = (entries: readonly Entry[]): readonly Entry[] => {
  const byPath = new Map<string, Entry>()
  for (const entry of entries) {
    check(entry.path)
    if (byPath.has(entry.path)) throw new Error(`entry ${entry.path} is listed twice`)
    byPath.set(entry.path, entry)
  }
  for (const { path } of entries)
    for (let above = dirname(path); above !== '/'; above = dirname(above))
      if (!byPath.has(above)) byPath.set(above, { type: 'directory', path: above })
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

const add = (archive: Pack, entry: Entry): void => {
  const header = {
    name: entry.path.slice(1) + (entry.type === 'directory' ? '/' : ''),
    mode: entry.mode ?? DEFAULT_MODE[entry.type],
    uid: entry.owner ?? 0,
    gid: entry.owner ?? 0,
    mtime: EPOCH,
  }
  if (entry.type === 'file') archive.entry({ ...header, type: 'file' }, Buffer.from(entry.content))
  else if (entry.type === 'symlink') archive.entry({ ...header, type: 'symlink', linkname: entry.target })
  else archive.entry({ ...header, type: 'directory' })
}

/** The archive; folders come before what is in them. */
export const makeTar = async (entries: readonly Entry[]): Promise<Buffer> => {
  const archive = pack()
  for (const entry of complete(entries)) add(archive, entry)
  archive.finalize()
  return buffer(archive)
}
