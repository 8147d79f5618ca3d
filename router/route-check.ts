/**
 * Is a Route fit to carry traffic? Pure. The API server has checked its schema; here stands what a schema cannot say, and what the
 * router would break on if the schema were older than the router. A Route with any problem is refused whole.
 */
import type { Problem } from '../api/problem.ts'
import { compileLinear } from '../api/regex/linear.ts'
import type { Route, RouteMatch, RouteSpec, StringMatch } from '../api/route.ts'
import { fromHundredths, isShare, toHundredths } from '../api/traffic-weight.ts'

export const checkRoute = (route: Route): readonly Problem[] => {
  const spec: Partial<RouteSpec> | undefined = route.spec
  if (typeof spec !== 'object' || spec === null) return [{ path: 'spec', message: 'is missing' }]
  return [
    ...unless(
      spec.service === route.metadata.name,
      'spec.service',
      `is ${shown(spec.service)}, must be the name of the Route, ${shown(route.metadata.name)}`,
    ),
    ...checkVersion(spec),
    ...checkPorts(spec.ports),
    ...checkBackends(spec.backends),
    ...checkSpecialRoutes('headerRoutes', spec),
    ...checkSpecialRoutes('mirrorRoutes', spec),
    ...checkPercents(spec),
    ...checkSticky(spec.sticky),
    ...checkTimeouts(spec.timeouts),
  ]
}

const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const unless = (fine: boolean, path: string, message: string): readonly Problem[] => (fine ? [] : [{ path, message }])

const ENDPOINTS: readonly unknown[] = ['none', 'ready', 'draining']
const PROTOCOLS: readonly unknown[] = ['http', 'tcp']
const ROLES: readonly unknown[] = ['stable', 'canary', 'retiring', 'experiment']

const checkVersion = ({ version, endpoints }: Partial<RouteSpec>): readonly Problem[] => [
  ...unless(
    isWhole(version, 0, Number.MAX_SAFE_INTEGER),
    'spec.version',
    `is ${shown(version)}, must be a whole number >= 0, e.g. 7`,
  ),
  ...unless(ENDPOINTS.includes(endpoints), 'spec.endpoints', `is ${shown(endpoints)}, must be one of none, ready, draining`),
]

const checkPorts = (ports: RouteSpec['ports'] | undefined): readonly Problem[] => {
  if (!Array.isArray(ports) || ports.length === 0) return [{ path: 'spec.ports', message: 'needs at least one port' }]
  const list: RouteSpec['ports'] = ports
  return list.flatMap(({ name, port, listenPort, protocol }, i) => {
    const at = `spec.ports[${i}]`
    const before = list.slice(0, i)
    return [
      ...unless(isWhole(port, 1, 65535), `${at}.port`, `is ${shown(port)}, must be 1 to 65535, e.g. 80`),
      ...unless(isWhole(listenPort, 1, 65535), `${at}.listenPort`, `is ${shown(listenPort)}, must be 1 to 65535, e.g. 20001`),
      ...unless(PROTOCOLS.includes(protocol), `${at}.protocol`, `is ${shown(protocol)}, must be http or tcp`),
      ...unless(
        !before.some(other => other.listenPort === listenPort),
        `${at}.listenPort`,
        `${listenPort} is taken by another port of this Route`,
      ),
      ...unless(
        !before.some(other => (other.name ?? '') === (name ?? '')),
        `${at}.name`,
        `${shown(name ?? '')} is the name of another port of this Route`,
      ),
    ]
  })
}

