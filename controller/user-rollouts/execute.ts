/** Carries out what only Rollouts of users ask for; everything else as for Deployments. */
import type { RolloutIntent } from '../../engine/rollout/intents.ts'
import { isApiError, isNotFound } from '../../kube/errors.ts'
import { DEPLOYMENTS, EXPERIMENTS, PODS, ROLLOUTS } from '../../kube/resources.ts'
import { type Executor, execute } from '../execute.ts'

/** Plugins are asked when the status is written, and not waited for. */
export type Executed = Exclude<RolloutIntent, { readonly kind: 'askStepPlugin' }>

type Evict = Extract<RolloutIntent, { readonly kind: 'evictPod' }>

/** A PodDisruptionBudget that does not allow it now (429) is waited for, and a pod that is gone is what was wanted. */
const evict = async ({ name, uid }: Evict, { client, namespace }: Executor): Promise<void> => {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  }
  try {
    await client.raw('POST', path, body)
  } catch (error) {
    if (!isApiError(error) || (error.status !== 429 && error.status !== 404)) throw error
  }
}

/** One that is gone needs no labels. */
const patchPod = async (
  { name, uid, patch }: Extract<RolloutIntent, { readonly kind: 'patchPod' }>,
  { client, namespace }: Executor,
): Promise<void> => {
  try {
    await client.patch(PODS, { namespace, name }, 'merge', { metadata: { uid, ...patch } })
  } catch (error) {
    // 409: another pod has its name now.
    if (!isApiError(error) || (error.status !== 404 && error.status !== 409)) throw error
  }
}

/** The Rollout must be the one that was seen: what a person wrote since is not passed over. Answers its next resourceVersion. */
const patchRollout = async (
  { patch }: Extract<RolloutIntent, { readonly kind: 'patchRollout' }>,
  to: Executor,
  resourceVersion: string | undefined,
): Promise<string | undefined> => {
  const body = { ...patch, metadata: { ...patch.metadata, resourceVersion } }
  const written = await to.client.patch(ROLLOUTS, { namespace: to.namespace, name: to.name }, 'merge', body)
  to.wrote(written)
  return written.metadata.resourceVersion
}

/** Nothing else of the Deployment is written, and nothing over a change that came since. */
const scaleWorkload = async (
  { name, to: replicas, resourceVersion }: Extract<RolloutIntent, { readonly kind: 'scaleWorkload' }>,
  { client, namespace, wrote }: Executor,
): Promise<void> =>
  wrote(await client.patch(DEPLOYMENTS, { namespace, name }, 'merge', { metadata: { resourceVersion }, spec: { replicas } }))

type ExperimentIntent = Extract<RolloutIntent, { readonly kind: 'createExperiment' | 'terminateExperiment' | 'deleteExperiment' }>

const isAboutExperiment = (intent: Executed): intent is ExperimentIntent =>
  intent.kind === 'createExperiment' || intent.kind === 'terminateExperiment' || intent.kind === 'deleteExperiment'

const executeExperiment = async (intent: ExperimentIntent, { client, namespace, wrote }: Executor): Promise<void> => {
  if (intent.kind === 'createExperiment') return wrote(await client.create(EXPERIMENTS, intent.experiment))
  const ref = { namespace, name: intent.name }
  if (intent.kind === 'terminateExperiment')
    return wrote(await client.patch(EXPERIMENTS, ref, 'merge', { spec: { terminate: true } }))
  try {
    await client.delete(EXPERIMENTS, ref, { uid: intent.uid, propagation: 'Background' })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Answers the Rollout's resourceVersion after it. */
export const executeRollout = async (
  intent: Executed,
  to: Executor,
  resourceVersion: string | undefined,
): Promise<string | undefined> => {
  if (intent.kind === 'patchRollout') return patchRollout(intent, to, resourceVersion)
  if (isAboutExperiment(intent)) await executeExperiment(intent, to)
  else if (intent.kind === 'scaleWorkload') await scaleWorkload(intent, to)
  else if (intent.kind === 'patchPod') await patchPod(intent, to)
  else await (intent.kind === 'evictPod' ? evict(intent, to) : execute(intent, to))
  return resourceVersion
}
