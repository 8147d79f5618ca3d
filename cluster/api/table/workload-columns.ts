/** The columns of workloads and of what scales and protects them. */
import { at, isObject, type JsonObject, numberOf, objectsOf, textOf } from '../json.ts'
import { selectorText } from '../selectors.ts'
import { ageOf, humanDuration } from './age.ts'
import { type Column, column, wide } from './column.ts'
import { AGE, CONTAINERS, IMAGES, NAME } from './shared-columns.ts'

const number = (object: JsonObject, ...path: readonly string[]): number => numberOf(at(object, ...path)) ?? 0

const counted = (name: string, description: string, ...path: readonly string[]): Column =>
  column(name, object => number(object, ...path), { type: 'integer', description })

const SELECTOR = wide('Selector', object => selectorText(at(object, 'spec', 'selector')) || '<none>')

export const DEPLOYMENT_COLUMNS: readonly Column[] = [
  NAME,
  column('Ready', deployment => `${number(deployment, 'status', 'readyReplicas')}/${number(deployment, 'spec', 'replicas')}`, {
    description: 'Pods that are ready, of those wanted.',
  }),
  column('Up-to-date', deployment => number(deployment, 'status', 'updatedReplicas'), {
    description: 'Pods of the newest template.',
  }),
  column('Available', deployment => number(deployment, 'status', 'availableReplicas'), {
    description: 'Pods that have been ready long enough.',
  }),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

export const REPLICA_SET_COLUMNS: readonly Column[] = [
  NAME,
  counted('Desired', 'Pods that are wanted.', 'spec', 'replicas'),
  counted('Current', 'Pods that exist.', 'status', 'replicas'),
  counted('Ready', 'Pods that are ready.', 'status', 'readyReplicas'),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

export const STATEFUL_SET_COLUMNS: readonly Column[] = [
  NAME,
  column('Ready', set => `${number(set, 'status', 'readyReplicas')}/${number(set, 'spec', 'replicas')}`),
  AGE,
  CONTAINERS,
  IMAGES,
]

export const DAEMON_SET_COLUMNS: readonly Column[] = [
  NAME,
  counted('Desired', 'Nodes that should run a pod.', 'status', 'desiredNumberScheduled'),
  counted('Current', 'Nodes that run one.', 'status', 'currentNumberScheduled'),
  counted('Ready', 'Nodes with a ready pod.', 'status', 'numberReady'),
  counted('Up-to-date', 'Nodes with a pod of the newest template.', 'status', 'updatedNumberScheduled'),
  counted('Available', 'Nodes with an available pod.', 'status', 'numberAvailable'),
  column('Node Selector', set => {
    const selector = at(set, 'spec', 'template', 'spec', 'nodeSelector')
    return isObject(selector) ? selectorText({ matchLabels: selector }) : '<none>'
  }),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

const jobStatus = (job: JsonObject): string => {
  const conditions = objectsOf(at(job, 'status', 'conditions')).filter(condition => condition['status'] === 'True')
  const named = ['Complete', 'Failed', 'Suspended'].find(type => conditions.some(condition => condition['type'] === type))
  return named ?? 'Running'
}

export const JOB_COLUMNS: readonly Column[] = [
  NAME,
  column('Status', jobStatus),
  column(
    'Completions',
    job =>
      `${number(job, 'status', 'succeeded')}/${numberOf(at(job, 'spec', 'completions')) ?? numberOf(at(job, 'spec', 'parallelism')) ?? 1}`,
  ),
  column('Duration', (job, now) => {
    const start = Date.parse(textOf(at(job, 'status', 'startTime')))
    if (Number.isNaN(start)) return ''
    const end = Date.parse(textOf(at(job, 'status', 'completionTime')))
    return humanDuration(((Number.isNaN(end) ? now.getTime() : end) - start) / 1000)
  }),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

export const CRON_JOB_COLUMNS: readonly Column[] = [
  NAME,
  column('Schedule', job => at(job, 'spec', 'schedule')),
  column('Timezone', job => textOf(at(job, 'spec', 'timeZone')) || '<none>'),
  column('Suspend', job => String(at(job, 'spec', 'suspend') === true).replace(/^./, first => first.toUpperCase())),
  column('Active', job => objectsOf(at(job, 'status', 'active')).length, { type: 'integer' }),
  column('Last Schedule', (job, now) =>
    at(job, 'status', 'lastScheduleTime') ? ageOf(at(job, 'status', 'lastScheduleTime'), now) : '<none>',
  ),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

const orNone = (value: unknown) => (value === undefined || value === null ? 'N/A' : String(value))

export const DISRUPTION_BUDGET_COLUMNS: readonly Column[] = [
  NAME,
  column('Min Available', budget => orNone(at(budget, 'spec', 'minAvailable'))),
  column('Max Unavailable', budget => orNone(at(budget, 'spec', 'maxUnavailable'))),
  counted('Allowed Disruptions', 'Pods that may be evicted now.', 'status', 'disruptionsAllowed'),
  AGE,
]

const targetText = (target: unknown): string => {
  const utilization = at(target, 'averageUtilization')
  if (utilization !== undefined) return `${String(utilization)}%`
  return String(at(target, 'averageValue') ?? at(target, 'value') ?? '<unknown>')
}

const metricText = (autoscaler: JsonObject, metric: JsonObject, index: number): string => {
  const source = at(
    metric,
    textOf(metric['type']).replace(/^./, first => first.toLowerCase()),
  )
  const currents = objectsOf(at(autoscaler, 'status', 'currentMetrics'))
  const current = at(
    currents[index],
    textOf(metric['type']).replace(/^./, first => first.toLowerCase()),
    'current',
  )
  const name = textOf(at(source, 'name')) || textOf(at(source, 'metric', 'name'))
  return `${name}: ${current === undefined ? '<unknown>' : targetText(current)}/${targetText(at(source, 'target'))}`
}

export const AUTOSCALER_COLUMNS: readonly Column[] = [
  NAME,
  column(
    'Reference',
    autoscaler =>
      `${textOf(at(autoscaler, 'spec', 'scaleTargetRef', 'kind'))}/${textOf(at(autoscaler, 'spec', 'scaleTargetRef', 'name'))}`,
  ),
  column('Targets', autoscaler =>
    objectsOf(at(autoscaler, 'spec', 'metrics'))
      .map((metric, index) => metricText(autoscaler, metric, index))
      .join(', '),
  ),
  column('MinPods', autoscaler => String(at(autoscaler, 'spec', 'minReplicas') ?? '<unset>')),
  counted('MaxPods', 'The most pods that it asks for.', 'spec', 'maxReplicas'),
  counted('Replicas', 'Pods that exist.', 'status', 'currentReplicas'),
  AGE,
]
