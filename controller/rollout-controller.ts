/** Gather, plan, execute, report: one pass over one Deployment. What to do is decided in engine/; here it is only carried out. */
import { isHeld } from '../api/hold.ts'
import type { Deployment, KubeObject } from '../api/kubernetes.ts'
import { PREFIX } from '../api/names.ts'
import type { RouterReport } from '../api/router-admin.ts'
import type { Intent } from '../engine/intents.ts'
import { type Plan, plan } from '../engine/plan.ts'
import type { ProbeSeen, Seen, Settings } from '../engine/seen.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { isAlreadyExists, isApiError, isConflict, isNotFound } from '../kube/errors.ts'
import type { EventRecorder } from '../kube/events.ts'
import type { Logger } from '../kube/log.ts'
import { ROLLOUTS } from '../kube/resources.ts'
import type { Caches } from './caches.ts'
import type { CoolingPorts } from './cooling-ports.ts'
import { type Executor, execute, type ProbeTarget } from './execute.ts'
import type { Expectations } from './expectations.ts'
import { gather } from './gather.ts'
import { mergePatchBetween } from './merge-patch.ts'
import { makeSurroundings } from './surroundings.ts'

export type RolloutControllerOptions = {
  readonly client: KubeClient
  readonly caches: Caches
  readonly expectations: Expectations
  readonly coolingPorts: CoolingPorts
  readonly reports: () => ReadonlyMap<string, RouterReport>
  readonly sidecarReports?: () => ReadonlyMap<string, RouterReport>
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
  readonly settings: Settings
  /** Where Sluice runs. */
  readonly systemNamespace: string
}

/** When to look again: `afterMs` from now, or only when something changes. */
export type Outcome = { readonly afterMs?: number }

/** How soon a pass is tried again whose view was older than the cluster. */
export const BEHIND_MS = 20
export const CONFLICT_MS = 50
/** Between a probe and what follows from it: one that failed is not repeated as fast as the machine can. */
export const PROBED_MS = 100

/** A JSON patch whose test of the resourceVersion failed is answered 422, not 409; the message is the only difference from a wrong value. */
const isFailedTest = (error: unknown): boolean =>
  isApiError(error) && error.status === 422 && /\btest(ing)?\b/i.test(error.message)

/** The view was stale: somebody (often we ourselves, a moment ago) was quicker. Not an error. */
export const isStale = (error: unknown): boolean =>
  isConflict(error) || isAlreadyExists(error) || isNotFound(error) || isFailedTest(error)

/** Where a probe of the Service connects to. */
export const targetOf = (seen: Pick<Seen, 'services'>, name: string): ProbeTarget | undefined => {
  const found = seen.services.find(({ service }) => service.metadata.name === name)
  const ports = found?.route?.spec.ports ?? []
  // A router's answer over HTTP is proof; on a port of unknown bytes it can only be seen that somebody accepts.
  const port = ports.find(({ protocol }) => protocol === 'http') ?? ports[0]
  const { clusterIP, clusterIPs = clusterIP === undefined ? [] : [clusterIP] } = found?.service.spec ?? {}
  return port === undefined || clusterIPs.length === 0
    ? undefined
    : { hosts: clusterIPs, port: port.port, protocol: port.protocol }
}

/** The fleet of routers is asked for, or nothing else is. */
const wantsFleet = ({ metadata }: Deployment): boolean =>
  ['auto', 'shared'].includes(metadata.annotations?.[`${PREFIX}router`] ?? 'auto')

/** An update is on, and a Service in front of it has no Route yet. */
const isBeforeEntry = (deployment: Deployment, services: Seen['services']): boolean =>
  isHeld(deployment) && wantsFleet(deployment) && services.some(({ route }) => route === undefined)

/** Makes the function that the queue's workers call with a key. */
export const makeRolloutController = (options: RolloutControllerOptions): ((key: string) => Promise<Outcome>) => {
  const { client, caches, expectations, clock, log, events } = options
  const probes = new Map<string, ProbeSeen>()
  const surroundings = makeSurroundings(options)

  const executorFor = (key: string, seen: Seen): Executor => ({
    client,
    events,
    namespace: seen.namespace,
    name: seen.name,
    about: seen.deployment ?? seen.rollout,
    rollout: seen.rollout,
    wrote: (object: KubeObject) => expectations.wrote(key, object),
    target: service => targetOf(seen, service),
    probed: (service, result) => void probes.set(`${seen.namespace}/${service}`, result),
  })

  const writeStatus = async (key: string, seen: Seen, wanted: unknown) => {
    if (seen.rollout === undefined || wanted === undefined) return
    const status = mergePatchBetween(seen.rollout.status ?? {}, wanted)
    if (status === undefined) return
    // Some status fields are a person's wishes (abort, promote): one that came after this view must not be written over.
    const { resourceVersion } = seen.rollout.metadata
    const body = { metadata: { resourceVersion }, status }
    expectations.wrote(key, await client.patch(ROLLOUTS, { namespace: seen.namespace, name: seen.name }, 'merge', body, 'status'))
  }

  const carryOut = async (key: string, seen: Seen, { intents, status }: Plan) => {
    const executor = executorFor(key, seen)
    const toTell: Intent[] = []
    try {
      for (const intent of intents) {
        log.info('intent', { rollout: key, intent: summarise(intent) })
        if (intent.kind === 'event') toTell.push(intent)
        else await execute(intent, executor)
      }
      await writeStatus(key, seen, status)
    } finally {
      // Whoever is told looks at the Rollout, and is to find the status that goes with it.
      for (const intent of toTell) await execute(intent, executor)
    }
  }

  return async key => {
    if (expectations.isBehind(key)) return { afterMs: BEHIND_MS }
    const [namespace = '', name = ''] = key.split('/')
    const extras = {
      reports: options.reports(),
      ...(options.sidecarReports && { sidecarReports: options.sidecarReports() }),
      probes,
      coolingPorts: options.coolingPorts.ports(),
      settings: options.settings,
    }
    const gathered = gather(caches, extras, namespace, name)
    const { deployment } = gathered
    const seen =
      deployment !== undefined && isBeforeEntry(deployment, gathered.services)
        ? { ...gathered, surroundings: await surroundings(deployment) }
        : gathered
    const planned = plan(seen, clock.now())
    try {
      await carryOut(key, seen, planned)
    } catch (error) {
      if (!isStale(error)) throw error
      log.debug('the view was stale; looking again', { rollout: key, error: String(error) })
      return { afterMs: CONFLICT_MS }
    }
    // What a probe found is known only here: no watch will tell of it.
    if (planned.intents.some(intent => intent.kind === 'probe')) return { afterMs: PROBED_MS }
    return planned.wakeAt === undefined ? {} : { afterMs: Math.max(0, planned.wakeAt - clock.now()) }
  }
}

/** What a log line says of an intent: not whole manifests. */
export const summarise = (intent: { readonly kind: string }): { readonly [field: string]: unknown } =>
  Object.fromEntries(Object.entries(intent).filter(([, value]) => typeof value !== 'object' || Array.isArray(value)))
