/** Tells people of the events that the controller records, as the ConfigMap and the annotations of Rollouts and Deployments ask for. */
import { type HttpOptions, makeHttpClient } from '../analysis/providers/http.ts'
import type { Json } from '../analysis/providers/json.ts'
import { redact } from '../analysis/redact.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient, ObjectRef } from '../kube/client.ts'
import { messageOf, orAbsent } from '../kube/errors.ts'
import type { EventRecorder, EventText } from '../kube/events.ts'
import { ROLLOUTS } from '../kube/resources.ts'
import type { Config } from '../notifications/config.ts'
import { deliver } from '../notifications/deliver.ts'
import { makeMailSender } from '../notifications/mail.ts'
import { renderNotification } from '../notifications/message.ts'
import {
  type Happened,
  NOTIFIED_ANNOTATION,
  nextNotified,
  planNotifications,
  readNotified,
  type ToSend,
  type Variables,
  whoIsTold,
} from '../notifications/plan.ts'
import { BY_NAMESPACE, type Caches } from './caches.ts'
import { type ConfigSourceOptions, makeConfigSource } from './notification-config.ts'

export type NotifierOptions = ConfigSourceOptions & {
  readonly client: Pick<KubeClient, 'get' | 'patch'>
  /** The AnalysisRuns of a Rollout, for templates and conditions. */
  readonly analysisRuns: (namespace: string, rolloutUid: string) => readonly KubeObject[]
  /** A Rollout with a template of its own: the end of its AnalysisRuns is an event of the Rollout too, so theirs are not told. */
  readonly isUsersOwn: (namespace: string, name: string) => boolean
  readonly http?: HttpOptions
  /** Called after each notification that was sent or given up. */
  readonly observe?: (sent: Sent) => void
}

/** `type` and `reason` are those of the event; `name` that of the Rollout. */
export type Sent = {
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly reason: string
  readonly seconds: number
  readonly isSent: boolean
}

export type Notifier = {
  /** Returns at once. */
  readonly tell: (about: KubeObject, event: EventText) => void
  /** Resolves when everything told so far was sent or given up. */
  readonly flush: () => Promise<void>
  /** Waits for nothing any more. */
  readonly stop: () => void
}

/** How many events may wait; what comes then is told to nobody. */
const MOST_WAITING = 500

/** The Rollout that an event is about: for one about an annotated Deployment the Rollout made for it, which has its name. */
export const rolloutNameOf = (about: KubeObject): string | undefined => {
  if (about.kind === 'Rollout' || about.kind === 'Deployment') return about.metadata.name
  return about.metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Rollout' && controller === true)?.name
}

/** The runs of a Rollout in the controller's cache. */
export const runsOf =
  ({ analysisRuns }: Pick<Caches, 'analysisRuns'>): NotifierOptions['analysisRuns'] =>
  (namespace, rolloutUid) =>
    analysisRuns
      .by(BY_NAMESPACE, namespace)
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ uid, controller }) => uid === rolloutUid && controller === true),
      )

