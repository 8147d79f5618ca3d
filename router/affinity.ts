/**
 * Keeps a client on one pod of a version, for Services with session affinity ClientIP: there a service proxy keeps a client on one
 * pod, and with routers in between on one router, so the routers have to go on from there. Pure. Rendezvous hashing (Thaler and
 * Ravishankar, 1998): all routers agree without talking, and a pod that comes or goes moves only its own clients.
 */
import { type Candidate, type EndpointChoice, isAmong } from './pick.ts'
import { hash } from './sticky.ts'

type Pinned = Candidate & { readonly key: string }

/** The client's pod among those that can be used; undefined when there is none to choose from. As chooseEndpoint() otherwise. */
export const choosePinned = <P extends Pinned>(pods: readonly P[], client: string, choice: EndpointChoice): P | undefined => {
  const left = pods.filter(pod => !choice.tried?.has(pod))
  const among = (['up', 'not left out', 'all'] as const).slice(0, choice.desperate ? 3 : 2)
  for (const one of among) {
    const pod = highest(
      left.filter(candidate => isAmong(candidate, one, choice.now)),
      client,
    )
    if (pod) return pod
  }
  return undefined
}

const highest = <P extends Pinned>(pods: readonly P[], client: string): P | undefined => {
  let best: P | undefined
  let most = -1
  for (const pod of pods) {
    const score = hash(`${client} ${pod.key}`)
    if (score <= most) continue
    best = pod
    most = score
  }
  return best
}
