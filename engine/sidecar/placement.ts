/** Which routers carry a Deployment's Services: the shared fleet, or the sidecars of its pods. */
import { PLACEMENT_LABEL } from '../../api/names.ts'
import type { SluiceRouterConfig } from '../../api/rollout.ts'
import type { Route } from '../../api/route.ts'
import type { Seen } from '../seen.ts'

export type Placement = 'shared' | 'sidecar'

export const isSidecarRoute = (route: Route | undefined): boolean => route?.metadata.labels?.[PLACEMENT_LABEL] === 'sidecar'

/** Routes that are there decide until they are gone: an update ends with the routers that it began with. */
export const choosePlacement = ({ services }: Pick<Seen, 'services'>, { router }: SluiceRouterConfig): Placement => {
  const routes = services.flatMap(({ route }) => route ?? [])
  if (routes.length > 0) return routes.some(isSidecarRoute) ? 'sidecar' : 'shared'
  return router === 'sidecar' ? 'sidecar' : 'shared'
}
