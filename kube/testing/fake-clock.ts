/** A clock that only moves when told. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'

export type FakeClock = Clock & {
  /** Moves on by `ms`; what falls due meanwhile runs in order, each with the promises that it set off settled before the next. */
  readonly advance: (ms: number) => Promise<void>
  /** Moves on to the next timer and runs it; false if there is none. */
  readonly step: () => Promise<boolean>
  /** Timers that are set and have not fired. */
  readonly pending: () => number
  /** Sets the time without running a timer, as a suspended machine does. */
  readonly jump: (ms: number) => void
}

type Entry = { readonly at: number; readonly order: number; readonly callback: () => void }

/** Lets promises settle. Several turns, because a chain may hop through setImmediate. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i += 1) await turn()
}

export const makeFakeClock = (start = Date.parse('2026-01-01T00:00:00Z')): FakeClock => {
  let now = start
  let order = 0
  const entries = new Set<Entry>()

  const next = (): Entry | undefined => {
    let first: Entry | undefined
    for (const entry of entries)
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry
    return first
  }
  const fire = async (entry: Entry): Promise<void> => {
    entries.delete(entry)
    now = Math.max(now, entry.at)
    entry.callback()
    await settle()
  }
  return {
    now: () => now,
    setTimeout: (callback, ms) => {
      const entry = { at: now + Math.max(0, ms), order: order++, callback }
      entries.add(entry)
      return { cancel: () => entries.delete(entry) }
    },
    advance: async ms => {
      const end = now + ms
      await settle()
      for (let entry = next(); entry && entry.at <= end; entry = next()) await fire(entry)
      now = Math.max(now, end)
      await settle()
    },
    step: async () => {
      await settle()
      const entry = next()
      if (entry) await fire(entry)
      return entry !== undefined
    },
    pending: () => entries.size,
    jump: ms => {
      now += ms
    },
  }
}
