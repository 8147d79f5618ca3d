/** Runs one probe of one container again and again, and says when its verdict changes. */
import type { Probe } from '../../api/kubernetes.ts'
import type { ProbeResult } from './probe.ts'

export type ProbeKind = 'Readiness' | 'Liveness' | 'Startup'

export type ProbeTiming = {
  readonly initialDelayMs: number
  readonly periodMs: number
  readonly timeoutMs: number
  readonly successThreshold: number
  readonly failureThreshold: number
}

export const timingOf = (probe: Probe): ProbeTiming => ({
  initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
  periodMs: (probe.periodSeconds ?? 10) * 1000,
  timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
  successThreshold: probe.successThreshold ?? 1,
  failureThreshold: probe.failureThreshold ?? 3,
})

/** Results in a row. */
export type Streak = { readonly ok: boolean; readonly count: number }

/** Counts one more result; `verdict` is set when a threshold is reached. */
export function countResult(
  before: Streak | undefined,
  ok: boolean,
  timing: ProbeTiming,
): { readonly streak: Streak; readonly verdict?: boolean } {
  const streak = { ok, count: before?.ok === ok ? before.count + 1 : 1 }
  const needed = ok ? timing.successThreshold : timing.failureThreshold
  return streak.count >= needed ? { streak, verdict: ok } : { streak }
}

export type ProberOptions = {
  readonly timing: ProbeTiming
  readonly attempt: () => Promise<ProbeResult>
  readonly onFailure: (message: string) => void
  /** Called on every result that stands at or past its threshold. */
  readonly onVerdict: (ok: boolean) => void
}

/** Starts probing; the answer ends it. Tries never overlap. */
export function startProber({ timing, attempt, onFailure, onVerdict }: ProberOptions): () => void {
  let stopped = false
  let streak: Streak | undefined
  let timer: NodeJS.Timeout
  const run = async () => {
    const startedAt = performance.now()
    const problem = await attempt()
    if (stopped) return
    const counted = countResult(streak, problem === undefined, timing)
    streak = counted.streak
    if (problem !== undefined) onFailure(problem)
    if (counted.verdict !== undefined) onVerdict(counted.verdict)
    if (!stopped) arm(Math.max(0, timing.periodMs - (performance.now() - startedAt)))
  }
  const arm = (afterMs: number) => {
    timer = setTimeout(() => void run(), afterMs)
  }
  arm(timing.initialDelayMs)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
