/** Entries as files in a folder. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from './entries.ts'
import { complete } from './tar.ts'

const write = (path: string, entry: Entry): void => {
  if (entry.type === 'symlink') {
    symlinkSync(entry.target, path)
    return
  }
  if (entry.type === 'directory') mkdirSync(path, { recursive: true })
  else writeFileSync(path, entry.content)
  if (entry.mode !== undefined) chmodSync(path, entry.mode)
  if (entry.owner !== undefined) chownSync(path, entry.owner, entry.owner)
}

/** Writes them under `root`; an entry that has an owner needs root's rights. */
export const writeTree = (root: string, entries: readonly Entry[]): void => {
  mkdirSync(root, { recursive: true })
  for (const entry of complete(entries)) write(join(root, entry.path), entry)
}
