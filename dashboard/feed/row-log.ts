/** The rows as last told, with a number for each change, so that a page that lost its connection gets only what it missed. Pure but for its memory. */
import type { RolloutRow } from '../contract.ts'

export type RowChanges = { readonly rows: readonly RolloutRow[]; readonly gone: readonly string[] }

export type RowLog = {
  /** Of the newest change. */
  readonly version: () => number
  /** In order of namespace and name. */
  readonly rows: () => readonly RolloutRow[]
  /** Takes new states (undefined: gone); the answer is what differs, undefined when nothing does. */
  readonly update: (states: readonly (readonly [key: string, row: RolloutRow | undefined])[]) => RowChanges | undefined
  /** What changed after `version`; undefined when that is not known any more. */
  readonly since: (version: number) => RowChanges | undefined
}

/** Keys of rows that are gone, for resumes; more than that and a page begins anew. */
const MOST_GONE = 1000

const byKey = (a: RolloutRow, b: RolloutRow): number => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name)

export const makeRowLog = (): RowLog => {
  const known = new Map<string, { readonly row: RolloutRow; readonly text: string; readonly version: number }>()
  const gone = new Map<string, number>()
  let version = 0
  let forgotten = 0
  const remove = (key: string): boolean => {
    if (!known.delete(key)) return false
    gone.set(key, version)
    const [oldest] = gone
    if (gone.size > MOST_GONE && oldest !== undefined) {
      gone.delete(oldest[0])
      forgotten = oldest[1]
    }
    return true
  }
  const take = (key: string, row: RolloutRow): boolean => {
    const text = JSON.stringify(row)
    if (known.get(key)?.text === text) return false
    gone.delete(key)
    known.set(key, { row, text, version })
    return true
  }
  return {
    version: () => version,
    rows: () => [...known.values()].map(({ row }) => row).sort(byKey),
    update: states => {
      version += 1
      const changed = states.filter(([key, row]) => (row === undefined ? remove(key) : take(key, row)))
      if (changed.length === 0) {
        version -= 1
        return undefined
      }
      return {
        rows: changed.flatMap(([, row]) => row ?? []),
        gone: changed.flatMap(([key, row]) => (row === undefined ? [key] : [])),
      }
    },
    since: from => {
      if (from > version || from < forgotten) return undefined
      return {
        rows: [...known.values()].filter(one => one.version > from).map(({ row }) => row),
        gone: [...gone].filter(([, at]) => at > from).map(([key]) => key),
      }
    },
  }
}
