/** What a Rollout reports; some fields are also how people steer it. */
import { conditions } from './kubernetes-schemas.ts'
import { anything, array, boolean, type Infer, integer, object, required, string, time, word } from './schema/schema.ts'

const count = (description: string) => integer(description, { min: 0 })

const pointerTo = (description: string) =>
  object(description, { name: required(string('Its name.')), status: string('Its phase.'), message: string('Why.') })

const ANALYSIS_RUN_POINTER = pointerTo('An AnalysisRun.')

const weightOf = (description: string) =>
  object(description, {
    weight: required(integer('Percent of new requests.', { min: 0 })),
    serviceName: string('Its Service.'),
    podTemplateHash: string('Its pod-template-hash.'),
  })

const WEIGHTS = object('The weights last set.', {
  canary: required(weightOf('The version under test.')),
  stable: required(weightOf('The stable version.')),
  additional: array('Versions of an experiment.', weightOf('One version.')),
  verified: boolean('True when whoever carries the traffic has confirmed them.'),
})

const STEP_PLUGIN_STATUS = object('One run of a step plugin.', {
  index: required(integer('Index of the step.', { min: 0 })),
  name: required(string('Name of the plugin.')),
  operation: required(string('Run, Terminate or Abort.')),
  phase: string('How it went.'),
  message: string('Why.'),
  startedAt: time('When it began.'),
  updatedAt: time('When it was last called.'),
  finishedAt: time('When it ended.'),
  backoff: string('Go duration until the next call.'),
  executions: integer('Calls so far.', { min: 0 }),
  disabled: boolean('True when it is switched off.'),
  status: anything("The plugin's own notes."),
})

const CANARY_STATUS = object('State of a canary.', {
  currentStepAnalysisRunStatus: pointerTo('The AnalysisRun of the current step.'),
  currentBackgroundAnalysisRunStatus: pointerTo('The AnalysisRun in the background.'),
  currentExperiment: string('Name of the Experiment of the current step.'),
  weights: WEIGHTS,
  stablePingPong: word('Which of both Services is the stable one.', ['ping', 'pong']),
  stepPluginStatuses: array('State of step plugins.', STEP_PLUGIN_STATUS),
})

const BLUE_GREEN_STATUS = object('State of a blue-green update.', {
  previewSelector: string('Hash that the preview Service selects.'),
  activeSelector: string('Hash that the active Service selects.'),
  scaleUpPreviewCheckPoint: boolean('True once the new version may grow to its full size.'),
  prePromotionAnalysisRunStatus: pointerTo('The AnalysisRun before the switch.'),
  postPromotionAnalysisRunStatus: pointerTo('The AnalysisRun after the switch.'),
})

const PAUSE_REASON = word('Why it pauses.', [
  'CanaryPauseStep',
  'BlueGreenPause',
  'InconclusiveAnalysisRun',
  'InconclusiveExperiment',
])
const PHASE = word('The state in one word.', ['Healthy', 'Progressing', 'Paused', 'Degraded'])

const DURATION_STATUS = object('How long the update takes.', {
  rolloutStartedAt: time('When it began.'),
  manualPauseStartedAt: time('When the wait for a person began that lasts now.'),
  totalManualPauseDurationSeconds: integer('Seconds spent in such waits.', { int64: true }),
  finishedAt: time('When it ended.'),
  completionStatus: string('How it ended: Promoted, FastPromoted, Aborted, Superseded, RolledBack or FastRolledBack.'),
})

export const ROLLOUT_STATUS = object('The state of the update in flight.', {
  abort: boolean('Input and output: true = abort the update in flight. Set by people through the API, cleared by retry.'),
  abortedAt: time('When it was aborted.'),
  pauseConditions: array(
    'Input and output: emptied by a person = go on.',
    object('One pause.', { reason: required(PAUSE_REASON), startTime: required(time('Since when.')) }),
  ),
  controllerPause: boolean('True while the controller put a pause; true with empty pauseConditions = a person resumed.'),
  promoteFull: boolean('Input: skip all steps, analyses and pauses of this update.'),
  currentPodHash: string('pod-template-hash of the version under test (of the newest template).'),
  currentStepHash: string('Hash of the steps.'),
  currentStepIndex: count('Input and output: index of the step that runs; the number of steps = all done.'),
  stableRS: string('pod-template-hash of the version last promoted.'),
  replicas: count('Pods.'),
  updatedReplicas: count('Pods of the newest version.'),
  readyReplicas: count('Ready pods.'),
  availableReplicas: count('Available pods.'),
  HPAReplicas: count('Pods that a HorizontalPodAutoscaler counts.'),
  selector: string('Label selector of those pods.'),
  collisionCount: count('Raised when a ReplicaSet name was taken.'),
  observedGeneration: string('The generation that this status is about; a string, as in Argo Rollouts.'),
  workloadObservedGeneration: string('The generation of the workload that is referred to.'),
  conditions: conditions('Conditions.'),
  phase: PHASE,
  message: string('One sentence: what is waited for, since when, what ends it.'),
  restartedAt: time('The restart that is done.'),
  canary: CANARY_STATUS,
  blueGreen: BLUE_GREEN_STATUS,
  duration: DURATION_STATUS,
  alb: anything('AWS load balancer of the rollout.'),
  albs: anything('AWS load balancers of the rollout.'),
})

export type PauseReason = Infer<typeof PAUSE_REASON>
export type RolloutPhase = Infer<typeof PHASE>
export type AnalysisRunPointer = Infer<typeof ANALYSIS_RUN_POINTER>
export type RolloutStatus = Infer<typeof ROLLOUT_STATUS>