const checkBackends = (backends: RouteSpec['backends'] | undefined): readonly Problem[] => {
  if (!Array.isArray(backends) || backends.length === 0)
    return [{ path: 'spec.backends', message: 'needs at least the stable version' }]
  const list: RouteSpec['backends'] = backends
  const each = list.flatMap(({ role, hash, service, weight }, i) => {
    const at = `spec.backends[${i}]`
    return [
      ...unless(ROLES.includes(role), `${at}.role`, `is ${shown(role)}, must be one of stable, canary, retiring, experiment`),
      ...unless(isText(hash), `${at}.hash`, `is ${shown(hash)}, must be the pod-template-hash of a version`),
      ...unless(isText(service), `${at}.service`, `is ${shown(service)}, must be the name of a private Service`),
      ...unless(
        isShare(weight),
        `${at}.weight`,
        `is ${shown(weight)}, must be a percentage from 0 to 100 with at most two decimals, e.g. 0.5`,
      ),
      ...unless(!list.slice(0, i).some(other => other.hash === hash), `${at}.hash`, `${shown(hash)} is another backend's`),
    ]
  })
  const sum = fromHundredths(list.reduce((total, { weight }) => total + toHundredths(weight), 0))
  const stable = list.filter(({ role }) => role === 'stable').length
  return [
    ...each,
    ...unless(sum === 100, 'spec.backends', `their weights sum to ${sum}, must sum to 100`),
    ...unless(stable === 1, 'spec.backends', `${stable} of them have the role stable, must be one`),
  ]
}

const checkSpecialRoutes = (field: 'headerRoutes' | 'mirrorRoutes', spec: Partial<RouteSpec>): readonly Problem[] =>
  (spec[field] ?? []).flatMap(({ match, hash }, i) => {
    const at = `spec.${field}[${i}]`
    return [
      ...unless(
        (spec.backends ?? []).some(backend => backend.hash === hash),
        `${at}.hash`,
        `is ${shown(hash)}, must be the hash of a backend`,
      ),
      ...unless(Array.isArray(match) && match.length > 0, `${at}.match`, 'needs at least one match'),
      ...(Array.isArray(match) ? match : []).flatMap((one: RouteMatch, j: number) => checkMatch(one, `${at}.match[${j}]`)),
    ]
  })

const checkPercents = ({ mirrorRoutes = [] }: Partial<RouteSpec>): readonly Problem[] =>
  mirrorRoutes.flatMap(({ percent }, i) =>
    unless(
      isWhole(percent, 0, 100),
      `spec.mirrorRoutes[${i}].percent`,
      `is ${shown(percent)}, must be a whole number from 0 to 100, e.g. 10`,
    ),
  )

const checkMatch = ({ method, path, headers = [], cookies = [], queryParams = [] }: RouteMatch, at: string): readonly Problem[] =>
  [
    { where: 'method', value: method },
    { where: 'path', value: path },
    ...Object.entries({ headers, cookies, queryParams }).flatMap(([field, parts]) =>
      parts.map(({ value }, i) => ({ where: `${field}[${i}].value`, value })),
    ),
  ].flatMap(({ where, value }) => (value === undefined ? [] : checkText(value, `${at}.${where}`)))

const checkText = (value: StringMatch, at: string): readonly Problem[] => {
  if ('exact' in value || 'prefix' in value) return []
  if (!isText(value.regex))
    return [{ path: at, message: `is ${shown(value)}, must be {"exact": "..."}, {"prefix": "..."} or {"regex": "..."}` }]
  const compiled = compileLinear(value.regex)
  return 'problem' in compiled ? [{ path: `${at}.regex`, message: `${shown(value.regex)} ${compiled.problem}` }] : []
}

const checkSticky = (sticky: RouteSpec['sticky']): readonly Problem[] => {
  if (sticky === undefined) return []
  const fine = sticky.by === 'cookie' || sticky.by === 'ip' || (sticky.by === 'header' && isText(sticky.header))
  return unless(
    fine,
    'spec.sticky',
    `is ${shown(sticky)}, must be {"by": "cookie"}, {"by": "ip"} or {"by": "header", "header": "X-User"}`,
  )
}

const LONGEST_MS = 86_400_000

const checkTimeouts = (timeouts: RouteSpec['timeouts'] = {}): readonly Problem[] =>
  Object.entries({ connectMs: 1, responseMs: 0, idleMs: 0 } as const).flatMap(([name, least]) => {
    const value: unknown = Reflect.get(timeouts, name)
    return unless(
      value === undefined || isWhole(value, least, LONGEST_MS),
      `spec.timeouts.${name}`,
      `is ${shown(value)}, must be a whole number of ms from ${least} to ${LONGEST_MS}, e.g. 30000`,
    )
  })
