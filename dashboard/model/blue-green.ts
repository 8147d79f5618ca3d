/** A blue-green Rollout as it is shown: where its Services lead, and the stages of an update. Pure. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Container } from '../../api/kubernetes.ts'
import { isPodReady } from '../../api/pod-ready.ts'
import type { Rollout } from '../../api/rollout.ts'
import { isInProgress, type RolloutView } from '../../view/rollout-view.ts'
import type { SideState, Step, StepState } from '../contract.ts'

export const makeSides = (view: RolloutView): readonly SideState[] => {
  const { activeService, previewService } = view.rollout?.spec.strategy.blueGreen ?? {}
  const sides = [
    { side: 'active', service: activeService },
    { side: 'preview', service: previewService },
  ] as const
  return sides.flatMap(({ side, service }) => {
    if (service === undefined || service === '') return []
    const version = view.versions.find(one => one.selectedBy.includes(side))
    return [
      {
        side,
        service,
        ...(version && { revision: version.revision, hash: version.hash }),
        images: version?.replicaSet.spec.template.spec.containers.flatMap(({ image }: Container) => image ?? []) ?? [],
        pods: { desired: version?.replicaSet.spec.replicas ?? 0, ready: version?.pods.filter(isPodReady).length ?? 0 },
      },
    ]
  })
}

type Stage = Pick<Step, 'text' | 'kind'> & { readonly state: StepState; readonly startedAt?: string; readonly endsAt?: string }

type Seen = {
  readonly rollout: Rollout
  readonly runs: readonly AnalysisRun[]
  /** The active Service leads to the new version. */
  readonly switched: boolean
}

const ofRun = (name: string | undefined, runs: readonly AnalysisRun[]) =>
  runs.find(({ metadata }) => metadata.name === name)?.status

const analysisStage = (text: string, name: string | undefined, isOver: boolean, runs: readonly AnalysisRun[]): Stage => {
  const status = ofRun(name, runs)
  const state = isOver ? 'done' : name === undefined ? 'to-come' : 'running'
  return {
    text,
    kind: 'blueGreenAnalysis',
    state,
    ...(state === 'running' && status?.startedAt && { startedAt: status.startedAt }),
  }
}

const endOf = (since: string | undefined, seconds: number | undefined): string | undefined =>
  since === undefined || seconds === undefined || seconds <= 0
    ? undefined
    : new Date(Date.parse(since) + seconds * 1000).toISOString().replace('.000Z', 'Z')

/** Where a person, or the time, lets it go on; none when it switches by itself. */
const pauseStages = ({ rollout, switched }: Seen): readonly Stage[] => {
  const { autoPromotionEnabled, autoPromotionSeconds } = rollout.spec.strategy.blueGreen ?? {}
  const timed = (autoPromotionSeconds ?? 0) > 0
  if (autoPromotionEnabled !== false && !timed) return []
  const since = rollout.status?.pauseConditions?.find(({ reason }) => reason === 'BlueGreenPause')?.startTime
  const state = switched ? 'done' : since === undefined ? 'to-come' : 'running'
  const endsAt = state === 'running' ? endOf(since, autoPromotionSeconds) : undefined
  return [
    {
      text: timed ? `${autoPromotionSeconds}s` : 'pause',
      kind: 'pause',
      state,
      ...(state === 'running' && since !== undefined && { startedAt: since }),
      ...(endsAt && { endsAt }),
    },
  ]
}

const stagesOf = (seen: Seen): readonly Stage[] => {
  const { rollout, runs, switched } = seen
  const { prePromotionAnalysis, postPromotionAnalysis } = rollout.spec.strategy.blueGreen ?? {}
  const { blueGreen, pauseConditions = [] } = rollout.status ?? {}
  const pre = blueGreen?.prePromotionAnalysisRunStatus
  const post = blueGreen?.postPromotionAnalysisRunStatus
  const isUp = switched || pre !== undefined || pauseConditions.length > 0
  return [
    { text: 'pods', kind: 'blueGreenPods', state: isUp ? 'done' : 'running' },
    ...(prePromotionAnalysis === undefined
      ? []
      : [analysisStage('analysis before', pre?.name, switched || pre?.status === 'Successful', runs)]),
    ...pauseStages(seen),
    { text: 'switch', kind: 'blueGreenSwitch', state: switched ? 'done' : 'to-come' },
    ...(postPromotionAnalysis === undefined
      ? []
      : [analysisStage('analysis after', post?.name, post?.status === 'Successful', runs)]),
  ]
}

/** What comes first and is not done is what runs; empty for other strategies. */
export const makeBlueGreenSteps = ({ rollout, versions }: Pick<RolloutView, 'rollout' | 'versions'>): readonly Step[] => {
  if (rollout?.spec.strategy.blueGreen === undefined) return []
  const { currentPodHash, blueGreen, abort } = rollout.status ?? {}
  const inProgress = isInProgress({ rollout })
  const switched = !inProgress || (currentPodHash !== undefined && blueGreen?.activeSelector === currentPodHash)
  const runs = versions.flatMap(({ analysisRuns }) => analysisRuns)
  const stages = stagesOf({ rollout, runs, switched })
  const running = stages.findIndex(({ state }) => state !== 'done')
  let weight = 0
  return stages.map((stage, index) => {
    if (stage.kind === 'blueGreenSwitch') weight = 100
    const reached = !inProgress ? 'done' : index === running ? 'running' : stage.state
    return { index, ...stage, state: abort === true ? 'left-out' : reached, weight }
  })
}
