/** What users, nodes and other controllers do to the world while the planner works; for random sequences. */
import fc from 'fast-check'
import type { Service } from '../../api/kubernetes.ts'
import { FRONTED_SERVICE_LABEL, PREFIX, SERVICE_NAME } from '../../api/names.ts'
import { writeDeployment } from '../simulate/apply.ts'
import { changeImage } from '../simulate/drive.ts'
import { bump, isPrivate, isReady, type World } from '../simulate/world.ts'
import { patchStatus } from './look.ts'

const PLAIN = ['abort', 'retry', 'promote', 'promote full', 'pause', 'resume', 'opt out', 'opt in', 'selector applied'] as const

const RARE = [
  'annotations wrong',
  'annotations right',
  'router none',
  'router auto',
  'service added',
  'service removed',
  'rollout deleted',
  'route deleted',
  'status lost',
  'deployment deleted',
  'replica set deleted',
] as const

export type Happening =
  | { readonly kind: 'image'; readonly image: string; readonly through: 'webhook' | 'past webhook' }
  | { readonly kind: 'scale'; readonly replicas: number }
  | { readonly kind: 'pod fails'; readonly which: number }
  | { readonly kind: 'router'; readonly which: number; readonly ready: boolean }
  | { readonly kind: (typeof PLAIN)[number] | (typeof RARE)[number] }

export type Moment = {
  readonly happening: Happening
  readonly passes: number
  /** The controller dies after so many intents of the first pass. */
  readonly upTo: number | undefined
  /** A router that hears nothing of the first passes. */
  readonly deaf: number | undefined
  readonly passMs: number
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('image' as const),
      image: fc.constantFrom('v1', 'v2', 'v3', 'bad', 'broken', 'unsure'),
      through: fc.constantFrom('webhook' as const, 'webhook' as const, 'webhook' as const, 'past webhook' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('scale' as const), replicas: fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 10) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pod fails' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('router' as const), which: fc.nat(1), ready: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom(...PLAIN, 'promote' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom(...RARE) }) },
)

export const moment: fc.Arbitrary<Moment> = fc.record({
  happening,
  passes: fc.constantFrom(1, 3, 12, 30, 45, 70),
  upTo: fc.option(fc.nat(6), { nil: undefined, freq: 3 }),
  deaf: fc.option(fc.nat(1), { nil: undefined, freq: 4 }),
  passMs: fc.constantFrom(100, 500, 500, 1500),
})

const annotate = (world: World, key: string, value: string | undefined): void => {
  const { deployment } = world
  if (!deployment) return
  const { [key]: _, ...rest } = deployment.metadata.annotations ?? {}
  const annotations = value === undefined ? rest : { ...rest, [key]: value }
  writeDeployment(world, { ...deployment, metadata: { ...deployment.metadata, annotations } })
}

const promote = (world: World): void => {
  const { pauseConditions = [], currentStepIndex = 0 } = world.rollout?.status ?? {}
  if (pauseConditions.length > 0) patchStatus(world, { pauseConditions: [] })
  else patchStatus(world, { currentStepIndex: currentStepIndex + 1 })
}

const setPaused = (world: World, paused: boolean): void => {
  if (world.rollout) world.rollout = bump(world, { ...world.rollout, spec: { ...world.rollout.spec, paused } })
}

/** GitOps applies the Service as it stands in Git. */
export const applySelector = (world: World): void => {
  world.services = world.services.map(service =>
    isPrivate(service) ? service : bump(world, { ...service, spec: { ...service.spec, selector: { app: 'web' } } }),
  )
}

const addService = (world: World): void => {
  const [first] = world.services
  if (first && !world.services.some(({ metadata }) => metadata.name === 'extra')) {
    const metadata = {
      name: 'extra',
      namespace: first.metadata.namespace ?? '',
      uid: `uid-extra-${world.counter}`,
      resourceVersion: '1',
    }
    world.services.push({ ...first, metadata, spec: { ...first.spec, selector: { app: 'web' } } })
  }
}

