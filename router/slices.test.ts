import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, Pod } from '../api/kubernetes.ts'
import { MANAGED_BY_SLICE, SERVICE_NAME, SLICE_ROLE } from '../api/names.ts'
import type { RouteSpec } from '../api/route.ts'
import { failOpenService, planSlices, ROUTE_VERSION, renderSlices } from './slices.ts'
import { anEndpoint, aRoute, aRouterPod, aSlice, canaryAt } from './testing/objects.ts'

const ROUTERS = [aRouterPod('router-b', '10.1.0.2'), aRouterPod('router-a', '10.1.0.1')]
const STABLE = [aSlice('web-v1', [anEndpoint('10.0.0.1'), anEndpoint('10.0.0.2')])]
const DUAL_STABLE: EndpointSlice[] = [
  aSlice('web-v1', [anEndpoint('10.0.0.1')]),
  { ...aSlice('web-v1', [anEndpoint('fd00::11')], { suffix: 'six' }), addressType: 'IPv6' },
]
const aDualRouter: Pod = {
  ...aRouterPod('dual', '10.1.0.9'),
  spec: { containers: [{ name: 'router', env: [{ name: 'POD_IPS' }] }] },
  status: { ...aRouterPod('dual', '10.1.0.9').status, podIPs: [{ ip: '10.1.0.9' }, { ip: 'fd00::9' }] },
}
const render = (spec: Partial<RouteSpec> = {}, routers = ROUTERS, stable = STABLE) => renderSlices(aRoute(spec), routers, stable)
/** `NAME ADDRESS=CONDITIONS ... | PORT:NUMBER ...` with R for ready, S for serving, T for terminating. */
const shown = ({ metadata, endpoints, ports }: EndpointSlice): string => {
  const letters = ({
    ready,
    serving,
    terminating,
  }: {
    ready?: boolean | null
    serving?: boolean | null
    terminating?: boolean | null
  } = {}) => `${ready ? 'R' : ''}${serving ? 'S' : ''}${terminating ? 'T' : ''}`
  const places = (endpoints ?? []).map(({ addresses, conditions }) => `${addresses[0]}=${letters(conditions ?? {})}`)
  return [metadata.name, ...places, '|', ...(ports ?? []).map(({ name, port, protocol }) => `${name}:${port}/${protocol}`)].join(
    ' ',
  )
}

