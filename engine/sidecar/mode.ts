/** A Service whose pods split by themselves: nothing of it is touched; a Route is there while they are to split, and gone when not. */
import { PLACEMENT_LABEL } from '../../api/names.ts'
import type { Route } from '../../api/route.ts'
import type { Intent } from '../intents.ts'
import { makePorts, makeRoute, makeRouteSpec } from '../make-route.ts'
import { isSame } from '../same.ts'
import type { ServiceSeen } from '../seen.ts'
import type { ModeContext, ServiceMode } from '../service-mode/step.ts'
import { timestamp } from '../time.ts'
import { RECHECK_MS } from '../waiting.ts'
import { sidecarPreflight } from './preflight.ts'

const makeSpec = (seen: ServiceSeen, mode: ModeContext) =>
  makeRouteSpec(seen, mode.deployment, { ...mode.wish, endpoints: 'none', ports: makePorts(seen, mode.listenPorts) })

/** Pods split from the start: no step of the way into the path is to be waited for. */
const noteInForce = (name: string, now: number): Intent => ({
  kind: 'setRouteStatus',
  name,
  status: { step: 'proxy', since: timestamp(now) },
})

const begin = (seen: ServiceSeen, mode: ModeContext): ServiceMode => {
  const { name } = seen.service.metadata
  const problem = sidecarPreflight(seen, mode, mode.deployment)
  if (problem !== undefined) {
    return {
      intents: [],
      done: false,
      waiting: {
        reason: 'ServiceRefused',
        what: `Service ${name} cannot be split by sidecars: ${problem}`,
        ends: 'ends when that is changed, or with a full promotion, which replaces the pods without splitting traffic',
      },
    }
  }
  const route = makeRoute(seen.service, makeSpec(seen, mode))
  const labels = { ...route.metadata.labels, [PLACEMENT_LABEL]: 'sidecar' }
  return {
    intents: [{ kind: 'createRoute', route: { ...route, metadata: { ...route.metadata, labels } } }, noteInForce(name, mode.now)],
    done: false,
    waiting: {
      reason: 'EnteringProxyMode',
      what: `Service ${name}: its Route is written`,
      since: mode.now,
      ends: 'ends when it is there',
      until: mode.now + RECHECK_MS,
    },
  }
}

const update = (seen: ServiceSeen, route: Route, mode: ModeContext): readonly Intent[] => {
  if (route.metadata.deletionTimestamp !== undefined) return []
  const spec = makeSpec(seen, mode)
  const { name, resourceVersion = '' } = route.metadata
  const shares = spec.backends.map(({ role, weight }) => `${role} ${weight}%`).join(', ')
  const changed: readonly Intent[] = isSame(spec, route.spec)
    ? []
    : [
        {
          kind: 'updateRoute',
          name,
          resourceVersion,
          spec: { ...spec, version: route.spec.version + 1 },
          why: `${shares}, split by sidecars`,
        },
      ]
  return [...changed, ...(route.status?.step === 'proxy' ? [] : [noteInForce(name, mode.now)])]
}

const end = (seen: ServiceSeen, route: Route, mode: ModeContext): ServiceMode => {
  const { name, uid = '', deletionTimestamp } = route.metadata
  const intents: readonly Intent[] = mode.onlyFinal
    ? deletionTimestamp === undefined
      ? [{ kind: 'deleteRoute', name, uid }]
      : []
    : update(seen, route, mode)
  return {
    intents,
    done: false,
    waiting: {
      reason: 'LeavingProxyMode',
      what: `Service ${seen.service.metadata.name}: ${mode.onlyFinal ? 'its Route is removed' : 'the other versions stop'}`,
      ends: mode.onlyFinal ? 'ends when it is gone' : 'ends when their pods are gone',
      until: mode.now + RECHECK_MS,
    },
  }
}

/** As planServiceMode, for Services that sidecars split. */
export const planSidecarMode = (seen: ServiceSeen, want: 'serve' | 'proxy', mode: ModeContext): ServiceMode => {
  const { route } = seen
  if (want === 'serve') return route === undefined ? { intents: [], done: true } : end(seen, route, mode)
  if (route === undefined) return begin(seen, mode)
  return { intents: update(seen, route, mode), done: route.metadata.deletionTimestamp === undefined }
}
