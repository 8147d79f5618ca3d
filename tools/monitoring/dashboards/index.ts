/** The one list of dashboards. */
import { CONTROL_PLANE } from './control-plane.ts'
import type { Dashboard } from './dashboard.ts'
import { OVERVIEW } from './overview.ts'
import { ROLLOUT } from './rollout.ts'
import { ROUTER_DASHBOARD } from './router.ts'

export const DASHBOARDS: readonly Dashboard[] = [OVERVIEW, ROLLOUT, ROUTER_DASHBOARD, CONTROL_PLANE]
