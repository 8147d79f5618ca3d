/** The Jobs of the metric provider `job`, in the API server. */
import type { Job, JobSource } from '../analysis/providers/job.ts'
import type { Pod } from '../api/kubernetes.ts'
import type { KubeClient } from '../kube/client.ts'
import { ApiError, orAbsent } from '../kube/errors.ts'
import { JOBS, PODS } from '../kube/resources.ts'

const NO_RIGHT =
  'the controller has no right to that; set analysis.runJobs in the chart, or give it the ClusterRole for that in this namespace'

/** What the API server says of a wrong Job is what the user has to read. */
const explained = (what: string, error: unknown): Error => {
  if (!(error instanceof ApiError)) return new Error(`${what}: the API server does not answer`)
  return new Error(`${what}: ${error.status === 403 ? NO_RIGHT : error.message}`)
}

const create = async (client: KubeClient, job: Job): Promise<void> => {
  const { namespace = '', name, ownerReferences } = job.metadata
  try {
    await client.create<Job>(JOBS, job)
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
    // Made by this controller, which did not live to note it.
    const found = await client.get<Job>(JOBS, { namespace, name })
    const owner = found.metadata.ownerReferences?.find(({ controller }) => controller)?.uid
    if (owner !== ownerReferences?.[0]?.uid) throw error
  }
}

/** Reasons that the kubelet gives; ErrImagePull comes before the first of them and may pass. */
const BAD_IMAGE: ReadonlySet<string> = new Set(['ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])

type Waiting = {
  readonly image?: string
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
}
type Statuses = { readonly containerStatuses?: readonly Waiting[]; readonly initContainerStatuses?: readonly Waiting[] }

const badImageOf = ({ status }: Pod): string | undefined => {
  const { containerStatuses = [], initContainerStatuses = [] } = (status ?? {}) as Statuses
  for (const { image = '', state } of [...initContainerStatuses, ...containerStatuses]) {
    const { reason = '', message } = state?.waiting ?? {}
    if (BAD_IMAGE.has(reason)) return message || `${reason}: ${image}`
  }
  return undefined
}

export const makeJobSource = (client: KubeClient): JobSource => {
  const trying = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      throw explained(what, error)
    }
  }
  return {
    create: job => trying(`job create ${job.metadata.name}`, () => create(client, job)),
    get: (namespace, name) => trying(`job get ${name}`, () => orAbsent(client.get<Job>(JOBS, { namespace, name }))),
    badImage: (namespace, name) =>
      trying(`pods of job ${name}`, async () => {
        const { items } = await client.list<Pod>(PODS, { namespace, labelSelector: `job-name=${name}` })
        return items.map(badImageOf).find(problem => problem !== undefined)
      }),
    delete: (namespace, name) =>
      trying(`job delete ${name}`, async () => {
        await orAbsent(client.delete(JOBS, { namespace, name }, { propagation: 'Background' }))
      }),
  }
}
