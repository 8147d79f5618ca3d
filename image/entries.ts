/** What a layer of an image holds, before it is a tar archive. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

type Place = {
  /** Absolute, e.g. `/bin/node`. Folders above it that are not listed are made, mode 0755 of root. */
  readonly path: string
  /** Permission bits; 0644 for files and 0755 for directories when absent. */
  readonly mode?: number
  /** User and group that own it; 0 when absent. */
  readonly owner?: number
}

export type Entry = Place &
  (
    | { readonly type: 'file'; readonly content: Uint8Array | string }
    | { readonly type: 'directory' }
    | { readonly type: 'symlink'; readonly target: string }
  )

export const file = (path: string, content: Uint8Array | string, mode = 0o644): Entry => ({ type: 'file', path, content, mode })

/** A program of this machine; symbolic links to it are followed. */
export const program = (path: string, from: string): Entry => file(path, readFileSync(from), 0o755)

/** All regular files under `folder`, placed under `at`; what may be executed stays so. */
export const folder = (at: string, from: string): readonly Entry[] =>
  readdirSync(from, { recursive: true, encoding: 'utf8' })
    .sort()
    .flatMap(name => {
      const path = join(from, name)
      const stat = statSync(path)
      return stat.isFile() ? [file(join(at, name), readFileSync(path), stat.mode & 0o111 ? 0o755 : 0o644)] : []
    })
