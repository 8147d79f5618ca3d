/** What Prometheus is told of analyses: the verdict of each check of the newest run of a Rollout, and how runs ended. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { AnalysisPhase, AnalysisRun } from '../api/analysis-run.ts'
import { INSTANCE_ID_LABEL } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Caches } from './caches.ts'

const ENDS: readonly AnalysisPhase[] = ['Successful', 'Failed', 'Error', 'Inconclusive']
const LABELS = ['namespace', 'rollout'] as const
type Labels = Record<(typeof LABELS)[number], string>

/** Undefined for a run that is not ours or belongs to no Rollout. */
const labelsOf = ({ metadata }: AnalysisRun): Labels | undefined => {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'Rollout')?.name
  if (owner === undefined || metadata.labels?.[INSTANCE_ID_LABEL] === undefined) return undefined
  return { namespace: metadata.namespace ?? '', rollout: owner }
}

/** The run of each Rollout that was made last; of two of one second the one whose name comes later. */
export const newestRuns = (runs: readonly AnalysisRun[]): readonly AnalysisRun[] => {
  const newest = new Map<string, AnalysisRun>()
  const rank = ({ metadata }: AnalysisRun) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`
  for (const run of runs) {
    const labels = labelsOf(run)
    if (labels === undefined) continue
    const key = `${labels.namespace}/${labels.rollout}`
    const known = newest.get(key)
    if (known === undefined || rank(run) > rank(known)) newest.set(key, run)
  }
  return [...newest.values()]
}

const endOf = (run: AnalysisRun | undefined): AnalysisPhase | undefined => ENDS.find(phase => phase === run?.status?.phase)

export type AnalysisSource = {
  readonly runs: Pick<Caches['analysisRuns'], 'list' | 'onChange'>
  readonly rollouts: Pick<Caches['rollouts'], 'onChange'>
  /** Others belong to an Argo Rollouts controller. */
  readonly isOurs: (rollout: Rollout) => boolean
  readonly isLeading: () => boolean
}

/** Registers everything; the answer starts counting (the leader does) and returns what ends it. */
export const addAnalysisMetrics = (
  registry: Registry,
  { runs, rollouts, isOurs, isLeading }: AnalysisSource,
): (() => () => void) => {
  const registers = [registry]
  new Gauge({
    name: 'sluice_analysis_check_phase',
    help: 'Always 1; the verdict so far of each check of the newest AnalysisRun of a Rollout.',
    labelNames: [...LABELS, 'check', 'phase'],
    registers,
    collect() {
      this.reset()
      for (const run of isLeading() ? newestRuns(runs.list()) : []) {
        const labels = labelsOf(run)
        for (const { name, phase } of run.status?.metricResults ?? []) this.set({ ...labels, check: name, phase }, 1)
      }
    },
  })
  const ended = new Counter({
    name: 'sluice_analysis_runs_total',
    help: `AnalysisRuns that ended, by verdict: ${ENDS.join(', ')}.`,
    labelNames: [...LABELS, 'phase'],
    registers,
  })
  return () => {
    /** Rollouts that are there, as `NAMESPACE/NAME`: a run that ends after its Rollout went must not bring its series back. */
    const known = new Set<string>()
    const isKnown = ({ namespace, rollout }: Labels) => known.has(`${namespace}/${rollout}`)
    const stop = [
      rollouts.onChange((_, after, before) => {
        const rollout = after ?? before
        if (rollout === undefined || !isOurs(rollout)) return
        const { namespace = '', name } = rollout.metadata
        const labels = { namespace, rollout: name }
        const key = `${labels.namespace}/${labels.rollout}`
        if (after === undefined) known.delete(key)
        else known.add(key)
        for (const phase of ENDS) {
          if (after === undefined) ended.remove({ ...labels, phase })
          else ended.inc({ ...labels, phase }, 0)
        }
      }),
      runs.onChange((_, after, before) => {
        const [labels, phase] = [after && labelsOf(after), endOf(after)]
        // Runs that had ended when this process began to look were counted by the one before it.
        if (labels && phase && before && endOf(before) === undefined && isKnown(labels)) ended.inc({ ...labels, phase })
      }),
    ]
    return () => {
      for (const end of stop) end()
    }
  }
}
