/** What `sluice check cluster` says: one row for each thing that Sluice needs or works with. */

export type Verdict = 'ok' | 'warn' | 'missing'

export type Row = {
  readonly check: string
  readonly verdict: Verdict
  /** What was found and, where it is not ok, what to do about it; one sentence, no line breaks. */
  readonly text: string
}

export const ok = (check: string, text: string): Row => ({ check, verdict: 'ok', text })
/** Works, but somebody should know; or could not be found out. */
export const warn = (check: string, text: string): Row => ({ check, verdict: 'warn', text })
/** Sluice does not work, or not as it says it does, until this is there. */
export const missing = (check: string, text: string): Row => ({ check, verdict: 'missing', text })

/** `1 router`, `2 routers`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
