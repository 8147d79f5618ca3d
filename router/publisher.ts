/**
 * Keeps the EndpointSlices of all fronted Services as their Routes ask: the router that holds the Lease writes them, whether or
 * not the controller is alive, since it is the routers whose comings and goings must be published at once.
 */
import type { EndpointSlice, Pod } from '../api/kubernetes.ts'
import { MANAGED_BY_SLICE, PUBLISHER_LEASE, ROUTER_APP_LABEL, SERVICE_NAME, SLUICE_SLICE_CONTROLLER } from '../api/names.ts'
import type { Route } from '../api/route.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { isNotFound } from '../kube/errors.ts'
import { type Informer, type InformerTiming, startInformer } from '../kube/informer.ts'
import { type LeaderElection, type LeaderTiming, runLeaderElection } from '../kube/leader.ts'
import type { Logger } from '../kube/log.ts'
import { ENDPOINT_SLICES, PODS } from '../kube/resources.ts'
import { makeRetryLimit } from '../kube/retry-limit.ts'
import { makeWorkQueue, type WorkQueue } from '../kube/work-queue.ts'
import { runWorkers } from '../kube/workers.ts'
import { groupByService, isReady } from './endpoints.ts'
import { PeerWatch } from './peers.ts'
import type { RouteSource } from './route-source.ts'
import { failOpenService, planSlices, renderSlices, type SliceChange, takesTraffic } from './slices.ts'

export type PublisherOptions = {
  readonly client: KubeClient
  readonly log: Logger
  readonly clock: Clock
  /** Name and namespace of this router's pod. */
  readonly pod: { readonly namespace: string; readonly name: string }
  readonly source: Pick<RouteSource, 'table' | 'state' | 'routes' | 'slices'>
  /** Port on which other routers are seen to be alive. */
  readonly peerPort: number
  readonly timing?: { readonly informer?: Partial<InformerTiming>; readonly lease?: Partial<LeaderTiming> }
}