/** With everything that it owns. */
const removeService = (world: World, name: string): void => {
  const isOwn = (service: Service) => service.metadata.name === name || service.metadata.labels?.[FRONTED_SERVICE_LABEL] === name
  const gone = world.services.filter(isOwn).map(({ metadata }) => metadata.name)
  world.services = world.services.filter(service => !isOwn(service))
  world.routes = world.routes.filter(({ metadata }) => metadata.name !== name)
  world.slices = world.slices.filter(({ metadata }) => !gone.includes(metadata.labels?.[SERVICE_NAME] ?? ''))
}

const pod = (world: World, which: number): void => {
  const ready = world.pods.filter(each => isReady(world, each))
  const failing = ready[which % Math.max(1, ready.length)]
  if (failing) failing.readyAt = world.now + 3000
}

type Handlers = { readonly [K in Happening['kind']]: (world: World, what: Extract<Happening, { readonly kind: K }>) => void }

const handlers: Handlers = {
  image: (world, { image, through }) => changeImage(world, image, through),
  scale: (world, { replicas }) => {
    const { deployment } = world
    if (deployment) writeDeployment(world, { ...deployment, spec: { ...deployment.spec, replicas } })
  },
  'pod fails': (world, { which }) => pod(world, which),
  router: (world, { which, ready }) => {
    const router = world.routers[which]
    if (router) router.ready = ready
  },
  abort: world => patchStatus(world, { abort: true }),
  retry: world => patchStatus(world, { abort: false }),
  promote,
  'promote full': world => patchStatus(world, { promoteFull: true }),
  pause: world => setPaused(world, true),
  resume: world => setPaused(world, false),
  'opt out': world => annotate(world, `${PREFIX}strategy`, undefined),
  'opt in': world => annotate(world, `${PREFIX}strategy`, 'canary'),
  'selector applied': applySelector,
  'annotations wrong': world => annotate(world, `${PREFIX}sticky`, 'sometimes'),
  'annotations right': world => annotate(world, `${PREFIX}sticky`, undefined),
  'router none': world => annotate(world, `${PREFIX}router`, 'none'),
  'router auto': world => annotate(world, `${PREFIX}router`, 'auto'),
  'service added': addService,
  'service removed': world => removeService(world, 'extra'),
  'rollout deleted': world => {
    delete world.rollout
  },
  'replica set deleted': world => {
    const rs = world.replicaSets.at(-1)
    world.replicaSets = world.replicaSets.filter(other => other !== rs)
    world.pods = world.pods.filter(({ replicaSet }) => replicaSet !== rs?.metadata.name)
  },
  // With everything that it owns.
  'deployment deleted': world => {
    delete world.deployment
    delete world.rollout
    world.replicaSets = []
    world.pods = []
    world.runs = []
  },
  'route deleted': world => {
    world.routes = world.routes.slice(1)
  },
  'status lost': world => {
    if (world.rollout) world.rollout = bump(world, { ...world.rollout, status: {} })
  },
}

/** After these the Service or the pods are for a while not as the planner left them. */
const TAINTING: readonly Happening['kind'][] = [
  'selector applied',
  'service added',
  'route deleted',
  'router none',
  'router auto',
  'promote full',
  'rollout deleted',
  'status lost',
  'replica set deleted',
]

export const happen = (world: World, what: Happening): void => {
  const isOptedIn = world.deployment?.metadata.annotations?.[`${PREFIX}strategy`] !== undefined
  const isBehind = what.kind === 'image' && (what.through === 'past webhook' || !isOptedIn)
  if (isBehind) world.nativeAtWork = true
  if (isBehind || TAINTING.includes(what.kind)) world.tainted = true
  const handle = handlers[what.kind] as (world: World, what: Happening) => void
  handle(world, what)
}
