/** Sluice's own other processes, as far as the planner depends on them: routers, their publisher, the analysis controller. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { EndpointSlice } from '../../api/kubernetes.ts'
import {
  MANAGED_BY_SLICE,
  POD_TEMPLATE_HASH,
  ROLLOUTS_POD_TEMPLATE_HASH,
  SERVICE_NAME,
  SLICE_ROLE,
  SLUICE_SLICE_CONTROLLER,
} from '../../api/names.ts'
import type { Route } from '../../api/route.ts'
import { isEnded } from '../analysis.ts'
import { ROUTE_VERSION } from '../service-mode/slices.ts'
import { bump, created, type RouterModel, type World } from './world.ts'

/** The router runs the newest Routes. */
export const catchUp = (world: World, router: RouterModel): void => {
  router.running = Object.fromEntries(world.routes.map(({ metadata, spec }) => [metadata.name, structuredClone(spec)]))
}

const sliceFor = (world: World, route: Route): EndpointSlice => {
  const { name } = route.metadata
  const ready = route.spec.endpoints === 'ready'
  return created(world, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-sluice-router`,
      labels: { [SERVICE_NAME]: name, [MANAGED_BY_SLICE]: SLUICE_SLICE_CONTROLLER, [SLICE_ROLE]: 'router' },
      annotations: { [ROUTE_VERSION]: String(route.spec.version) },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 20000, protocol: 'TCP' }],
    endpoints: world.routers.filter(router => router.ready).map(router => ({ addresses: [router.name], conditions: { ready } })),
  })
}

const isOurs = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[MANAGED_BY_SLICE] === SLUICE_SLICE_CONTROLLER

/** Only routers publish: with none alive the slices stay as they were. */
export const publish = (world: World): void => {
  if (!world.publishes || !world.routers.some(({ ready }) => ready)) return
  const published = world.routes.filter(({ spec }) => spec.endpoints !== 'none').map(route => sliceFor(world, route))
  const names = new Set(world.routes.map(({ metadata }) => metadata.name))
  // Slices of a Route that is gone are left for the controller: the worst a publisher could do.
  const left = world.slices.filter(slice => !isOurs(slice) || !names.has(slice.metadata.labels?.[SERVICE_NAME] ?? ''))
  world.slices = [...left, ...published]
}

const imageOfRun = (world: World, run: AnalysisRun): string => {
  const hash = run.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH]
  const rs = world.replicaSets.find(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH] === hash)
  return rs?.spec.template.spec.containers[0]?.image ?? ''
}

const judge = (world: World, run: AnalysisRun): AnalysisRun['status'] => {
  if (run.spec.terminate) return { ...run.status, phase: 'Successful' }
  const image = imageOfRun(world, run)
  if (world.badImages.has(image)) return { phase: 'Failed', message: 'Metric "success-rate >= 99%" assessed Failed' }
  if (world.inconclusiveImages.has(image)) return { phase: 'Inconclusive', message: 'too few requests' }
  return { phase: 'Running', metricResults: run.spec.metrics.map(({ name }) => ({ name, phase: 'Running', successful: 1 })) }
}

/** Two looks at a run until there is a verdict. */
export const analyse = (world: World): void => {
  world.runs = world.runs.map(run => {
    // Whoever tests a step's run says itself how it ends.
    if (!world.analyses || isEnded(run) || run.metadata.labels?.['rollout-type'] === 'Step') return run
    const status = run.status === undefined ? { phase: 'Pending' as const } : judge(world, run)
    return status && JSON.stringify(status) !== JSON.stringify(run.status) ? bump(world, { ...run, status }) : run
  })
}
