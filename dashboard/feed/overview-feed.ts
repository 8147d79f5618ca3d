/** All rollouts that one person may see, watched with that person's credentials while somebody looks. */
import { randomBytes } from 'node:crypto'
import type { Deployment, KubeObject } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { type Clock, sleep, type Timer } from '../../kube/clock.ts'
import { type Informer, startInformer } from '../../kube/informer.ts'
import { silentLogger } from '../../kube/log.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../../kube/resources.ts'
import { joinByName } from '../../view/join-by-name.ts'
import type { Overview, RolloutRow } from '../contract.ts'
import { makeRow } from '../model/row.ts'
import { makeRowLog, type RowChanges, type RowLog } from './row-log.ts'
import { findScope, type Scope } from './scope.ts'
import { slimDeployment, slimRollout } from './slim.ts'

export type OverviewFeed = {
  /** Begins to watch where nothing does; resolves when the first lists are there. Throws ApiError where the API server refuses. */
  readonly ready: () => Promise<WatchedRows>
  /** For good. May be called again. */
  readonly stop: () => Promise<void>
}

export type WatchedRows = {
  /** Of this watch; what another one numbered means nothing here. */
  readonly epoch: string
  readonly log: RowLog
  readonly overview: () => Overview
  /** The answer unsubscribes. */
  readonly subscribe: (listener: (changes: RowChanges) => void) => () => void
}

/** A burst of events is one change. */
const GATHER_MS = 250
/** How long it watches on when nobody looks. */
const LINGER_MS = 5 * 60_000
/** Longest wait for the first lists: a page with what there is is better than none. */
const FIRST_LISTS_MS = 10_000

type Watching = WatchedRows & { readonly stop: () => Promise<void>; readonly isWatched: () => boolean }

type Pair = { readonly rollouts: Informer<Rollout>; readonly deployments: Informer<Deployment> }

const startPair = (client: KubeClient, namespace: string | undefined): Pair => {
  const where = namespace === undefined ? {} : { namespace }
  const start = <T extends KubeObject>(resource: Resource, transform: (object: T) => T): Informer<T> =>
    startInformer<T>({ client, resource, transform, log: silentLogger, ...where })
  return { rollouts: start(ROLLOUTS, slimRollout), deployments: start(DEPLOYMENTS, slimDeployment) }
}

const rowFor = (pairs: readonly Pair[], key: string): RolloutRow | undefined => {
  const [namespace = '', name = ''] = key.split('/')
  const found = <T>(read: (pair: Pair) => T | undefined): readonly T[] => pairs.flatMap(pair => read(pair) ?? [])
  const rollouts = found(pair => pair.rollouts.get(namespace, name))
  const deployments = found(pair => pair.deployments.get(namespace, name))
  const [listed] = joinByName(rollouts, deployments)
  return listed && makeRow(listed)
}

const startWatching = async (client: KubeClient, scope: Scope, clock: Clock): Promise<Watching> => {
  const pairs = (scope.namespaces ?? [undefined]).map(namespace => startPair(client, namespace))
  const informers = pairs.flatMap(({ rollouts, deployments }) => [rollouts, deployments] as const)
  const log = makeRowLog()
  const listeners = new Set<(changes: RowChanges) => void>()
  const dirty = new Set<string>()
  let timer: Timer | undefined
  const flush = (): void => {
    timer?.cancel()
    timer = undefined
    const changes = log.update([...dirty].map(key => [key, rowFor(pairs, key)] as const))
    dirty.clear()
    if (changes !== undefined) for (const listener of listeners) listener(changes)
  }
  for (const informer of informers) {
    informer.onChange(key => {
      dirty.add(key)
      timer ??= clock.setTimeout(flush, GATHER_MS)
    })
  }
  await Promise.race([Promise.allSettled(informers.map(informer => informer.synced())), sleep(clock, FIRST_LISTS_MS)])
  flush()
  const notListed = (): readonly string[] => {
    const plurals = new Set(informers.filter(informer => !informer.hasSynced()).map(({ resource }) => resource.plural))
    return [...plurals].map(plural => `The list of ${plural} has not come; you may not see it, or it is not served.`)
  }
  return {
    epoch: randomBytes(6).toString('base64url'),
    log,
    overview: () => ({
      rows: log.rows(),
      ...(scope.namespaces && { namespaces: scope.namespaces }),
      missing: [...scope.missing, ...notListed()],
      now: new Date(clock.now()).toISOString(),
    }),
    subscribe: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isWatched: () => listeners.size > 0,
    stop: async () => {
      timer?.cancel()
      await Promise.all(informers.map(informer => informer.stop()))
    },
  }
}

export const makeOverviewFeed = (
  { client, namespaces }: { readonly client: KubeClient; readonly namespaces: readonly string[] },
  clock: Clock,
): OverviewFeed => {
  let watching: Promise<Watching> | undefined
  let linger: Timer | undefined
  let isStopped = false
  const end = async (): Promise<void> => {
    const one = watching
    watching = undefined
    linger?.cancel()
    await one?.then(
      ({ stop }) => stop(),
      () => undefined,
    )
  }
  const lookLater = (): void => {
    linger?.cancel()
    linger = clock.setTimeout(() => {
      void watching?.then(one => (one.isWatched() ? lookLater() : end()))
    }, LINGER_MS)
  }
  const begin = async (): Promise<Watching> => startWatching(client, await findScope(client, namespaces), clock)
  return {
    ready: () => {
      if (isStopped) throw new Error('the session has ended')
      lookLater()
      if (watching === undefined) {
        const started = begin()
        watching = started
        started.catch(() => {
          // The next one who looks tries again.
          if (watching === started) watching = undefined
        })
      }
      return watching
    },
    stop: async () => {
      isStopped = true
      await end()
    },
  }
}
