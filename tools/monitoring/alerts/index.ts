/** The one list of alerts. */
import type { Alert } from './alert.ts'
import { CONTROL_PLANE_ALERTS } from './control-plane.ts'
import { ROLLOUT_ALERTS } from './rollouts.ts'
import { ROUTER_ALERTS } from './routers.ts'

export const ALERT_GROUPS: { readonly [group: string]: readonly Alert[] } = {
  'sluice-rollouts': ROLLOUT_ALERTS,
  'sluice-routers': ROUTER_ALERTS,
  'sluice-control-plane': CONTROL_PLANE_ALERTS,
}

export const ALERTS: readonly Alert[] = Object.values(ALERT_GROUPS).flat()
