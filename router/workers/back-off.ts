/** When a worker that died is started again. Pure. */

/** The first one at once; a worker that dies again soon waits longer each time. */
const WAITS_MS = [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000] as const
/** A worker that lived for so long starts with a clean record. */
const GOOD_LIFE_MS = 60_000

export type DeathRecord = { readonly failures: number }

export const CLEAN: DeathRecord = { failures: 0 }

/** `livedMs`: from its start to its death. */
export const afterDeath = (
  { failures }: DeathRecord,
  livedMs: number,
): { readonly waitMs: number; readonly record: DeathRecord } => {
  const before = livedMs >= GOOD_LIFE_MS ? 0 : failures
  return { waitMs: WAITS_MS[Math.min(before, WAITS_MS.length - 1)] ?? 0, record: { failures: before + 1 } }
}
