/**
 * The last good Routes and endpoints on disk, so that a router that starts while the API server is away can carry traffic. A
 * file is written whole beside the old one, flushed and renamed, and carries a checksum: what is read is either all that was
 * written or nothing.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { EndpointSlice } from '../api/kubernetes.ts'
import type { Route } from '../api/route.ts'

export type Snapshot = { readonly routes: readonly Route[]; readonly slices: readonly EndpointSlice[] }

const FILE = 'routes.json'
const FORMAT = 'sluice-router-state/1'

/** First line: format and checksum of all that follows. */
export const encodeSnapshot = ({ routes, slices }: Snapshot): string => {
  const body = JSON.stringify({ routes, slices })
  return `${FORMAT} sha256=${digest(body)}\n${body}\n`
}

export const decodeSnapshot = (text: string): { readonly snapshot: Snapshot } | { readonly problem: string } => {
  const end = text.indexOf('\n')
  const [format, sum] = text.slice(0, Math.max(end, 0)).split(' sha256=')
  if (format !== FORMAT) return { problem: `does not begin with ${FORMAT}` }
  const body = text.slice(end + 1, -1)
  if (sum !== digest(body) || !text.endsWith('\n')) return { problem: 'its checksum is wrong: it was cut off or changed' }
  const content: unknown = JSON.parse(body)
  if (!isSnapshot(content)) return { problem: 'holds no lists of routes and slices' }
  return { snapshot: content }
}

const digest = (body: string): string => createHash('sha256').update(body).digest('hex')

/**
 * The checksum says that this program wrote it, so no more than the outline is checked; Routes are checked again when a table
 * is made of them.
 */
const isSnapshot = (content: unknown): content is Snapshot =>
  typeof content === 'object' &&
  content !== null &&
  Array.isArray(Reflect.get(content, 'routes')) &&
  Array.isArray(Reflect.get(content, 'slices'))

/** Undefined when there is no file yet. */
export const readSnapshot = async (directory: string): Promise<ReturnType<typeof decodeSnapshot> | undefined> => {
  try {
    return decodeSnapshot(await readFile(join(directory, FILE), 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

export const writeSnapshot = async (directory: string, text: string): Promise<void> => {
  await mkdir(directory, { recursive: true })
  const temporary = join(directory, `.${FILE}.${process.pid}`)
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(directory, FILE))
}
