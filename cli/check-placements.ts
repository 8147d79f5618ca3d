/** How the traffic of the next update will be split: the placement that applies first, then each other one with why it does not. */
import type { Pod, Service } from '../api/kubernetes.ts'
import { isPodReady } from '../api/pod-ready.ts'
import { bad, type Finding, good, note } from './check-finding.ts'

export type Placed = {
  /** The annotation's value; undefined when it is wrong or the Deployment is not opted in. */
  readonly router: string | undefined
  /** Each Service in front of the pods, with what is in the way of the fleet. */
  readonly fronting: readonly { readonly service: Service; readonly problem: string | undefined }[]
  /** Undefined where they may not be listed. */
  readonly routers: readonly Pod[] | undefined
  readonly systemNamespace: string
}

const isFleet = (router: string | undefined): boolean => router === undefined || router === 'auto' || router === 'shared'

/** Why the fleet cannot be used as things are; undefined when it can. */
const fleetProblem = ({ fronting, routers, systemNamespace }: Placed): string | undefined => {
  const stuck = fronting.filter(({ problem }) => problem !== undefined).length
  if (stuck > 0)
    return `${stuck} of ${fronting.length} ${fronting.length === 1 ? 'Service' : 'Services'} cannot have routers in front (see Services)`
  return routers?.some(isPodReady) === false ? `no router is ready in namespace ${systemNamespace}` : undefined
}

const fleetRow = (placed: Placed): Finding => {
  const { router, fronting, routers } = placed
  if (fronting.length === 0) return note('shared: no Service fronts the pods; a ClusterIP Service that selects them would do')
  const problem = fleetProblem(placed)
  if (!isFleet(router)) {
    const change = problem === undefined ? 'it would work' : problem
    return note(`shared: switched off by sluice.dev/router: ${router}; without that annotation ${change}`)
  }
  if (problem !== undefined)
    return bad(`shared: ${problem}; an update is held, with all traffic on the stable version, until that changes`)
  const ready = routers?.filter(isPodReady).length
  const fleet = ready === undefined ? 'you may not list the routers' : `${ready} ${ready === 1 ? 'router' : 'routers'} ready`
  return good(`shared: the router fleet, for the length of an update (${fleet})`)
}

const numericPorts = ({ fronting }: Placed): readonly string[] =>
  fronting
    .filter(({ service }) =>
      (service.spec.ports ?? []).some(({ protocol = 'TCP', targetPort }) => protocol === 'TCP' && typeof targetPort !== 'string'),
    )
    .map(({ service }) => service.metadata.name)

const sidecarRow = (placed: Placed): Finding => {
  const { router, fronting } = placed
  if (fronting.length === 0) return note('sidecar: no Service fronts the pods')
  const numeric = numericPorts(placed)
  const first = numeric.length === 0 ? '' : `; name the targetPort of Service ${numeric.join(', ')} first`
  if (router !== 'sidecar') return note(`sidecar: only with sluice.dev/router: sidecar, from the next new version on${first}`)
  return numeric.length === 0
    ? good('sidecar: a router beside the app in each pod, as sluice.dev/router: sidecar asks')
    : bad(`sidecar: asked for by sluice.dev/router: sidecar${first}`)
}

const countRow = ({ router, fronting }: Placed): Finding => {
  if (router === 'none') return good('none: the split is by number of pods, as sluice.dev/router: none asks')
  if (fronting.length === 0) return good('none: the split is by number of pods')
  return note(
    'none: by number of pods, without numbers to check; only with sluice.dev/router: none, or without a Service in front',
  )
}

const LATER = note('gateway, istio, nginx: not available in this version')

export const placementFindings = (placed: Placed): readonly Finding[] => {
  const rows = [fleetRow(placed), sidecarRow(placed), countRow(placed)]
  return [...rows.filter(({ verdict }) => verdict !== 'note'), ...rows.filter(({ verdict }) => verdict === 'note'), LATER]
}