export type Publisher = {
  readonly isLeader: () => boolean
  /** The table changed: everything is looked at again. */
  readonly refresh: () => void
  /** This router goes: it is taken out of the slices, and then the lease is given up. */
  readonly leave: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A publisher that dies together with its node leaves dead routers published for this long. */
const LEASE_TIMING: LeaderTiming = { leaseDurationMs: 5_000, renewDeadlineMs: 3_500, retryPeriodMs: 1_000 }
const CAMPAIGN_AGAIN_MS = 1_000
const INFORMER_TIMING: Partial<InformerTiming> = { backoffCapMs: 3_000 }
const ROUTER_SELECTOR = Object.entries(ROUTER_APP_LABEL)
  .map(([key, value]) => `${key}=${value}`)
  .join(',')

export const startPublisher = (options: PublisherOptions): Publisher => {
  const publisher = new RunningPublisher(options)
  return {
    isLeader: () => publisher.isLeader(),
    refresh: () => publisher.refresh(),
    leave: () => publisher.leave(),
    stop: () => publisher.stop(),
  }
}

class RunningPublisher {
  readonly #options: PublisherOptions
  readonly #pods: Informer<Pod>
  /** The slices that are published. */
  readonly #published: Informer<EndpointSlice>
  readonly #peers: PeerWatch
  readonly #queue: WorkQueue
  readonly #workers: Promise<void>
  #election: LeaderElection | undefined
  #leaving = false
  #stopped = false

  constructor(options: PublisherOptions) {
    this.#options = options
    const { client, log, clock, pod, peerPort } = options
    const timing = { ...INFORMER_TIMING, ...options.timing?.informer }
    this.#queue = makeWorkQueue({ clock, retryLimit: makeRetryLimit({ clock, baseMs: 20, capMs: 2_000 }) })
    this.#pods = startInformer<Pod>({
      client,
      resource: PODS,
      namespace: pod.namespace,
      labelSelector: ROUTER_SELECTOR,
      log,
      clock,
      timing,
    })
    this.#published = startInformer<EndpointSlice>({
      client,
      resource: ENDPOINT_SLICES,
      labelSelector: `${MANAGED_BY_SLICE}=${SLUICE_SLICE_CONTROLLER}`,
      indexes: { service: slice => [serviceKey(slice)] },
      log,
      clock,
      timing,
    })
    this.#peers = new PeerWatch({ port: peerPort, clock, onChange: () => this.#peersChanged() })
    this.#pods.onChange(() => {
      this.#peers.follow(this.#otherRouters().map(({ status }) => status?.podIP ?? ''))
      this.refresh()
    })
    this.#published.onChange((_, slice, previous) => {
      for (const changed of [slice, previous]) if (changed) this.#queue.add(serviceKey(changed))
    })
    Promise.all([this.#pods.synced(), this.#published.synced()]).then(
      () => this.refresh(),
      () => {},
    )
    this.#workers = runWorkers({ queue: this.#queue, workers: 4, reconcile: key => this.#publish(key), log })
    this.#campaign()
  }

  isLeader(): boolean {
    return this.#election?.isLeader() ?? false
  }

  refresh(): void {
    for (const key of this.#options.source.table().routes.keys()) this.#queue.add(key)
    for (const slice of this.#published.list()) this.#queue.add(serviceKey(slice))
  }

  async leave(): Promise<void> {
    this.#leaving = true
    if (this.isLeader()) await Promise.allSettled([...this.#options.source.table().routes.keys()].map(key => this.#publish(key)))
    await this.#retire()
  }

  async stop(): Promise<void> {
    await this.#retire()
    await Promise.all([this.#queue.shutDown(), this.#workers, this.#pods.stop(), this.#published.stop()])
  }

  async #retire(): Promise<void> {
    this.#stopped = true
    this.#peers.stop()
    await this.#election?.stop()
  }

  /** A router that lost the lease (the API server was away) carries on and stands again. */
  #campaign(): void {
    if (this.#stopped) return
    const { client, log, clock, pod, timing } = this.#options
    this.#election = runLeaderElection({
      client,
      lease: { namespace: pod.namespace, name: PUBLISHER_LEASE },
      identity: pod.name,
      log,
      clock,
      timing: { ...LEASE_TIMING, ...timing?.lease },
      onStarted: () => this.refresh(),
      onLost: () => void clock.setTimeout(() => this.#campaign(), CAMPAIGN_AGAIN_MS),
    })
  }

  /**
   * The leader writes. When its process is seen to have died everybody does until there is another one: all render the same,
   * and waiting for the lease to run out would leave the dead router published.
   */
  #mayWrite(): boolean {
    if (this.isLeader()) return true
    const holder = this.#election?.holder()
    if (this.#stopped || holder === undefined) return false
    const address = this.#pods.get(this.#options.pod.namespace, holder)?.status?.podIP
    return address !== undefined && this.#peers.isDead(address)
  }

  #peersChanged(): void {
    this.#options.log.warn('another router died or came back', {
      dead: this.#otherRouters()
        .map(({ metadata }) => metadata.name)
        .filter(name => !this.#isAlive(name)),
    })
    this.refresh()
  }

  #isAlive(name: string): boolean {
    return !this.#peers.isDead(this.#pods.get(this.#options.pod.namespace, name)?.status?.podIP ?? '')
  }

  #otherRouters(): readonly Pod[] {
    return this.#pods.list().filter(pod => pod.metadata.name !== this.#options.pod.name && takesTraffic(pod))
  }

  #routerPods(): readonly Pod[] {
    const { pod } = this.#options
    return this.#pods.list().filter(({ metadata, status }) => {
      if (metadata.name === pod.name) return !this.#leaving
      return !this.#peers.isDead(status?.podIP ?? '')
    })
  }

  #isReady(): boolean {
    return this.#options.source.state() === 'live' && this.#pods.hasSynced() && this.#published.hasSynced()
  }

  async #publish(key: string): Promise<void> {
    if (!this.#isReady() || !this.#mayWrite()) return
    const { source, client } = this.#options
    const [namespace, name = ''] = key.split('/')
    const route = source.table().accepted.get(key)
    // Refused, and never seen in a good version by this router: what is published stays.
    if (!route && source.routes.get(namespace, name)) return
    const wanted = route ? renderSlices(route, this.#routerPods(), this.#stableSlices(route)) : []
    for (const change of planSlices(wanted, this.#published.by('service', key))) {
      if (!this.#mayWrite()) return
      await write(client, change)
    }
  }

  #stableSlices(route: Route): readonly EndpointSlice[] {
    const { namespace = '' } = route.metadata
    const byService = groupByService(this.#options.source.slices.list().filter(slice => slice.metadata.namespace === namespace))
    const slicesOf = (service: string) => byService.get(`${namespace}/${service}`) ?? []
    const chosen = failOpenService(route, service => slicesOf(service).some(({ endpoints }) => (endpoints ?? []).some(isReady)))
    return chosen === undefined ? [] : slicesOf(chosen)
  }
}

const serviceKey = ({ metadata }: EndpointSlice): string => `${metadata.namespace ?? ''}/${metadata.labels?.[SERVICE_NAME] ?? ''}`

const write = async (client: KubeClient, change: SliceChange): Promise<void> => {
  const { namespace = '', name, uid } = change.slice.metadata
  if (change.do === 'create') await client.create(ENDPOINT_SLICES, change.slice)
  else if (change.do === 'patch') await client.patch(ENDPOINT_SLICES, { namespace, name }, 'merge', change.body)
  else
    await client.delete(ENDPOINT_SLICES, { namespace, name }, uid === undefined ? {} : { uid }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
}
