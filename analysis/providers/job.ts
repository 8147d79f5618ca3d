/** The provider `job`: a Kubernetes Job of the run's namespace that is successful or fails. */
import { createHash } from 'node:crypto'
import type { KubeObject, Labels } from '../../api/kubernetes.ts'
import type { Measured } from '../measured.ts'
import { decoded, object, optionalText, rejectQuietly } from './fields.ts'
import type { MeasureRequest, Provider } from './provider.ts'

const WHERE = 'provider.job'
const EXAMPLE =
  '{"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "smoke", "image": "smoke:v1"}]}}}}'

/** As Argo Rollouts names them. */
export const JOB_NAME = 'job-name'
const RUN_UID = 'analysisrun.argoproj.io/uid'
const RUN_NAME = 'analysisrun.argoproj.io/name'
const METRIC_NAME = 'analysisrun.argoproj.io/metric-name'

export type Job = KubeObject & {
  readonly spec: unknown
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
  }
}

export type JobSource = {
  /** Rejects with an Error that says why; answers one that is there already and belongs to the same run. */
  readonly create: (job: Job) => Promise<void>
  /** Undefined: it is not there. */
  readonly get: (namespace: string, name: string) => Promise<Job | undefined>
  /** Why a container of its pods cannot start for want of its image; undefined: none is so. */
  readonly badImage: (namespace: string, name: string) => Promise<string | undefined>
  /** With its pods; nothing happens when it is not there. */
  readonly delete: (namespace: string, name: string) => Promise<void>
}

type Config = { readonly spec: object; readonly labels: Labels; readonly annotations: Labels }

const texts = (where: string, value: unknown): Labels => {
  if (value === undefined || value === null) return {}
  const fields = object(where, value, '{"team": "shop"}')
  return Object.fromEntries(
    Object.entries(fields).map(([key, one]) => [key, typeof one === 'string' ? one : rejectQuietly(`${where}.${key}`, 'a text')]),
  )
}

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const metadata = fields['metadata'] === undefined ? {} : object(`${WHERE}.metadata`, fields['metadata'], '{"labels": {}}')
  return {
    spec: object(`${WHERE}.spec`, fields['spec'], EXAMPLE),
    labels: texts(`${WHERE}.metadata.labels`, metadata['labels']),
    annotations: texts(`${WHERE}.metadata.annotations`, metadata['annotations']),
  }
}

/** What a label may hold, since Kubernetes puts the name of a Job on its pods. */
const LONGEST = 63

/**
 * `UID.METRIC.NUMBER` as in Argo Rollouts where that is a name; else the metric's name is put into letters that may be, and told from
 * others by a hash.
 */
export const jobName = (uid: string, metric: string, number: number): string => {
  const plain = `${uid}.${metric}.${number}`
  if (plain.length <= LONGEST && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(metric)) return plain
  const hash = createHash('sha256').update(metric).digest('hex').slice(0, 8)
  const room = LONGEST - `${uid}..${number}`.length - hash.length - 1
  const letters = metric
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, Math.max(0, room))
    .replaceAll(/^-+|-+$/g, '')
  return `${uid}.${letters === '' ? '' : `${letters}-`}${hash}.${number}`
}

const jobOf = ({ spec, labels, annotations }: Config, { namespace, run, metric }: MeasureRequest, name: string): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name,
    namespace,
    labels: { ...labels, [RUN_UID]: run.uid },
    annotations: { ...annotations, [RUN_NAME]: run.name, [METRIC_NAME]: metric.name },
    ownerReferences: [
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        name: run.name,
        uid: run.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  },
  spec,
})

/** A Job says nothing when it is done, so it is asked so often. */
const POLL_MS = 5000

const start = async (jobs: JobSource, config: Config, request: MeasureRequest): Promise<Measured> => {
  const { namespace, run, metric, number, kept } = request
  const name = jobName(run.uid, metric.name, number)
  await jobs.create(jobOf(config, request, name))
  if (number > kept) await jobs.delete(namespace, jobName(run.uid, metric.name, number - kept))
  return { kind: 'pending', metadata: { [JOB_NAME]: name }, afterMs: POLL_MS }
}

const nameIn = (begun: MeasureRequest['begun']): string => optionalText('metadata', begun?.[JOB_NAME])

const look = async (jobs: JobSource, { namespace, begun = {} }: MeasureRequest): Promise<Measured> => {
  const name = nameIn(begun)
  if (name === '') throw new Error('job metadata reference missing')
  const job = await jobs.get(namespace, name)
  if (!job) throw new Error(`jobs.batch "${name}" not found`)
  const holds = (type: string) => job.status?.conditions?.find(one => one.type === type && one.status === 'True')
  if (holds('Complete')) return { kind: 'phase', phase: 'Successful' }
  const failed = holds('Failed')
  if (failed) return { kind: 'phase', phase: 'Failed', ...(failed.message !== undefined && { message: failed.message }) }
  const badImage = await jobs.badImage(namespace, name)
  if (badImage === undefined) return { kind: 'pending', metadata: begun, afterMs: POLL_MS }
  // It would try for ever.
  await jobs.delete(namespace, name)
  return { kind: 'phase', phase: 'Inconclusive', message: badImage }
}

const errorOf = (error: unknown): Measured => ({ kind: 'error', message: error instanceof Error ? error.message : String(error) })

export const makeJobProvider = (jobs: JobSource): Provider => ({
  name: 'job',
  measure: async request => {
    const config = decoded(() => readConfig(request.config))
    if ('problem' in config) return { kind: 'error', message: config.problem }
    try {
      return await (request.begun ? look(jobs, request) : start(jobs, config.config, request))
    } catch (error) {
      return errorOf(error)
    }
  },
  end: async ({ namespace, begun }) => {
    try {
      const name = nameIn(begun)
      if (name !== '') await jobs.delete(namespace, name)
      return { kind: 'phase', phase: 'Successful', message: 'measurement terminated' }
    } catch (error) {
      return errorOf(error)
    }
  },
})
