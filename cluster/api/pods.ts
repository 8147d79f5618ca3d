/** What is particular to pods: their first status, and how long a deletion waits. */
import { at, childrenOf, type Draft, type JsonObject, numberOf, objectOf, objectsOf, textOf } from './json.ts'

const DEFAULT_GRACE_SECONDS = 30

const hasAny = (resources: JsonObject, kind: string) => Object.keys(objectOf(resources[kind])).length > 0

/** Guaranteed, Burstable or BestEffort, from the resources that the containers ask for. */
const qualityOfService = (pod: JsonObject): string => {
  const resources = objectsOf(at(pod, 'spec', 'containers')).map(container => objectOf(container['resources']))
  if (resources.every(one => !hasAny(one, 'limits') && !hasAny(one, 'requests'))) return 'BestEffort'
  const guaranteed = resources.every(one => {
    const [limits, requests] = [objectOf(one['limits']), objectOf(one['requests'])]
    return ['cpu', 'memory'].every(name => limits[name] !== undefined && limits[name] === requests[name])
  })
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

export const preparePod = (pod: Draft): void => {
  pod['status'] = { phase: 'Pending', qosClass: qualityOfService(pod) }
}

/** Seconds between the request to delete a pod and its end; 0 when no node runs it or it has ended. */
export const podGrace = (pod: JsonObject, asked: number | undefined): number => {
  const phase = textOf(at(pod, 'status', 'phase'))
  if (!textOf(at(pod, 'spec', 'nodeName')) || phase === 'Succeeded' || phase === 'Failed') return 0
  const seconds = asked ?? numberOf(at(pod, 'spec', 'terminationGracePeriodSeconds')) ?? DEFAULT_GRACE_SECONDS
  return seconds < 0 ? 1 : seconds
}

/** True when an update of a pod touches only what may change in a running pod; both are specs. */
export const sameButChangeable = (spec: Draft, old: JsonObject, same: (a: unknown, b: unknown) => boolean): boolean => {
  const copy: Draft = { ...spec }
  for (const field of ['activeDeadlineSeconds', 'terminationGracePeriodSeconds', 'tolerations', 'schedulingGates']) {
    if (old[field] === undefined) delete copy[field]
    else copy[field] = old[field]
  }
  for (const list of ['containers', 'initContainers']) {
    const before = objectsOf(old[list])
    if (childrenOf(copy, list).length !== before.length) return false
    if (copy[list])
      copy[list] = childrenOf(copy, list).map((container, index) => ({
        ...container,
        image: before[index]?.['image'],
        imagePullPolicy: before[index]?.['imagePullPolicy'],
        resources: before[index]?.['resources'],
      }))
  }
  return same(copy, old)
}
