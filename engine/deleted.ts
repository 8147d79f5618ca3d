/** A Deployment that is gone or going: its Services get their selectors back and nothing of Sluice is left on them. */
import { unlabelService } from './modes.ts'
import type { Plan } from './plan.ts'
import type { Seen, ServiceSeen } from './seen.ts'
import { planServiceMode } from './service-mode/index.ts'
import type { ModeContext } from './service-mode/step.ts'
import { wakeTime } from './status.ts'

/** No version is better than another now: the Route stays as it is until the routers are out of the path. */
const contextFor = (seen: Seen, { service, route }: ServiceSeen, now: number): ModeContext => {
  const backends = seen.backends.filter(({ frontedService }) => frontedService === service.metadata.name)
  const stable = route?.spec.backends.find(({ role }) => role === 'stable')?.hash ?? ''
  const { backends: routed = [], headerRoutes, mirrorRoutes, sticky } = route?.spec ?? {}
  return {
    now,
    deployment: seen.name,
    settings: seen.settings,
    routers: seen.routers,
    stableHash: stable,
    podLabels: {},
    podPrefixes: [],
    wish: {
      backends: routed,
      ...(headerRoutes && { headerRoutes }),
      ...(mirrorRoutes && { mirrorRoutes }),
      ...(sticky && { sticky }),
    },
    onlyFinal: true,
    backends,
    hashes: routed.map(({ hash }) => hash),
    takenPorts: new Set(),
  }
}

const planService = (seen: Seen, service: ServiceSeen, now: number) => {
  if (service.service.metadata.deletionTimestamp !== undefined) return { intents: [], done: true }
  const mode = planServiceMode(service, 'serve', contextFor(seen, service, now))
  return mode.done ? { intents: unlabelService(service, seen.name), done: true } : mode
}

export const planDeleted = (seen: Seen, now: number): Plan => {
  const planned = seen.services.map(service => planService(seen, service, now))
  const waits = planned.flatMap(mode => ('waiting' in mode && mode.waiting ? [mode.waiting] : []))
  const wakeAt = wakeTime(waits, now)
  return { intents: planned.flatMap(({ intents }) => intents), ...(wakeAt !== undefined && { wakeAt }) }
}
