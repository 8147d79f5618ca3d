/**
 * The Route: the contract between the controller, which decides, and the routers, which carry traffic.
 * `sluice.dev/v1alpha1`, plural `routes`, short name `srt`, namespaced, status subresource. A Route has the name of the Service
 * that it fronts and is owned by that Service. The controller writes it; the routers only read it, and say on their
 * admin port which `spec.version` they run.
 */
import type { KubeObject } from './kubernetes.ts'
import { AGE, type CustomResource } from './schema/custom-resource.ts'
import { array, exactlyOne, type Infer, integer, number, object, required, string, tagged, time, word } from './schema/schema.ts'

const ENDPOINTS = word(
  "How the routers appear among the Service's endpoints. `none`: not at all. `ready`: they take new connections. `draining`: they only keep what they have (ready false, serving and terminating true), so kube-proxy prefers the pods.",
  ['none', 'ready', 'draining'],
)

const portNumber = (description: string) => integer(description, { min: 1, max: 65535 })
const percent = (description: string) => integer(description, { min: 0, max: 100 })

const ROUTE_PORT = object('One port of the Service.', {
  name: string("The Service port's name; absent for a single unnamed port."),
  port: required(portNumber("The Service's port.")),
  listenPort: required(portNumber('The port on which every router listens for this Service port; unique among all Routes.')),
  protocol: required(
    word(
      '`http`: HTTP/1 and HTTP/2 in the clear, gRPC among it, are split per request, all else per connection. `tcp`: split per connection.',
      ['http', 'tcp'],
    ),
  ),
})

const PASS_THROUGH_PORT = object('One port.', {
  name: string("The Service port's name."),
  port: required(portNumber("The Service's port.")),
  protocol: required(string('TCP, UDP or SCTP.')),
})

const BACKEND = object('One version.', {
  role: required(
    word('What the version is in this update; `experiment`: pods of an Experiment that has a share.', [
      'stable',
      'canary',
      'retiring',
      'experiment',
    ]),
  ),
  hash: required(string('pod-template-hash of the version.')),
  service: required(string("The private Service whose EndpointSlices hold this version's pods.")),
  weight: required(
    number('Share of new requests in percent, with at most two decimals; the weights of all backends sum to 100.', {
      min: 0,
      max: 100,
    }),
  ),
})

const stringMatch = (description: string) =>
  exactlyOne(description, {
    exact: string('The whole value.'),
    prefix: string('How the value begins.'),
    regex: string('A regular expression for the whole value.'),
  })

const STRING_MATCH = stringMatch('How a value is compared.')

const ROUTE_MATCH = object('What a request must have; all of it.', {
  method: stringMatch('The method.'),
  path: stringMatch('The path.'),
  headers: array(
    'Headers, all of them.',
    object('One header.', { name: required(string('Its name.')), value: required(stringMatch('Its value.')) }),
  ),
  cookies: array(
    'Cookies, all of them; of several with one name one is enough.',
    object('One cookie.', {
      name: required(string('Its name.')),
      value: required(stringMatch('Its value, without quotes around it.')),
    }),
  ),
  queryParams: array(
    'Parameters of the query, all of them; of several with one name one is enough.',
    object('One parameter.', {
      name: required(string('Its name, decoded.')),
      value: required(stringMatch('Its value, decoded.')),
    }),
  ),
})

const MATCHES = required(array('The request must match one of these.', ROUTE_MATCH))

const HEADER_ROUTE = object('Requests that go to one version whatever the weights.', {
  name: required(string('Unique name.')),
  match: MATCHES,
  hash: required(string('pod-template-hash of the version.')),
})

const MIRROR_ROUTE = object('Requests of which copies go to one version; the answers to copies are thrown away.', {
  name: required(string('Unique name.')),
  match: MATCHES,
  hash: required(string('pod-template-hash of the version.')),
  percent: required(percent('Share of the matching requests that is copied.')),
})

const STICKY = tagged('What keeps one user on one version.', 'by', {
  cookie: {},
  header: { header: required(string('The header that tells users apart.', { example: 'X-User' })) },
  ip: {},
})

const ms = (description: string) => integer(description, { min: 0, max: 86_400_000 })

const TIMEOUTS = object('How long a router waits for a pod, in ms; its own flags where nothing is said. 0: no limit.', {
  connectMs: integer('To accept a connection.', { min: 1, max: 86_400_000 }),
  responseMs: ms('To begin its answer.'),
  idleMs: ms('For the next bytes of what passes, either way.'),
})

const AFFINITY = word(
  "What keeps a client on one pod of its version. `client-ip`: its address, as the Service's own session affinity does.",
  ['client-ip'],
)

const ROUTE_SPEC = object('What the routers do with the requests of one Service.', {
  service: required(string('The Service that is fronted.')),
  deployment: required(string('The Deployment whose rollout this Route serves.')),
  version: required(
    integer('Raised by one with every change of this spec; what the routers acknowledge.', { min: 1, int64: true }),
  ),
  endpoints: required(ENDPOINTS),
  ports: required(array('Ports that go through the routers.', ROUTE_PORT)),
  passThrough: array(
    "Service ports that do not go through the router (UDP, ports not opted in): published as the stable pods' own addresses.",
    PASS_THROUGH_PORT,
  ),
  backends: required(array('The versions.', BACKEND)),
  headerRoutes: array('In this order of precedence.', HEADER_ROUTE),
  mirrorRoutes: array('In this order of precedence.', MIRROR_ROUTE),
  sticky: STICKY,
  affinity: AFFINITY,
  timeouts: TIMEOUTS,
})

const ROUTE_STATUS = object(
  "The controller's own notes of where in entering or leaving the Service is; written by the controller only.",
  {
    step: string("The step of the order of entering and leaving that is being waited for; see engine's service mode."),
    since: time('When `step` began.'),
    message: string('What is waited for, since when, and what ends it.'),
  },
)

export type RouterEndpoints = Infer<typeof ENDPOINTS>
export type RoutePort = Infer<typeof ROUTE_PORT>
export type Backend = Infer<typeof BACKEND>
export type StringMatch = Infer<typeof STRING_MATCH>
export type RouteMatch = Infer<typeof ROUTE_MATCH>
export type HeaderRoute = Infer<typeof HEADER_ROUTE>
export type MirrorRoute = Infer<typeof MIRROR_ROUTE>
export type Sticky = Infer<typeof STICKY>
export type RouteTimeouts = Infer<typeof TIMEOUTS>
export type RouteSpec = Infer<typeof ROUTE_SPEC>
export type RouteStatus = Infer<typeof ROUTE_STATUS>
export type Route = KubeObject & { readonly spec: RouteSpec; readonly status?: RouteStatus }

export const ROUTE_RESOURCE: CustomResource = {
  group: 'sluice.dev',
  version: 'v1alpha1',
  kind: 'Route',
  plural: 'routes',
  shortName: 'srt',
  scope: 'Namespaced',
  description: "How the routers split one Service's traffic between versions. Made by Sluice; people only read it.",
  spec: ROUTE_SPEC,
  status: ROUTE_STATUS,
  statusSubresource: true,
  columns: [
    { name: 'Service', type: 'string', jsonPath: '.spec.service' },
    { name: 'Version', type: 'integer', jsonPath: '.spec.version' },
    { name: 'Endpoints', type: 'string', jsonPath: '.spec.endpoints' },
    { name: 'Canary weight', type: 'number', jsonPath: '.spec.backends[?(@.role=="canary")].weight' },
    { name: 'Step', type: 'string', jsonPath: '.status.step' },
    AGE,
  ],
}
