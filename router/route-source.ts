/**
 * Where the routing table comes from: Routes and the EndpointSlices of their private Services, watched through the API server.
 * When that is gone the table stays as it is; a router that starts meanwhile takes what was last written to disk, until the API
 * server answers.
 */
import type { EndpointSlice } from '../api/kubernetes.ts'
import { FRONTED_SERVICE_LABEL, MANAGED_BY_SLICE, PLACEMENT_LABEL, SLUICE_SLICE_CONTROLLER } from '../api/names.ts'
import type { Route } from '../api/route.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock, Timer } from '../kube/clock.ts'
import { type Informer, type InformerTiming, startInformer } from '../kube/informer.ts'
import type { Logger } from '../kube/log.ts'
import { ENDPOINT_SLICES, ROUTES } from '../kube/resources.ts'
import { encodeSnapshot, readSnapshot, writeSnapshot } from './disk.ts'
import { buildTable, EMPTY_TABLE, type Refusal, type Table } from './table.ts'

export type RouteSourceOptions = {
  readonly client: KubeClient
  readonly log: Logger
  readonly clock: Clock
  /** Where the last good Routes are kept; without one they are not. */
  readonly stateDir?: string
  /** Called with every new table, the one from disk first, and the slices that it was made of. */
  readonly onTable: (table: Table, slices: readonly EndpointSlice[]) => void
  readonly timing?: Partial<InformerTiming>
}

export type RouteSource = {
  readonly table: () => Table
  /** What of the newest Routes was refused. */
  readonly refused: () => readonly Refusal[]
  /** `empty`: nothing known yet; `cached`: from disk; `live`: from the API server (also when it has gone away since). */
  readonly state: () => 'empty' | 'cached' | 'live'
  readonly routes: Informer<Route>
  readonly slices: Informer<EndpointSlice>
  /** Writes what is not written yet. */
  readonly stop: () => Promise<void>
}

/** Many changes at once (a list, a rollout of many pods) make one table. */
const GATHER_MS = 5
const WRITE_AFTER_MS = 250

/** An API server that comes back should be noticed soon: there are few routers. */
const TIMING: Partial<InformerTiming> = { backoffCapMs: 3_000 }

/** Resolves when what is on disk, if anything, is in force. */
export const startRouteSource = async (options: RouteSourceOptions): Promise<RouteSource> => {
  const { client, log, clock, stateDir, onTable } = options
  let state: 'empty' | 'cached' | 'live' = 'empty'
  let table: Table = EMPTY_TABLE
  let gathering: Timer | undefined
  let refused: readonly Refusal[] = []
  const saver = makeSaver(options)

  const use = (routes: readonly Route[], slices: readonly EndpointSlice[]): void => {
    const built = buildTable(routes, slices, table)
    table = built.table
    logRefusals(log, built.refused, refused)
    refused = built.refused
    onTable(table, slices)
  }
  if (stateDir !== undefined) {
    const found = await readSnapshot(stateDir)
    if (found && 'problem' in found)
      log.warn('the routes on disk cannot be used', { directory: stateDir, problem: found.problem })
    if (found && 'snapshot' in found) {
      state = 'cached'
      use(found.snapshot.routes, found.snapshot.slices)
      log.info('routes from disk are in force until the API server answers', { routes: table.routes.size })
    }
  }
  const timing = { ...TIMING, ...options.timing }
  const routes = startInformer<Route>({ client, resource: ROUTES, log, clock, timing })
  const slices = startInformer<EndpointSlice>({
    client,
    resource: ENDPOINT_SLICES,
    labelSelector: FRONTED_SERVICE_LABEL,
    log,
    clock,
    timing,
  })
  const rebuild = (): void => {
    gathering = undefined
    if (!routes.hasSynced() || !slices.hasSynced()) return
    state = 'live'
    use(routes.list().filter(isForFleet), slices.list().filter(isNotOurs))
    saver.save(table, slices.list().filter(isNotOurs))
  }
  const gather = (): void => {
    gathering ??= clock.setTimeout(rebuild, GATHER_MS)
  }
  const stopWatching = [routes.onChange(gather), slices.onChange(gather)]
  // Empty collections change nothing, but are an answer too.
  Promise.all([routes.synced(), slices.synced()]).then(gather, () => {})
  return {
    table: () => table,
    refused: () => refused,
    state: () => state,
    routes,
    slices,
    stop: async () => {
      for (const stop of stopWatching) stop()
      gathering?.cancel()
      await Promise.all([routes.stop(), slices.stop(), saver.stop()])
    },
  }
}

/** Those of sidecars are for sidecars. */
const isForFleet = ({ metadata }: Route): boolean => metadata.labels?.[PLACEMENT_LABEL] === undefined

/** The slices that the routers publish lead back to themselves. */
const isNotOurs = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[MANAGED_BY_SLICE] !== SLUICE_SLICE_CONTROLLER

/** Says what was refused once, not with every new table. */
const logRefusals = (log: Logger, refused: readonly Refusal[], before: readonly Refusal[]): void => {
  const said = new Set(before.map(refusal => JSON.stringify(refusal)))
  for (const refusal of refused)
    if (!said.has(JSON.stringify(refusal))) log.error('Route refused, the last good one stays', refusal)
}

type Saver = { readonly save: (table: Table, slices: readonly EndpointSlice[]) => void; readonly stop: () => Promise<void> }

/** Writes the newest state, not every one: at most one write is under way. */
const makeSaver = ({ stateDir, clock, log }: RouteSourceOptions): Saver => {
  if (stateDir === undefined) return { save: () => {}, stop: async () => {} }
  let wanted: (() => string) | undefined
  let written = ''
  let timer: Timer | undefined
  let writing: Promise<void> | undefined
  const write = async (): Promise<void> => {
    const text = wanted?.()
    wanted = undefined
    if (text === undefined || text === written) return
    try {
      await writeSnapshot(stateDir, text)
      written = text
    } catch (error) {
      log.error('the routes could not be written to disk', { directory: stateDir, error })
    }
  }
  const start = (): void => {
    timer = undefined
    writing = write().finally(() => {
      writing = undefined
      if (wanted) timer ??= clock.setTimeout(start, WRITE_AFTER_MS)
    })
  }
  return {
    save: (table, slices) => {
      wanted = () => encodeSnapshot({ routes: [...table.accepted.values()], slices })
      if (!writing) timer ??= clock.setTimeout(start, WRITE_AFTER_MS)
    },
    stop: async () => {
      timer?.cancel()
      await writing
      timer?.cancel()
      await write()
    },
  }
}
