/** The one list of traffic providers. */
import type { TrafficProvider } from '../engine/rollout/traffic/provider.ts'
import { none } from './none.ts'
import { sluiceRouter } from './sluice-router/index.ts'

export const TRAFFIC_PROVIDERS: readonly TrafficProvider[] = [sluiceRouter, none]
