/** Entering and leaving proxy mode step by step, and turning round at each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, Service } from '../../api/kubernetes.ts'
import {
  MANAGED_BY_SLICE,
  NATIVE_SLICE_CONTROLLER,
  SERVICE_NAME,
  SKIP_MIRROR,
  SLICE_ROLE,
  SLUICE_SLICE_CONTROLLER,
} from '../../api/names.ts'
import type { Route, RouterEndpoints } from '../../api/route.ts'
import type { Intent } from '../intents.ts'
import type { RouterSeen, ServiceSeen } from '../seen.ts'
import { timestamp } from '../time.ts'
import { planServiceMode } from './index.ts'
import { preflight } from './preflight.ts'
import { nativeReady, ROUTE_VERSION } from './slices.ts'
import type { ModeContext, StepName } from './step.ts'

const NOW = Date.UTC(2026, 10, 24, 9, 0, 0)
const BACKENDS = [{ role: 'stable', hash: 'aaa', service: 'web-aaa', weight: 100 }] as const

const service = (change: Partial<Service['spec']> = {}, metadata: Partial<Service['metadata']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', ...metadata },
  spec: { clusterIP: '10.0.0.1', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...change },
})

const DETACHED = service({}, { annotations: { 'sluice.dev/selector': '{"app":"web"}' }, labels: { [SKIP_MIRROR]: 'true' } })
const detached: Service = (() => {
  const { selector: _, ...spec } = DETACHED.spec
  return { ...DETACHED, spec }
})()

const slice = (manager: string, addresses: readonly string[], version = 1): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `web-${manager}`,
    uid: `u-${manager}`,
    labels: { [SERVICE_NAME]: 'web', [MANAGED_BY_SLICE]: manager, [SLICE_ROLE]: 'router' },
    annotations: { [ROUTE_VERSION]: String(version) },
  },
  addressType: 'IPv4',
  ports: [],
  endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
})
const native = slice(NATIVE_SLICE_CONTROLLER, ['1.1.1.1', '1.1.1.2'])
const ours = slice(SLUICE_SLICE_CONTROLLER, ['2.2.2.1'])
const lastResort: EndpointSlice = {
  ...ours,
  endpoints: [{ addresses: ['1.1.1.1'], conditions: { ready: false, serving: true, terminating: true } }],
}

const route = (endpoints: RouterEndpoints, step: StepName | undefined, sinceMs = 0): Route => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Route',
  metadata: { name: 'web', namespace: 'shop', uid: 'r1', resourceVersion: '9' },
  spec: {
    service: 'web',
    deployment: 'web',
    version: 1,
    endpoints,
    ports: [{ name: 'http', port: 80, listenPort: 20001, protocol: 'http' }],
    backends: BACKENDS,
  },
  ...(step && { status: { step, since: timestamp(NOW - sinceMs) } }),
})

const router = (version = 1, upstreams = 1, connections = 0): RouterSeen => ({
  name: 'router-1',
  ready: true,
  report: {
    router: 'router-1',
    draining: false,
    routes: { 'shop/web': { version, listening: true, upstreams: { aaa: upstreams }, inFlight: {}, connections } },
  },
})

const privateService = (): ModeContext['backends'][number] => ({
  service: service({ clusterIP: 'None', selector: { app: 'web', 'pod-template-hash': 'aaa' } }, { name: 'web-aaa', uid: 'u2' }),
  frontedService: 'web',
  hash: 'aaa',
  readyEndpoints: 2,
  endpoints: 2,
})

const mode = (change: Partial<ModeContext> = {}): ModeContext => ({
  now: NOW,
  deployment: 'web',
  settings: { propagationMs: 2000, maxDrainMs: 10_000, probes: 5 },
  routers: [router()],
  stableHash: 'aaa',
  podLabels: { app: 'web' },
  podPrefixes: ['web-rs-'],
  wish: { backends: BACKENDS },
  onlyFinal: true,
  backends: [privateService()],
  hashes: ['aaa'],
  listenPorts: { taken: new Set(), contested: new Set() },
  ...change,
})

const kinds = (intents: readonly Intent[]): readonly string[] =>
  intents.map(intent => (intent.kind === 'setRouteStatus' ? `step ${intent.status.step}` : intent.kind))

type Row = {
  readonly name: string
  readonly seen: ServiceSeen
  readonly want: 'serve' | 'proxy'
  readonly mode?: Partial<ModeContext>
  readonly does: readonly string[]
  readonly done?: boolean
}

const probe = (step: string, answeredByRouter: number) => ({ probe: { routeVersion: 1, step, asked: 5, answeredByRouter } })
const LABELLED = service({}, { labels: { [SKIP_MIRROR]: 'true' } })
const MIRROR_OFF = { endpointsLabels: { [SKIP_MIRROR]: 'true' } }

const rows: readonly Row[] = [
  {
    name: 'nothing is done to a Service that is to serve and does',
    seen: { service: service(), slices: [native] },
    want: 'serve',
    mode: { backends: [] },
    does: [],
    done: true,
  },
  {
    name: 'entering starts with private Services and a Route that no client is led to yet',
    seen: { service: service(), slices: [native] },
    want: 'proxy',
    mode: { backends: [] },
    does: ['createService', 'createRoute', 'step router-ack'],
  },
  {
    name: 'slices of an earlier update go before a new Route is made',
    seen: { service: service(), slices: [native, ours] },
    want: 'proxy',
    does: ['deleteSlice'],
  },
  {
    name: 'the routers must have acknowledged the Route',
    seen: { service: service(), slices: [native], route: route('none', 'router-ack') },
    want: 'proxy',
    mode: { routers: [router(0)] },
    does: ['step router-ack'],
  },
  {
    name: 'and know a ready pod of the stable version',
    seen: { service: service(), slices: [native], route: route('none', 'router-ack') },
    want: 'proxy',
    mode: { routers: [router(1, 0)] },
    does: ['step router-ack'],
  },
  {
    name: 'and there must be one',
    seen: { service: service(), slices: [native], route: route('none', 'router-ack') },
    want: 'proxy',
    mode: { routers: [] },
    does: ['step router-ack'],
  },
  {
    name: 'then they are published beside the pods',
    seen: { service: service(), slices: [native], route: route('none', 'router-ack') },
    want: 'proxy',
    does: ['updateRoute', 'step publish'],
  },
  {
    name: 'then the service proxies get time',
    seen: { service: service(), slices: [native, ours], route: route('ready', 'publish') },
    want: 'proxy',
    does: ['step propagate'],
  },
  {
    name: 'after which a probe must reach a router',
    seen: { service: service(), slices: [native, ours], route: route('ready', 'propagate', 2000) },
    want: 'proxy',
    does: ['step propagate', 'probe'],
  },
  {
    name: 'but with session affinity the prober may be kept on a pod: then only the time counts',
    seen: {
      service: service({ sessionAffinity: 'ClientIP' }),
      slices: [native, ours],
      route: route('ready', 'propagate', 2000),
      endpointsLabels: {},
    },
    want: 'proxy',
    does: ['step skip-mirror', 'patchService'],
  },
  {
    name: 'then the Endpoints are taken out of the mirror',
    seen: {
      service: service(),
      slices: [native, ours],
      route: route('ready', 'propagate', 2000),
      ...probe('propagate', 1),
      endpointsLabels: {},
    },
    want: 'proxy',
    does: ['step skip-mirror', 'patchService'],
  },
  {
    name: 'which must be seen on the Endpoints themselves',
    seen: { service: LABELLED, slices: [native, ours], route: route('ready', 'skip-mirror'), endpointsLabels: {} },
    want: 'proxy',
    does: ['step skip-mirror'],
  },
  {
    name: 'then the selector goes',
    seen: { service: LABELLED, slices: [native, ours], route: route('ready', 'skip-mirror'), ...MIRROR_OFF },
    want: 'proxy',
    does: ['step detach', 'patchService'],
  },
  {
    name: 'but not while our slices lead nowhere: the pods are all that clients have',
    seen: { service: LABELLED, slices: [native], route: route('ready', 'skip-mirror'), ...MIRROR_OFF },
    want: 'proxy',
    does: ['step publish'],
  },
  {
    name: 'nor do the last endpoints of a Service without a selector go',
    seen: { service: detached, slices: [native, slice(SLUICE_SLICE_CONTROLLER, [])], route: route('ready', 'detach') },
    want: 'proxy',
    does: ['step clean-slices'],
  },
  {
    name: 'the pods that take over from dead routers are enough to go to',
    seen: { service: detached, slices: [native, lastResort], route: route('ready', 'detach') },
    want: 'proxy',
    does: ['step clean-slices', 'deleteSlice'],
  },
  {
    name: 'then the native slices',
    seen: { service: detached, slices: [native, ours], route: route('ready', 'detach') },
    want: 'proxy',
    does: ['step clean-slices', 'deleteSlice'],
  },
  {
    name: 'then every probe must be answered by a router',
    seen: { service: detached, slices: [ours], route: route('ready', 'clean-slices') },
    want: 'proxy',
    does: ['step probe-1', 'probe'],
  },
  {
    name: 'a probe that a pod answered is not enough',
    seen: { service: detached, slices: [ours], route: route('ready', 'probe-1'), ...probe('probe-1', 4) },
    want: 'proxy',
    does: ['step probe-1', 'probe'],
  },
  {
    name: 'twice',
    seen: { service: detached, slices: [ours], route: route('ready', 'probe-1'), ...probe('probe-1', 5) },
    want: 'proxy',
    does: ['step probe-2', 'probe'],
  },
  {
    name: 'then the Service is in proxy mode',
    seen: { service: detached, slices: [ours], route: route('ready', 'probe-2'), ...probe('probe-2', 5) },
    want: 'proxy',
    does: ['step proxy'],
    done: true,
  },
  {
    name: 'a selector that an apply puts back goes again',
    seen: { service: DETACHED, slices: [ours, native], route: route('ready', 'proxy') },
    want: 'proxy',
    does: ['step detach', 'patchService'],
  },
  {
    name: 'so does a native slice that comes late',
    seen: { service: detached, slices: [ours, native], route: route('ready', 'proxy') },
    want: 'proxy',
    does: ['step clean-slices', 'deleteSlice'],
  },
  {
    name: 'a Route that somebody deleted under a detached Service is made again, with the routers published at once',
    seen: { service: detached, slices: [ours] },
    want: 'proxy',
    does: ['createRoute', 'step router-ack'],
  },
  {
    name: 'leaving waits until no other version has pods',
    seen: { service: detached, slices: [ours], route: route('ready', 'proxy') },
    want: 'serve',
    mode: { onlyFinal: false },
    does: ['step final-weight'],
  },
  {
    name: 'and takes a selector away again that an apply puts back meanwhile',
    seen: { service: DETACHED, slices: [ours], route: route('ready', 'final-weight') },
    want: 'serve',
    mode: { onlyFinal: false },
    does: ['step final-weight', 'patchService'],
  },
  {
    name: 'then the selector comes back',
    seen: { service: detached, slices: [ours], route: route('ready', 'final-weight') },
    want: 'serve',
    does: ['step attach', 'patchService'],
  },
  {
    name: 'but not while a router sends by an older Route',
    seen: { service: detached, slices: [ours], route: route('ready', 'final-weight') },
    want: 'serve',
    mode: { routers: [router(0)] },
    does: ['step final-weight'],
  },
  {
    name: 'then all ready pods must be published',
    seen: { service: LABELLED, slices: [ours], route: route('ready', 'attach') },
    want: 'serve',
    does: ['step native-endpoints'],
  },
  {
    name: 'then the service proxies get time for the pods',
    seen: { service: LABELLED, slices: [ours, native], route: route('ready', 'native-endpoints') },
    want: 'serve',
    does: ['step native-propagate'],
  },
  {
    name: 'then the routers step back',
    seen: { service: LABELLED, slices: [ours, native], route: route('ready', 'native-propagate', 2000) },
    want: 'serve',
    does: ['updateRoute', 'step drain-publish'],
  },
  {
    name: 'connections get time to end',
    seen: { service: LABELLED, slices: [native, slice(SLUICE_SLICE_CONTROLLER, [])], route: route('draining', 'drain', 3000) },
    want: 'serve',
    mode: { routers: [router(1, 1, 3)] },
    does: ['step drain'],
  },
  {
    name: 'but not for ever',
    seen: { service: LABELLED, slices: [native], route: route('draining', 'drain', 10_000) },
    want: 'serve',
    mode: { routers: [router(1, 1, 3)] },
    does: ['step remove', 'deleteRoute'],
  },
  {
    name: 'at last everything of Sluice goes',
    seen: { service: LABELLED, slices: [native, ours] },
    want: 'serve',
    does: ['patchService', 'deleteSlice', 'deleteService'],
  },
  {
    name: 'turning round before anything was published takes the Route away',
    seen: { service: service(), slices: [native], route: route('none', 'router-ack') },
    want: 'serve',
    does: ['step remove', 'deleteRoute'],
  },
  {
    name: 'turning round before the selector went lets the routers drain',
    seen: { service: LABELLED, slices: [native, ours], route: route('ready', 'skip-mirror') },
    want: 'serve',
    does: ['step native-propagate'],
  },
  {
    name: 'turning round after it went goes the whole way back',
    seen: { service: detached, slices: [ours], route: route('ready', 'probe-1') },
    want: 'serve',
    does: ['step attach', 'patchService'],
  },
  {
    name: 'turning round while still detached proves the path again',
    seen: { service: detached, slices: [ours], route: route('ready', 'final-weight') },
    want: 'proxy',
    does: ['step probe-1', 'probe'],
  },
  {
    name: 'turning round after the selector came back gives the service proxies time again',
    seen: { service: LABELLED, slices: [native, ours], route: route('ready', 'native-propagate') },
    want: 'proxy',
    does: ['step propagate'],
  },
  {
    name: 'turning round while draining publishes the routers again',
    seen: { service: LABELLED, slices: [native, slice(SLUICE_SLICE_CONTROLLER, [])], route: route('draining', 'drain') },
    want: 'proxy',
    does: ['updateRoute', 'step publish'],
  },
  {
    name: 'with a lost note the earliest step that fits is taken',
    seen: { service: detached, slices: [ours], route: route('ready', undefined) },
    want: 'proxy',
    does: ['step probe-1', 'probe'],
  },
]

for (const row of rows) {
  test(row.name, () => {
    const planned = planServiceMode(row.seen, row.want, mode(row.mode))
    const does = row.does.filter(
      what =>
        !what.startsWith('step ') ||
        what !== `step ${row.seen.route?.status?.step}` ||
        planned.intents.some(intent => intent.kind === 'setRouteStatus'),
    )
    assert.deepEqual(kinds(planned.intents), does)
    assert.equal(planned.done, row.done ?? false)
    if (!planned.done && row.seen.route)
      assert.match(`${planned.waiting?.what}; ${planned.waiting?.ends}`, /^Service web .*; ends /)
  })
}

test('the selector goes and comes back in a patch that tests the resourceVersion', () => {
  const planned = planServiceMode(
    { service: LABELLED, slices: [native, ours], route: route('ready', 'skip-mirror'), ...MIRROR_OFF },
    'proxy',
    mode(),
  )
  const patch = planned.intents.flatMap(intent => (intent.kind === 'patchService' ? intent.patch : []))
  assert.deepEqual(patch[0], { op: 'test', path: '/metadata/resourceVersion', value: '7' })
  assert.ok(patch.some(({ op, path }) => op === 'remove' && path === '/spec/selector'))
})

test('a Service whose note was spoiled gets the selector of its private Service back', () => {
  const spoiled: Service = { ...detached, metadata: { ...detached.metadata, annotations: { 'sluice.dev/selector': '{' } } }
  const planned = planServiceMode({ service: spoiled, slices: [ours], route: route('ready', 'attach') }, 'serve', mode())
  const patch = planned.intents.flatMap(intent => (intent.kind === 'patchService' ? intent.patch : []))
  assert.deepEqual(patch.at(-1), { op: 'add', path: '/spec/selector', value: { app: 'web' } })
})

const refusals: readonly (readonly [name: string, service: Service, says: RegExp])[] = [
  ['ExternalName', service({ type: 'ExternalName' }), /ExternalName/],
  ['headless', service({ clusterIP: 'None' }), /headless/],
  [
    'externalTrafficPolicy Local',
    service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
    /externalTrafficPolicy Local/,
  ],
  ['internalTrafficPolicy Local', service({ internalTrafficPolicy: 'Local' }), /internalTrafficPolicy Local/],
  ['no TCP port', service({ ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] }), /no TCP port/],
  ['a selector for other pods', service({ selector: { app: 'other' } }), /does not select/],
]
for (const [name, refused, says] of refusals) {
  test(`a Service is refused with what to do about it: ${name}`, () => {
    const problem = preflight({ service: refused, slices: [] }, mode())
    assert.match(problem ?? '', says)
    assert.match(problem ?? '', /sluice\.dev\/services/)
  })
}

test('a Service that also leads to pods of another workload is refused', () => {
  const other = { ...native, endpoints: [{ addresses: ['1.1.1.9'], targetRef: { kind: 'Pod', name: 'worker-1' } }] }
  assert.match(preflight({ service: service(), slices: [other] }, mode()) ?? '', /also selects pod worker-1/)
})

test('a private Service is of the same address families', () => {
  const dual = service({ ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' })
  const { intents } = planServiceMode({ service: dual, slices: [native] }, 'proxy', mode({ backends: [] }))
  const made = intents.flatMap(intent => (intent.kind === 'createService' ? [intent.service.spec] : []))
  assert.deepEqual(
    made.map(({ ipFamilies, ipFamilyPolicy }) => [ipFamilies, ipFamilyPolicy]),
    [[['IPv4', 'IPv6'], 'RequireDualStack']],
  )
})

test('pods of a dual-stack Service count once, though each stands in a slice of each family', () => {
  const both = (['10.0.0.1', 'fd00::1'] as const).map(
    (address, i): EndpointSlice => ({
      ...native,
      metadata: { ...native.metadata, name: `web-${i}` },
      endpoints: [{ addresses: [address], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'web-rs-a', uid: 'p1' } }],
    }),
  )
  assert.equal(nativeReady({ service: service(), slices: both }), 1)
})

test('a Service whose load balancer reads pods itself is refused, one whose load balancer takes nodes is not', () => {
  const balanced = (annotations: { readonly [key: string]: string }) =>
    preflight({ service: service({ type: 'LoadBalancer' }, { annotations }), slices: [] }, mode())
  const nlb = 'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type'
  assert.match(balanced({ [nlb]: 'ip' }) ?? '', /takes pods of its own namespace only .*nlb-target-type: ip/)
  assert.match(balanced({ 'cloud.google.com/neg': '{"exposed_ports": {"80":{}}}' }) ?? '', /takes pods/)
  assert.equal(balanced({ [nlb]: 'instance' }), undefined)
  assert.equal(balanced({ 'cloud.google.com/neg': '{"ingress": false}' }), undefined)
  assert.equal(balanced({}), undefined)
})

test('a private Service asks for the zones that its Service asks for, and stops when that does', () => {
  const asking = service({ trafficDistribution: 'PreferSameZone' })
  const patches = (fronted: Service, backends: ModeContext['backends']) =>
    planServiceMode({ service: fronted, slices: [native] }, 'proxy', mode({ backends })).intents.flatMap(intent => {
      if (intent.kind === 'createService') return [intent.service.spec['trafficDistribution']]
      return intent.kind === 'patchService' ? intent.patch.filter(({ path }) => path.endsWith('Distribution')) : []
    })
  assert.deepEqual(patches(asking, []), ['PreferSameZone'])
  const path = '/spec/trafficDistribution'
  assert.deepEqual(patches(asking, [privateService()]), [{ op: 'add', path, value: 'PreferSameZone' }])
  const { service: made, ...rest } = privateService()
  const kept = { ...rest, service: { ...made, spec: { ...made.spec, trafficDistribution: 'PreferSameZone' } } }
  assert.deepEqual(patches(asking, [kept]), [])
  assert.deepEqual(patches(service(), [kept]), [{ op: 'remove', path }])
})
