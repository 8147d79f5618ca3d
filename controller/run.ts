/** The controller as a whole: caches on every replica, queues and workers on the leader only. */
import { Registry } from 'prom-client'
import { makeExternalProviders } from '../analysis/providers/external.ts'
import { makeJobProvider } from '../analysis/providers/job.ts'
import { CONTROLLER_LEASE } from '../api/names.ts'
import { VERSION } from '../api/version.ts'
import { observeClient } from '../kube/api-metrics.ts'
import { makeEventRecorder } from '../kube/events.ts'
import { startHealthServer } from '../kube/health-server.ts'
import { type LeaderElection, runLeaderElection } from '../kube/leader.ts'
import { type ControllerMetrics, makeControllerMetrics, observeInformers } from '../kube/metrics.ts'
import { observeProcess } from '../kube/process-metrics.ts'
import { makeWorkQueue, type WorkQueue } from '../kube/work-queue.ts'
import { runWorkers } from '../kube/workers.ts'
import { makeAnalysisController } from './analysis-controller.ts'
import { makeJobSource } from './analysis-jobs.ts'
import { addAnalysisMetrics } from './analysis-metrics.ts'
import { makeMeasure } from './analysis-source.ts'
import { type ArgoMetrics, makeArgoMetrics } from './argo-metrics/index.ts'
import { type Caches, startCaches } from './caches.ts'
import { makeCoolingPorts } from './cooling-ports.ts'
import { makeExpectations } from './expectations.ts'
import { makeExperimentController } from './experiments/controller.ts'
import { startFailOpen } from './fail-open.ts'
import { addFleetMetrics } from './fleet-metrics.ts'
import { makeNotifier, runsOf, tellToo } from './notifications.ts'
import type { ControllerOptions, RunningController } from './options.ts'
import { makeProviderSecrets } from './provider-secrets.ts'
import { makeRolloutController } from './rollout-controller.ts'
import { addRolloutGauges, makeRolloutCounters, type RolloutSource } from './rollout-metrics.ts'
import { makeRouterClient } from './router-reports.ts'
import { startRouterTrust } from './router-trust.ts'
import { startRouterWatch } from './router-watch.ts'
import { isMadeInScope, type Scope } from './scope.ts'
import { startSidecars } from './sidecars/index.ts'
import { watchSources } from './sources.ts'
import { startStickyKeys } from './sticky-keys.ts'
import { makeUserRolloutController } from './user-rollouts/controller.ts'
import { makeReleaser } from './user-rollouts/release.ts'
import { findRefused, findUsersOwn, isDeploymentOurs, isOurRollout } from './user-rollouts/select.ts'
import { startStepPlugins } from './user-rollouts/start-plugins.ts'
import { tellDeleted, tellingError } from './user-rollouts/tell.ts'

export type { RunningController } from './options.ts'

const WORKERS = 10
/** A ReplicaSet's new size is heard of as half a dozen changes, of it and of its pods; a Rollout is looked at once for those so close to one another. */
const TOGETHER_MS = 100
/** A cache that heard nothing for so long (bookmarks come once a minute) shows an old world. */
const STALE_MS = 5 * 60_000

const missing = (caches: Caches): string | undefined => {
  const waiting = Object.values(caches).find(informer => !informer.hasSynced())
  if (waiting !== undefined) return `waits for the first list of ${waiting.resource.plural}`
  const stale = Object.values(caches).find(informer => informer.lastEventAgeMs() > STALE_MS)
  return stale === undefined
    ? undefined
    : `has heard nothing of ${stale.resource.plural} for ${Math.round(stale.lastEventAgeMs() / 1000)} s`
}

type Parts = ControllerOptions & {
  readonly caches: Caches
  readonly routers: ReturnType<typeof makeRouterClient>
  readonly metrics: ArgoMetrics
  readonly queues: ControllerMetrics
  /** The leader counts what happens to Rollouts and AnalysisRuns; the answer ends that. */
  readonly startCounters: () => () => void
  readonly scope: Scope
}

