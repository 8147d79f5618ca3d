/** What the page knows of the cluster, as the events of the stream change it. */
import type { Numbers, RolloutDetail, RolloutRow, StreamEvent } from '../../../contract.ts'

export type Known = {
  /** Undefined until the first overview. */
  readonly rows?: ReadonlyMap<string, RolloutRow>
  readonly missing: readonly string[]
  /** Milliseconds that the server's clock is ahead of this machine's. */
  readonly ahead: number
  readonly detail?: RolloutDetail
  readonly numbers?: { readonly key: string; readonly numbers: Numbers }
  /** Key of the rollout that was asked for and is not there. */
  readonly gone?: string
  /** Since when the server itself cannot reach the cluster. */
  readonly cut?: { readonly since: string; readonly message?: string }
}

export const NOTHING_KNOWN: Known = { missing: [], ahead: 0 }

/** Ten minutes of points at most, as the server keeps them. */
const LONGEST_S = 600

/** Newer points replace those of the same second. */
export const mergeNumbers = (before: Numbers | undefined, after: Numbers): Numbers => {
  if (before === undefined || before.span !== after.span) return after
  const points = new Map([...before.points, ...after.points].map(point => [point.at, point]))
  const sorted = [...points.values()].sort((a, b) => a.at - b.at)
  const newest = sorted.at(-1)?.at ?? 0
  return { ...after, points: sorted.filter(({ at }) => at > newest - LONGEST_S) }
}

const changeRows = (
  rows: Known['rows'],
  changed: readonly RolloutRow[],
  gone: readonly string[],
): ReadonlyMap<string, RolloutRow> => {
  const next = new Map(rows)
  for (const row of changed) next.set(row.key, row)
  for (const key of gone) next.delete(key)
  return next
}

const without = <K extends keyof Known>(known: Known, ...keys: readonly K[]): Omit<Known, K> => {
  const rest = { ...known }
  for (const key of keys) delete rest[key]
  return rest
}

/** `now` is this machine's clock, milliseconds. `asked` is the key of the rollout on screen; what comes late for another one is left. */
export const learn = (known: Known, event: StreamEvent, asked: string | undefined, now: number): Known => {
  switch (event.type) {
    case 'overview': {
      const { rows, missing, now: theirs } = event.overview
      return { ...known, rows: new Map(rows.map(row => [row.key, row])), missing, ahead: Date.parse(theirs) - now }
    }
    case 'changes': {
      const row = event.rows.find(({ key }) => key === known.detail?.row.key)
      const rows = changeRows(known.rows, event.rows, event.gone)
      return { ...known, rows, ...(known.detail !== undefined && row !== undefined && { detail: { ...known.detail, row } }) }
    }
    case 'rollout':
      return event.detail.row.key === asked ? { ...without(known, 'gone'), detail: event.detail } : known
    case 'numbers': {
      if (event.key !== asked) return known
      const before = known.numbers?.key === asked ? known.numbers.numbers : undefined
      return { ...known, numbers: { key: event.key, numbers: mergeNumbers(before, event.numbers) } }
    }
    case 'gone':
      return event.key === asked ? { ...known, gone: event.key } : known
    case 'connection': {
      if (event.connected) return without(known, 'cut')
      const { since, message } = event
      return { ...known, cut: { since, ...(message === undefined ? {} : { message }) } }
    }
    case 'signed-out':
      return known
  }
}

/** Of another rollout nothing is kept. */
export const forgetRollout = (known: Known): Known => without(known, 'detail', 'numbers', 'gone')
