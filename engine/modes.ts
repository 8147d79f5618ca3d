/** All fronted Services at once: serve or proxy mode, and what their Routes say. */
import { pointer } from '../api/json-patch.ts'
import type { Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL } from '../api/names.ts'
import type { Context } from './context.ts'
import type { Desired } from './desired.ts'
import type { Intent } from './intents.ts'
import {
  type BackendVersion,
  makeBackends,
  makeHeaderRoutes,
  makeMirrorRoutes,
  makePorts,
  makeSticky,
  makeTimeouts,
  type Ports,
  type RouteWish,
} from './make-route.ts'
import type { ServiceSeen } from './seen.ts'
import { planServiceMode } from './service-mode/index.ts'
import { guarded } from './service-mode/patch.ts'
import type { ModeContext } from './service-mode/step.ts'
import type { Waiting } from './waiting.ts'
import type { Weights } from './weights.ts'

export type ModesWish = {
  readonly want: 'serve' | 'proxy'
  readonly backends: readonly BackendVersion[]
  readonly weights: Weights
  /** Header and mirror routes, to this version; absent: none. */
  readonly special?: { readonly desired: Desired; readonly hash: string }
  readonly onlyFinal: boolean
}

export type Modes = { readonly intents: readonly Intent[]; readonly done: boolean; readonly waits: readonly Waiting[] }

const makeWish = ({ metadata, spec }: Service, { config }: Context, wish: ModesWish): RouteWish => {
  const { special } = wish
  const headerRoutes = special ? makeHeaderRoutes(special.desired.headerRoutes, special.hash) : []
  const mirrorRoutes = special ? makeMirrorRoutes(special.desired.mirrorRoutes, special.hash) : []
  // The service proxies pin a client to a router then, which must pin it to a version and a pod.
  const isPinned = spec.sessionAffinity === 'ClientIP'
  const sticky = makeSticky(config.sticky) ?? (isPinned ? { by: 'ip' as const } : undefined)
  const timeouts = makeTimeouts(config.timeouts)
  return {
    backends: makeBackends(metadata.name, wish.backends, wish.weights),
    ...(headerRoutes.length > 0 && { headerRoutes }),
    ...(mirrorRoutes.length > 0 && { mirrorRoutes }),
    ...(sticky && { sticky }),
    ...(timeouts && { timeouts }),
    ...(isPinned && { affinity: 'client-ip' as const }),
  }
}

const modeContext = (context: Context, { service }: ServiceSeen, wish: ModesWish, listenPorts: Ports): ModeContext => {
  const { seen, now, deployment } = context
  const { name } = service.metadata
  return {
    now,
    placement: context.placement,
    deployment: seen.name,
    settings: seen.settings,
    routers: seen.routers,
    stableHash: wish.backends.find(({ role }) => role === 'stable')?.hash ?? '',
    podLabels: deployment.spec.template.metadata?.labels ?? {},
    podPrefixes: seen.replicaSets.map(({ metadata }) => `${metadata.name}-`),
    template: deployment.spec.template,
    ...(seen.surroundings && { surroundings: seen.surroundings }),
    wish: makeWish(service, context, wish),
    onlyFinal: wish.onlyFinal,
    backends: seen.backends.filter(({ frontedService }) => frontedService === name),
    hashes: wish.backends.map(({ hash }) => hash),
    listenPorts,
  }
}

/** The label by which the router and the controller find the Services of a Deployment. */
export const labelService = ({ service }: ServiceSeen, name: string): readonly Intent[] => {
  const { labels, name: serviceName } = service.metadata
  if (labels?.[DEPLOYMENT_LABEL] === name) return []
  const path = labels === undefined ? '/metadata/labels' : pointer('metadata', 'labels', DEPLOYMENT_LABEL)
  const value = labels === undefined ? { [DEPLOYMENT_LABEL]: name } : name
  return [
    {
      kind: 'patchService',
      name: serviceName,
      patch: guarded(service, [{ op: 'add', path, value }]),
      why: `it fronts the pods of ${name}`,
    },
  ]
}

export const unlabelService = ({ service }: ServiceSeen, name: string): readonly Intent[] =>
  service.metadata.labels?.[DEPLOYMENT_LABEL] !== name
    ? []
    : [
        {
          kind: 'patchService',
          name: service.metadata.name,
          patch: guarded(service, [{ op: 'remove', path: pointer('metadata', 'labels', DEPLOYMENT_LABEL) }]),
          why: 'it does not front an opted-in Deployment any more',
        },
      ]

/** A label first, the mode with the next look: two patches of one object in a pass would contradict each other's resourceVersion. */
const planFronting = (context: Context, service: ServiceSeen, wish: ModesWish, ports: Ports) => {
  const label = labelService(service, context.seen.name)
  if (label.length > 0) return { intents: label, done: false }
  return planServiceMode(service, wish.want, modeContext(context, service, wish, ports))
}

const NO_PORTS: Ports = { taken: new Set(), contested: new Set() }

const planStray = (context: Context, service: ServiceSeen, wish: ModesWish) => {
  const mode = modeContext(context, service, { ...wish, onlyFinal: true }, NO_PORTS)
  const left = planServiceMode(service, 'serve', mode)
  return left.done ? { intents: unlabelService(service, context.seen.name), done: true } : left
}

/** The next step of every Service; `done` when all are where they should be. */
export const planModes = (context: Context, wish: ModesWish): Modes => {
  const { takenPorts } = context.seen
  const taken = new Set(takenPorts)
  const ports = { taken, contested: new Set(takenPorts.filter((port, i) => takenPorts.indexOf(port) !== i)) }
  const fronting = context.fronting.map(service => {
    const planned = planFronting(context, service, wish, ports)
    if (service.route === undefined) for (const { listenPort } of makePorts(service, ports)) taken.add(listenPort)
    return planned
  })
  const all = [...fronting, ...context.strays.map(service => planStray(context, service, wish))]
  const missing: readonly Waiting[] = context.missingServices.map(name => ({
    reason: 'ServiceRefused',
    what: `Service ${name} of the annotation sluice.dev/services is not in namespace ${context.seen.namespace}`,
    ends: 'ends when it is there, or taken out of the annotation',
  }))
  return {
    intents: all.flatMap(({ intents }) => intents),
    done: all.every(({ done }) => done) && (wish.want === 'serve' || missing.length === 0),
    waits: [...missing, ...all.flatMap(planned => ('waiting' in planned && planned.waiting ? [planned.waiting] : []))],
  }
}