/** Does the leader's work until the signal is aborted; resolves when nothing of it runs any more. */
const lead = async (parts: Parts, signal: AbortSignal): Promise<void> => {
  const { client, caches, routers, clock, log, identity, metrics, queues, scope } = parts
  await Promise.all(Object.values(caches).map(informer => informer.synced(signal)))
  const expectations = makeExpectations(clock.now)
  const coolingPorts = makeCoolingPorts(clock.now)
  const recorder = metrics.countEvents(
    makeEventRecorder({ client, component: 'rollouts-controller', instance: identity, clock, log }),
  )
  const isUsersOwn = (namespace: string, name: string) => findUsersOwn(caches, scope, namespace, name) !== undefined
  const isOwnKey = (key: string) => {
    const [namespace = '', name = ''] = key.split('/')
    return isUsersOwn(namespace, name)
  }
  const notifier = parts.notifications
    ? makeNotifier({ ...parts, analysisRuns: runsOf(caches), isUsersOwn, observe: metrics.noteNotification })
    : undefined
  const events = notifier === undefined ? recorder : tellToo(recorder, notifier)
  const rollouts = makeWorkQueue({ clock, metrics: queues.queueMetrics('rollouts') })
  const analyses = makeWorkQueue({ clock, metrics: queues.queueMetrics('analysisruns') })
  const experiments = makeWorkQueue({ clock, metrics: queues.queueMetrics('experiments') })
  queues.observeQueue('rollouts', rollouts)
  queues.observeQueue('analysisruns', analyses)
  queues.observeQueue('experiments', experiments)
  const lookAgain = (route: string) => {
    const [namespace, name = ''] = route.split('/')
    const found = caches.routes.get(namespace, name)
    if (found !== undefined) rollouts.add(`${namespace}/${found.spec.deployment}`)
  }
  const watch = startRouterWatch({
    ask: routers.reports,
    isAnyRoute: () => caches.routes.list().length > 0,
    onChange: lookAgain,
    clock,
    log,
  })
  const stickyKeys = startStickyKeys({ client, namespace: parts.systemNamespace, clock, log })
  const sidecars = startSidecars({
    client,
    caches,
    systemNamespace: parts.systemNamespace,
    stickyKeys: stickyKeys.current,
    onChange: lookAgain,
    clock,
    log,
  })
  const stopCounting = parts.startCounters()
  const failOpen = startFailOpen({ client, caches, clock, log })
  const unsubscribe = watchSources(
    { caches, expectations, coolingPorts },
    {
      // A Deployment's passes are steps of traffic; a Rollout by pod counts only hears of more of the same.
      rollout: (key, isPart) => (isPart && isOwnKey(key) ? rollouts.addAfter(key, TOGETHER_MS) : rollouts.add(key)),
      analysis: analyses.add,
      experiment: scope.userRollouts ? experiments.add : () => undefined,
    },
  )
  const reconcileRollout = makeRolloutController({
    ...parts,
    expectations,
    coolingPorts,
    events,
    reports: watch.reports,
    sidecarReports: sidecars.reports,
  })
  const external = makeExternalProviders(makeProviderSecrets(parts), parts.external)
  const reconcileAnalysis = makeAnalysisController({
    client,
    clock,
    log,
    events,
    isOurs: run => isMadeInScope(run, scope),
    runs: caches.analysisRuns,
    measure: makeMeasure({
      caches,
      routers,
      sidecars,
      clock,
      others: [...external.providers, makeJobProvider(makeJobSource(client))],
    }),
  })
  const stepPlugins = startStepPlugins({ ...parts, onAnswer: rollouts.add })
  const stopTelling = tellDeleted(events, caches.rollouts, scope)
  const stop = () => {
    unsubscribe()
    stopTelling()
    stepPlugins.stop()
    notifier?.stop()
    void external.close()
    stopCounting()
    watch.stop()
    stickyKeys.stop()
    void sidecars.stop()
    failOpen.stop()
    void rollouts.shutDown({ dropWaiting: true })
    void analyses.shutDown({ dropWaiting: true })
    void experiments.shutDown({ dropWaiting: true })
  }
  signal.addEventListener('abort', stop, { once: true })
  const reconcileUsersOwn = makeUserRolloutController({
    ...parts,
    expectations,
    events,
    stepPlugins,
    coolingPorts,
    reports: watch.reports,
  })
  const reconcileExperiment = makeExperimentController({ ...parts, expectations, events })
  const releaseServices = makeReleaser(parts)
  const reconcileEither = async (key: string) => {
    const [namespace = '', name = ''] = key.split('/')
    const own = findUsersOwn(caches, scope, namespace, name)
    if (own) return tellingError(events, own, () => reconcileUsersOwn(key, own))
    const refused = findRefused(caches, scope, namespace, name)
    if (refused) await tellingError(events, refused, () => reconcileUsersOwn(key, refused))
    const released = scope.userRollouts ? await releaseServices(key) : {}
    const isOurs = released.afterMs === undefined && isDeploymentOurs(caches, scope, namespace, name)
    return isOurs ? reconcileRollout(key) : released
  }
  const work = (queue: WorkQueue, name: string, reconcile: (key: string) => Promise<{ readonly afterMs?: number }>) =>
    runWorkers({
      queue,
      workers: WORKERS,
      reconcile: async key => asResult(await reconcile(key)),
      log,
      metrics: queues.reconcileMetrics(name),
    })
  await Promise.all([
    work(rollouts, 'rollouts', metrics.rolloutPasses(reconcileEither)),
    work(analyses, 'analysisruns', metrics.analysisPasses(reconcileAnalysis)),
    work(experiments, 'experiments', metrics.experimentPasses(reconcileExperiment)),
  ])
  await events.flush()
}