export const makeNotifier = (options: NotifierOptions): Notifier => {
  const { client, clock, log } = options
  const http = makeHttpClient(options.http)
  const mail = makeMailSender(options.http)
  const configNow = makeConfigSource(options)
  const ended = new AbortController()
  const chains = new Map<string, Promise<void>>()
  let waiting = 0

  const find = (ref: ObjectRef): Promise<KubeObject | undefined> => orAbsent(client.get<KubeObject>(ROLLOUTS, ref))

  /** Why it could not be sent. */
  const send = async (config: Config, { destination, templates }: ToSend, variables: Variables): Promise<string | undefined> => {
    const rendered = renderNotification(config, templates, { ...variables, secrets: config.secrets })
    if ('problem' in rendered) return redact(rendered.problem, Object.values(config.secrets))
    return (await deliver(config, destination, rendered.notification, { http, mail, clock, signal: ended.signal }))?.problem
  }

  /** The keys of what was sent. */
  const sendAll = async (
    config: Config,
    toSend: readonly ToSend[],
    variables: Variables,
    what: Pick<Sent, 'namespace' | 'name' | 'type' | 'reason'>,
  ): Promise<readonly string[]> => {
    const sent: string[] = []
    const { reason, namespace, name: rollout } = what
    for (const one of toSend) {
      const began = clock.now()
      const problem = await send(config, one, variables)
      options.observe?.({ ...what, seconds: Math.max(0, clock.now() - began) / 1000, isSent: problem === undefined })
      const to = { reason, namespace, rollout, service: one.destination.service }
      if (problem !== undefined) log.warn('people could not be told', { ...to, problem })
      else log.info('people were told', to)
      if (problem === undefined && one.key !== undefined) sent.push(one.key)
    }
    return sent
  }

  const notify = async (about: KubeObject, { type, reason }: EventText, ref: ObjectRef): Promise<void> => {
    const { namespace = '' } = ref
    const config = await configNow()
    if (config.triggers.size === 0) return
    const rollout = await find(ref)
    // A Deployment's own annotations count: those of the Rollout made for it are Sluice's.
    const { annotations = {}, labels = {} } = (about.kind === 'Deployment' ? about : (rollout ?? about)).metadata
    if (whoIsTold(config, { reason, annotations, labels }).length === 0) return
    const subject = rollout ?? about
    const variables: Variables = {
      rollout: subject as unknown as Json,
      analysisRuns: options.analysisRuns(namespace, subject.metadata.uid ?? ''),
      context: config.context,
    }
    const notified = readNotified(rollout?.metadata.annotations?.[NOTIFIED_ANNOTATION])
    const happened: Happened = { reason, annotations, labels, variables, notified, now: clock.now() }
    const plan = planNotifications(config, happened)
    const fields = { reason, namespace: ref.namespace, rollout: ref.name }
    for (const problem of plan.problems) log.warn('a trigger cannot be evaluated', { ...fields, problem })
    const what = { namespace, name: ref.name, type, reason }
    const sent = await sendAll(config, plan.toSend, variables, what)
    const next = nextNotified(notified, sent, plan.forget, clock.now())
    if (next === undefined || rollout === undefined) return
    await client.patch(ROLLOUTS, ref, 'merge', { metadata: { annotations: { [NOTIFIED_ANNOTATION]: next } } })
  }

  const tell: Notifier['tell'] = (about, event) => {
    const name = rolloutNameOf(about)
    if (name === undefined || ended.signal.aborted) return
    const ref = { namespace: about.metadata.namespace ?? 'default', name }
    if (about.kind === 'AnalysisRun' && options.isUsersOwn(ref.namespace, name)) return
    const key = `${ref.namespace}/${name}`
    const lose = (problem: string) => log.warn('people could not be told', { reason: event.reason, rollout: key, problem })
    if (waiting >= MOST_WAITING) return lose('too many events wait')
    waiting += 1
    // One after the other for each Rollout: people read them in order, and what was told is known before the next.
    const chain = (chains.get(key) ?? Promise.resolve())
      .then(() => (ended.signal.aborted ? undefined : notify(about, event, ref)))
      .catch((error: unknown) => lose(messageOf(error)))
      .finally(() => {
        waiting -= 1
        if (chains.get(key) === chain) chains.delete(key)
      })
    chains.set(key, chain)
  }

  const flush = async (): Promise<void> => {
    await Promise.all(chains.values())
  }

  const stop = (): void => {
    ended.abort()
    void flush().then(http.close)
  }
  return { tell, flush, stop }
}

/** The recorder, with people told of what it records. */
export const tellToo = (events: EventRecorder, { tell }: Pick<Notifier, 'tell'>): EventRecorder => ({
  ...events,
  record: (about, event) => {
    events.record(about, event)
    tell(about, event)
  },
})
