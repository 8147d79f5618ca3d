/** Runs the ReplicaSet plan against the API: makes and deletes pods, reports the status. */
import type { Pod, ReplicaSet } from '../../api/kubernetes.ts'
import { matchesSelector } from '../../api/selector.ts'
import { isNotFound, messageOf } from '../../kube/errors.ts'
import { splitKey } from '../../kube/object-store.ts'
import { PODS, REPLICA_SETS } from '../../kube/resources.ts'
import { BY_NAMESPACE, BY_OWNER, type Caches, orphansOf } from './caches.ts'
import { claim } from './claim.ts'
import { controllerRefOf } from './claims.ts'
import type { Controller, ControllerContext, Watch } from './controller.ts'
import { watchOf } from './controller.ts'
import { Expectations } from './expectations.ts'
import { replacing } from './replacing.ts'
import { nextAvailabilityAt, planPods, planStatus, type ReplicaSetSeen, renderPod } from './replica-set/plan.ts'
import { isTerminating } from './replica-set/pods.ts'

type Shell = ControllerContext & { readonly expectations: Expectations }

const keyOf = ({ metadata }: ReplicaSet) => `${metadata.namespace ?? ''}/${metadata.name}`

export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  make: context => {
    const shell = { ...context, expectations: new Expectations(context.clock) }
    return {
      watches: [watchOf(context.caches.replicaSets, replicaSet => [keyOf(replicaSet)]), podWatch(shell)],
      reconcile: key => reconcile(shell, key),
    }
  },
}

const podWatch =
  ({ caches, expectations }: Shell): Watch =>
  enqueue =>
    caches.pods.onChange((_, pod, previous) => {
      const isNews = !pod || !previous || isTerminating(pod) !== isTerminating(previous)
      const versions = [pod, previous].filter(version => version !== undefined)
      for (const version of versions) {
        const keys = replicaSetsOf(caches, version)
        for (const key of isNews ? keys : []) expectations.settle(key, version.metadata.name)
        keys.forEach(enqueue)
      }
    })

/** The ReplicaSet that controls a pod, or all that might adopt it. */
function replicaSetsOf(caches: Caches, pod: Pod): readonly string[] {
  const { namespace = '' } = pod.metadata
  const controller = controllerRefOf(pod)
  if (controller) return controller.kind === 'ReplicaSet' ? [`${namespace}/${controller.name}`] : []
  return caches.replicaSets
    .by(BY_NAMESPACE, namespace)
    .filter(replicaSet => matchesSelector(replicaSet.spec.selector, pod.metadata.labels))
    .map(keyOf)
}

async function reconcile(shell: Shell, key: string): Promise<number | undefined> {
  const { client, caches, clock, expectations } = shell
  const { namespace, name } = splitKey(key)
  const replicaSet = caches.replicaSets.get(namespace, name)
  if (!replicaSet) return undefined
  const pods = await claim<Pod>({
    client,
    owner: replicaSet,
    ownerResource: REPLICA_SETS,
    resource: PODS,
    matches: labels => matchesSelector(replicaSet.spec.selector, labels),
    candidates: [...caches.pods.by(BY_OWNER, replicaSet.metadata.uid ?? ''), ...caches.pods.by(BY_OWNER, orphansOf(namespace))],
  })
  const seen: ReplicaSetSeen = { replicaSet, pods, related: relatedPods(caches, replicaSet), now: clock.now() }
  const awaited = expectations.awaitedUntil(key)
  const failure = awaited === undefined ? await manage(shell, seen) : undefined
  await writeStatus(shell, seen, failure && messageOf(failure))
  if (failure) throw failure
  const next = Math.min(awaited ?? Number.POSITIVE_INFINITY, nextAvailabilityAt(seen) ?? Number.POSITIVE_INFINITY)
  return Number.isFinite(next) ? next : undefined
}

/** Pods of all ReplicaSets of the same owner. */
function relatedPods(caches: Caches, replicaSet: ReplicaSet): readonly Pod[] {
  const owner = controllerRefOf(replicaSet)?.uid
  const siblings = owner === undefined ? [replicaSet] : caches.replicaSets.by(BY_OWNER, owner)
  return siblings.flatMap(sibling => caches.pods.by(BY_OWNER, sibling.metadata.uid ?? ''))
}

/** Makes and deletes pods as planned. Answers the first error, after which what was made is kept and the rest is left for the next time. */
async function manage(shell: Shell, seen: ReplicaSetSeen): Promise<Error | undefined> {
  const changes = planPods(seen)
  try {
    await Promise.all(changes.delete.map(pod => deletePod(shell, seen.replicaSet, pod)))
    for (let made = 0, batch = 1; made < changes.create; made += batch, batch *= 2) {
      const size = Math.min(batch, changes.create - made)
      await Promise.all(Array.from({ length: size }, () => createPod(shell, seen.replicaSet)))
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error))
  }
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const suffix = (random: () => number) =>
  Array.from({ length: 5 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('')

async function createPod(shell: Shell, replicaSet: ReplicaSet): Promise<void> {
  const pod = renderPod(replicaSet, suffix(shell.random))
  const { name } = pod.metadata
  shell.expectations.expect(keyOf(replicaSet), name)
  try {
    await shell.client.create(PODS, pod)
    shell.events.record(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${name}` })
  } catch (error) {
    shell.expectations.settle(keyOf(replicaSet), name)
    shell.events.record(replicaSet, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${messageOf(error)}` })
    throw error
  }
}

async function deletePod(shell: Shell, replicaSet: ReplicaSet, pod: Pod): Promise<void> {
  const { name, namespace = '', uid } = pod.metadata
  shell.expectations.expect(keyOf(replicaSet), name)
  try {
    await shell.client.delete(PODS, { namespace, name }, uid === undefined ? {} : { uid })
    shell.events.record(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` })
  } catch (error) {
    shell.expectations.settle(keyOf(replicaSet), name)
    if (isNotFound(error)) return
    shell.events.record(replicaSet, { type: 'Warning', reason: 'FailedDelete', message: `Error deleting: ${messageOf(error)}` })
    throw error
  }
}

async function writeStatus({ client }: Shell, seen: ReplicaSetSeen, failure: string | undefined): Promise<void> {
  const status = planStatus(seen, failure)
  if (!status) return
  const { namespace = '', name, resourceVersion } = seen.replicaSet.metadata
  const body = { metadata: { resourceVersion }, status: replacing(seen.replicaSet.status, status) }
  await client.patch(REPLICA_SETS, { namespace, name }, 'merge', body, 'status')
}