const asResult = ({ afterMs }: { readonly afterMs?: number }) => (afterMs === undefined ? {} : { requeueAfterMs: afterMs })

/** The metrics of our own; the answer starts the counters among them. */
const addOwnMetrics = (
  registry: Registry,
  { rollouts, analysisRuns, routerPods, routes }: Caches,
  { isOurs, isLeading, now }: Pick<RolloutSource, 'isOurs' | 'isLeading' | 'now'>,
): Parts['startCounters'] => {
  const source = { rollouts, isOurs, isLeading, now }
  addRolloutGauges(registry, source)
  addFleetMetrics(registry, { routerPods, routes, isLeading })
  const start = [
    makeRolloutCounters(registry, source),
    addAnalysisMetrics(registry, { runs: analysisRuns, rollouts, isOurs, isLeading }),
  ]
  return () => {
    const stop = start.map(one => one())
    return () => {
      for (const one of stop) one()
    }
  }
}

/** Starts everything; resolves when it listens for probes. */
export const runController = async (options: ControllerOptions): Promise<RunningController> => {
  const { log, systemNamespace } = options
  const registry = new Registry()
  observeProcess(registry, { component: 'controller', version: VERSION })
  const client = observeClient(registry, options.client)
  const caches = startCaches({ client, log, systemNamespace, ...(options.namespaced && { namespace: systemNamespace }) })
  const trust = startRouterTrust({ client, log, namespace: systemNamespace })
  const routers = makeRouterClient({ pods: () => caches.routerPods.list(), ca: trust.ca })
  let election: LeaderElection | undefined
  const isLeading = () => election?.isLeader() ?? false
  const scope: Scope = { userRollouts: options.userRollouts === true, instanceId: options.instanceId }
  const startCounters = addOwnMetrics(registry, caches, {
    isOurs: rollout => isOurRollout(rollout, scope),
    isLeading,
    now: options.clock.now,
  })
  const metrics = makeArgoMetrics(registry, {
    caches,
    isLeading,
    scope,
    monotonic: () => performance.now(),
  })
  const queues = makeControllerMetrics(registry)
  const { routerPods: _, ...observed } = caches
  observeInformers(registry, Object.values(observed))
  const health = await startHealthServer({ host: options.host, port: options.healthPort, ready: () => missing(caches), registry })
  const { promise: lost, resolve: onLost } = Promise.withResolvers<string>()
  let working: Promise<void> = Promise.resolve()
  const running = runLeaderElection({
    client,
    lease: { namespace: systemNamespace, name: CONTROLLER_LEASE },
    identity: options.identity,
    log,
    onStarted: signal => {
      log.info('leading', { identity: options.identity })
      working = lead({ ...options, client, caches, routers, metrics, queues, startCounters, scope }, signal)
      return working
    },
    onLost,
  })
  election = running
  return {
    lost,
    stop: async () => {
      await running.stop()
      await working
      await Promise.all([...Object.values(caches), trust.informer].map(informer => informer.stop()))
      await routers.close()
      await health.close()
    },
  }
}
