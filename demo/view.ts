/** The live view: what to print of the rollout and of the traffic at a moment. Pure; the terminal is in terminal.ts. */
import type { Rollout } from '../api/rollout.ts'
import type { Answer } from './load-client.ts'
import { isBad, isDropped } from './tally.ts'

/** What one version did in the last seconds, as its users saw it. */
export type VersionRate = {
  readonly version: string
  readonly perSecond: number
  readonly successRate: number
  readonly p99: number
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0

/** Rates over the `seconds` before `now`, versions in order of their names. */
export const ratesOf = (answers: readonly Answer[], now: number, seconds: number): readonly VersionRate[] => {
  const recent = answers.filter(answer => answer.at > now - seconds * 1000 && answer.version !== undefined)
  const versions = [...new Set(recent.map(answer => answer.version ?? ''))].sort()
  return versions.map(version => {
    const own = recent.filter(answer => answer.version === version)
    const sorted = own.map(answer => answer.milliseconds).sort((a, b) => a - b)
    return {
      version,
      perSecond: own.length / seconds,
      successRate: own.filter(answer => !isBad(answer)).length / own.length,
      p99: quantile(sorted, 0.99),
    }
  })
}

const bar = (share: number, width: number): string => '█'.repeat(Math.round(share * width)).padEnd(width, '░')

const stepText = (rollout: Rollout): string => {
  const steps = rollout.spec.strategy.canary?.steps ?? []
  const index = rollout.status?.currentStepIndex ?? 0
  if (index >= steps.length) return `all ${steps.length} steps done`
  const step = steps[index]
  const what =
    step?.setWeight !== undefined
      ? `weight ${step.setWeight}%`
      : step?.pause
        ? `pause ${step.pause.duration ?? ''}`.trim()
        : Object.keys(step ?? {}).join()
  return `step ${index + 1}/${steps.length} (${what})`
}

export type Picture = {
  readonly rollout: Rollout | undefined
  readonly rates: readonly VersionRate[]
  readonly sent: number
  readonly dropped: number
}

/** The lines of the view, no wider than 110 characters; colours are the terminal's. */
export const renderView = ({ rollout, rates, sent, dropped }: Picture): readonly string[] => {
  const status = rollout?.status
  const weight = status?.canary?.weights?.canary.weight ?? 0
  const perSecond = rates.reduce((sum, rate) => sum + rate.perSecond, 0)
  const head =
    rollout === undefined
      ? 'web: no Rollout yet'
      : `web: ${status?.phase ?? 'starting'}, ${stepText(rollout)}, canary weight ${weight}%`
  return [
    head,
    ...(status?.message ? [`  ${status.message}`.slice(0, 110)] : []),
    ...rates.map(
      rate =>
        `  ${rate.version.padEnd(4)} ${bar(rate.perSecond / Math.max(1, perSecond), 30)} ${rate.perSecond.toFixed(0).padStart(4)} req/s   ` +
        `success ${(rate.successRate * 100).toFixed(1).padStart(5)}%   p99 ${rate.p99.toFixed(0)} ms`,
    ),
    `  ${sent} requests so far, ${dropped} dropped by Sluice`,
  ]
}

export const countDropped = (answers: readonly Answer[]): number => answers.filter(isDropped).length
