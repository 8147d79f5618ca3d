/** Services that no update of Sluice fronts any more: they get their selectors back and nothing of Sluice is left on them. */

import { isPrivate } from './context.ts'
import type { Intent } from './intents.ts'
import { unlabelService } from './modes.ts'
import type { Seen, ServiceSeen } from './seen.ts'
import { planServiceMode } from './service-mode/index.ts'
import type { ModeContext } from './service-mode/step.ts'
import type { Waiting } from './waiting.ts'

/** No version is better than another now: the Route says what it said until the routers are out of the path. */
const contextFor = (seen: Seen, { service, route }: ServiceSeen, now: number): ModeContext => {
  const { backends = [], headerRoutes, mirrorRoutes, sticky, affinity, timeouts } = route?.spec ?? {}
  return {
    now,
    deployment: seen.name,
    settings: seen.settings,
    routers: seen.routers,
    stableHash: backends.find(({ role }) => role === 'stable')?.hash ?? '',
    podLabels: seen.deployment?.spec.template.metadata?.labels ?? {},
    podPrefixes: [],
    wish: {
      backends,
      ...(headerRoutes && { headerRoutes }),
      ...(mirrorRoutes && { mirrorRoutes }),
      ...(sticky && { sticky }),
      ...(affinity && { affinity }),
      ...(timeouts && { timeouts }),
    },
    onlyFinal: true,
    backends: seen.backends.filter(({ frontedService }) => frontedService === service.metadata.name),
    hashes: backends.map(({ hash }) => hash),
    listenPorts: { taken: new Set(), contested: new Set() },
  }
}

export type Release = { readonly intents: readonly Intent[]; readonly waits: readonly Waiting[]; readonly done: boolean }

const releaseOne = (seen: Seen, service: ServiceSeen, now: number): Release => {
  if (service.service.metadata.deletionTimestamp !== undefined) return { intents: [], waits: [], done: true }
  const mode = planServiceMode(service, 'serve', contextFor(seen, service, now))
  if (!mode.done) return { intents: mode.intents, waits: mode.waiting ? [mode.waiting] : [], done: false }
  const intents = unlabelService(service, seen.name)
  return { intents, waits: [], done: intents.length === 0 }
}

/** All Services of the Deployment, each at its own pace; `done` when none has anything of Sluice's left. */
export const releaseServices = (seen: Seen, now: number): Release => {
  const released = seen.services.filter(service => !isPrivate(service)).map(service => releaseOne(seen, service, now))
  return {
    intents: released.flatMap(({ intents }) => intents),
    waits: released.flatMap(({ waits }) => waits),
    done: released.every(({ done }) => done),
  }
}