const TABLE: readonly { readonly name: string; readonly got: readonly EndpointSlice[]; readonly want: readonly string[] }[] = [
  { name: 'none', got: render({ endpoints: 'none' }), want: [] },
  {
    name: 'ready: routers take new connections, stable pods stand by',
    got: render(),
    want: [
      'web-sluice-router 10.1.0.1=RS 10.1.0.2=RS | http:20001/TCP',
      'web-sluice-fail-open 10.0.0.1=ST 10.0.0.2=ST | http:8080/TCP',
    ],
  },
  {
    name: 'draining: routers only keep what they have',
    got: render({ endpoints: 'draining' }),
    want: [
      'web-sluice-router 10.1.0.1=ST 10.1.0.2=ST | http:20001/TCP',
      'web-sluice-fail-open 10.0.0.1=ST 10.0.0.2=ST | http:8080/TCP',
    ],
  },
  {
    name: 'routers that are not ready, are terminating or have no address are left out',
    got: render({}, [
      aRouterPod('a', '10.1.0.1', { ready: false }),
      aRouterPod('b', '10.1.0.2', { deleted: true }),
      aRouterPod('c', ''),
      aRouterPod('d', '10.1.0.4'),
    ]),
    want: ['web-sluice-router 10.1.0.4=RS | http:20001/TCP', 'web-sluice-fail-open 10.0.0.1=ST 10.0.0.2=ST | http:8080/TCP'],
  },
  {
    name: 'no router at all: an empty slice stands for them',
    got: render({}, []),
    want: ['web-sluice-router | http:20001/TCP', 'web-sluice-fail-open 10.0.0.1=ST 10.0.0.2=ST | http:8080/TCP'],
  },
  {
    name: 'stable pods that are not ready do not stand by',
    got: render({}, ROUTERS.slice(0, 1), [
      aSlice('web-v1', [anEndpoint('10.0.0.1', { ready: false, serving: false }), anEndpoint('10.0.0.2', { ready: null })]),
    ]),
    want: ['web-sluice-router 10.1.0.2=RS | http:20001/TCP', 'web-sluice-fail-open 10.0.0.2=ST | http:8080/TCP'],
  },
  {
    name: 'no stable slice: an empty one stands for it',
    got: render({}, [], []),
    want: ['web-sluice-router | http:20001/TCP', 'web-sluice-fail-open |'],
  },
  {
    name: 'several ports, an unnamed one, and stable pods in two slices with port numbers of their own',
    got: render(
      {
        ports: [
          { port: 80, listenPort: 20001, protocol: 'http' },
          { name: 'admin', port: 81, listenPort: 20002, protocol: 'tcp' },
        ],
      },
      ROUTERS.slice(0, 1),
      [
        {
          ...aSlice('web-v1', [anEndpoint('10.0.0.2')], { suffix: 'b' }),
          ports: [
            { name: '', port: 8080 },
            { name: 'admin', port: 9091, protocol: 'TCP' },
          ],
        },
        {
          ...aSlice('web-v1', [anEndpoint('10.0.0.1')], { suffix: 'a' }),
          ports: [
            { name: null, port: 8000 },
            { name: 'metrics', port: 9999, protocol: 'TCP' },
          ],
        },
      ],
    ),
    want: [
      'web-sluice-router 10.1.0.2=RS | :20001/TCP admin:20002/TCP',
      'web-sluice-fail-open 10.0.0.1=ST | :8000/TCP',
      'web-sluice-fail-open-2 10.0.0.2=ST | :8080/TCP admin:9091/TCP',
    ],
  },
  {
    name: 'ports that do not go through the routers lead to the stable pods as they are',
    got: render({ passThrough: [{ name: 'dns', port: 53, protocol: 'UDP' }] }, ROUTERS.slice(0, 1), [
      {
        ...aSlice('web-v1', [anEndpoint('10.0.0.1'), anEndpoint('10.0.0.2', { ready: false, serving: true, terminating: true })]),
        ports: [
          { name: 'http', port: 8080, protocol: 'TCP' },
          { name: 'dns', port: 5353, protocol: 'UDP' },
        ],
      },
    ]),
    want: [
      'web-sluice-router 10.1.0.2=RS | http:20001/TCP',
      'web-sluice-fail-open 10.0.0.1=ST | http:8080/TCP',
      'web-sluice-pass-through 10.0.0.1=RS 10.0.0.2=ST | dns:5353/UDP',
    ],
  },
  {
    name: 'routers of both address families get a slice each',
    got: render({}, [aRouterPod('a', 'fd00::1'), aRouterPod('b', '10.1.0.2')], DUAL_STABLE),
    want: [
      'web-sluice-router fd00::1=RS | http:20001/TCP',
      'web-sluice-router-2 10.1.0.2=RS | http:20001/TCP',
      'web-sluice-fail-open 10.0.0.1=ST | http:8080/TCP',
      'web-sluice-fail-open-2 fd00::11=ST | http:8080/TCP',
    ],
  },
  {
    name: 'a router that listens on both addresses of its pod stands in a slice of each family',
    got: render({}, [aDualRouter], DUAL_STABLE),
    want: [
      'web-sluice-router 10.1.0.9=RS | http:20001/TCP',
      'web-sluice-router-2 fd00::9=RS | http:20001/TCP',
      'web-sluice-fail-open 10.0.0.1=ST | http:8080/TCP',
      'web-sluice-fail-open-2 fd00::11=ST | http:8080/TCP',
    ],
  },
  {
    name: 'in the families of the Service only',
    got: render({}, [aDualRouter]),
    want: ['web-sluice-router 10.1.0.9=RS | http:20001/TCP', 'web-sluice-fail-open 10.0.0.1=ST 10.0.0.2=ST | http:8080/TCP'],
  },
  {
    name: 'a router that was not told its other address does not listen on it',
    got: render({}, [{ ...aDualRouter, spec: { containers: [{ name: 'router' }] } }], DUAL_STABLE).slice(0, 1),
    want: ['web-sluice-router 10.1.0.9=RS | http:20001/TCP'],
  },
]

