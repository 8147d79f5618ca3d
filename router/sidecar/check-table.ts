/** Whether what was pushed is a table that can be split by. Pure; the sender is known, so this finds mistakes, not attacks. */
import { renderProblem } from '../../api/problem.ts'
import type { SidecarRoute, SidecarTable } from '../../api/sidecar.ts'
import { checkRoute } from '../route-check.ts'

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isAddress = (value: unknown): boolean =>
  isObject(value) && typeof value['host'] === 'string' && Number.isInteger(value['port'])

const areEndpoints = (value: unknown): boolean =>
  isObject(value) &&
  Object.values(value).every(
    ports => isObject(ports) && Object.values(ports).every(list => Array.isArray(list) && list.every(isAddress)),
  )

const arePorts = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every(one => one === 'http' || one === 'tcp')

const areKeys = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every(key => typeof key === 'string' && key !== ''))

const isRoute = (value: unknown): value is SidecarRoute =>
  isObject(value) &&
  typeof value['key'] === 'string' &&
  isObject(value['spec']) &&
  Array.isArray(value['targets']) &&
  areKeys(value['cookieKeys'])

const problemOf = ({ key, spec }: SidecarRoute): readonly string[] => {
  const [namespace = '', name = ''] = key.split('/')
  const metadata = { namespace, name }
  return checkRoute({ apiVersion: 'sluice.dev/v1alpha1', kind: 'Route', metadata, spec }).map(
    problem => `${key}: ${renderProblem(problem)}`,
  )
}

/** The table, or one line of what is wrong with it. */
export const checkTable = (value: unknown): { readonly table: SidecarTable } | { readonly problem: string } => {
  if (!isObject(value)) return { problem: 'the table must be an object' }
  const { routes, endpoints, ports, ca } = value
  if (!Array.isArray(routes) || !routes.every(isRoute))
    return { problem: 'routes must be a list of {key, spec, targets, cookieKeys}' }
  if (!areEndpoints(endpoints)) return { problem: 'endpoints must be lists of {host, port} by version and port' }
  if (!arePorts(ports)) return { problem: 'ports must be http or tcp by name' }
  if (typeof ca !== 'string' || ca === '') return { problem: 'ca must be the PEM of an authority' }
  const problems = routes.flatMap(problemOf)
  return problems.length > 0 ? { problem: problems.join('; ') } : { table: value as SidecarTable }
}