for (const { name, got, want } of TABLE) {
  test(`slices of a Route: ${name}`, () => assert.deepEqual(got.map(shown), want))
}

test('every slice says whose it is, who keeps it and which version of the Route it renders', () => {
  for (const { metadata } of render({ version: 12, passThrough: [{ name: 'x', port: 1, protocol: 'UDP' }] })) {
    assert.equal(metadata.namespace, 'shop')
    assert.equal(metadata.labels?.[SERVICE_NAME], 'web')
    assert.equal(metadata.labels?.[MANAGED_BY_SLICE], 'sluice.dev')
    assert.equal(metadata.name.includes(metadata.labels?.[SLICE_ROLE] ?? '?'), true)
    assert.equal(metadata.annotations?.[ROUTE_VERSION], '12')
    assert.deepEqual(metadata.ownerReferences, [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'web-uid' }])
  }
})

test('endpoints of routers name their pod and node', () => {
  const [endpoint] = render({}, [aRouterPod('router-a', '10.1.0.1')])[0]?.endpoints ?? []
  assert.deepEqual(
    [endpoint?.nodeName, endpoint?.targetRef],
    ['node-1', { kind: 'Pod', namespace: 'sluice-system', name: 'router-a', uid: 'router-a-uid' }],
  )
})

test('stable stands by, unless it has no pod any more and another version has all the traffic', () => {
  const [promoted, onTrial] = [aRoute({ backends: canaryAt(100) }), aRoute({ backends: canaryAt(50) })]
  const onlyV2 = (service: string) => service === 'web-v2'
  assert.equal(
    failOpenService(promoted, () => true),
    'web-v1',
  )
  assert.equal(failOpenService(promoted, onlyV2), 'web-v2')
  assert.equal(failOpenService(onTrial, onlyV2), 'web-v1')
  assert.equal(
    failOpenService(promoted, () => false),
    'web-v1',
  )
})

const stored = (slices: readonly EndpointSlice[]): EndpointSlice[] =>
  slices.map(slice => ({
    ...slice,
    metadata: {
      ...slice.metadata,
      uid: 'u',
      resourceVersion: '5',
      labels: { ...slice.metadata.labels, 'other.example/label': 'x' },
      annotations: { ...slice.metadata.annotations, note: 'y' },
    },
  }))

test('what is there already is not written again, whoever added labels to it and however empty values are stored', () => {
  assert.deepEqual(planSlices(render(), stored(render())), [])
  const unnamed: Partial<RouteSpec> = { ports: [{ port: 80, listenPort: 20001, protocol: 'http' }] }
  const emptied = stored(render(unnamed, [], [])).map(slice => ({
    ...slice,
    endpoints: null,
    ports: (slice.ports ?? []).map(({ name: _, ...port }) => port),
  }))
  assert.deepEqual(planSlices(render(unnamed, [], []), emptied), [])
})

test('only what differs is written, and what is no longer wanted is deleted, the routers last', () => {
  const doings = (wanted: readonly EndpointSlice[], existing: readonly EndpointSlice[]) =>
    planSlices(wanted, existing).map(change => `${change.do} ${change.slice.metadata.name}`)
  assert.deepEqual(doings(render(), []), ['create web-sluice-router', 'create web-sluice-fail-open'])
  assert.deepEqual(doings(render({}, ROUTERS.slice(0, 1)), stored(render())), ['patch web-sluice-router'])
  assert.deepEqual(doings(render({ version: 2 }), stored(render())), ['patch web-sluice-router', 'patch web-sluice-fail-open'])
  assert.deepEqual(doings([], stored(render())), ['delete web-sluice-fail-open', 'delete web-sluice-router'])
  assert.deepEqual(doings(render({}, [aRouterPod('a', 'fd00::1')]), stored(render())), [
    'delete web-sluice-router',
    'create web-sluice-router',
  ])
})
