/** Decodes what a router says on its admin port. Pure. */
import type { Bucket, BucketReport, RouteReport, RouterReport, Tally } from '../../api/router-admin.ts'

export type Decoded<T> = { readonly value: T } | { readonly problem: string }

type Fields = { readonly [name: string]: unknown }

/** Thrown and caught in here only. */
class WrongShape extends Error {}

const wrong = (path: string, value: unknown, expected: string): never => {
  const shown = JSON.stringify(value) ?? String(value)
  throw new WrongShape(`${path} is ${shown.length > 60 ? `${shown.slice(0, 60)}...` : shown}, not ${expected}`)
}

const fieldsAt = (value: unknown, path: string): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : wrong(path, value, 'an object')

const listAt = (value: unknown, path: string): readonly unknown[] => (Array.isArray(value) ? value : wrong(path, value, 'a list'))
const textAt = (value: unknown, path: string): string => (typeof value === 'string' ? value : wrong(path, value, 'a string'))
const flagAt = (value: unknown, path: string): boolean =>
  typeof value === 'boolean' ? value : wrong(path, value, 'true or false')

const countAt = (value: unknown, path: string): number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : wrong(path, value, 'a number of 0 or more')

const mapAt = <T>(value: unknown, path: string, read: (value: unknown, path: string) => T): { readonly [key: string]: T } =>
  Object.fromEntries(Object.entries(fieldsAt(value, path)).map(([key, entry]) => [key, read(entry, `${path}.${key}`)]))

const tallyAt = (value: unknown, path: string): Tally => {
  const fields = fieldsAt(value, path)
  const count = (name: string) => countAt(fields[name], `${path}.${name}`)
  return {
    requests: count('requests'),
    status2xx: count('status2xx'),
    status3xx: count('status3xx'),
    status4xx: count('status4xx'),
    status5xx: count('status5xx'),
    upstreamFailures: count('upstreamFailures'),
    clientAborts: count('clientAborts'),
    latency: listAt(fields['latency'], `${path}.latency`).map((n, i) => countAt(n, `${path}.latency[${i}]`)),
  }
}

const bucketAt = (value: unknown, path: string): Bucket => {
  const fields = fieldsAt(value, path)
  return { second: countAt(fields['second'], `${path}.second`), versions: mapAt(fields['versions'], `${path}.versions`, tallyAt) }
}

const routeAt = (value: unknown, path: string): RouteReport => {
  const fields = fieldsAt(value, path)
  return {
    version: countAt(fields['version'], `${path}.version`),
    listening: flagAt(fields['listening'], `${path}.listening`),
    upstreams: mapAt(fields['upstreams'], `${path}.upstreams`, countAt),
    inFlight: mapAt(fields['inFlight'], `${path}.inFlight`, countAt),
    connections: countAt(fields['connections'], `${path}.connections`),
  }
}

const decode = <T>(text: string, read: (value: unknown) => T): Decoded<T> => {
  try {
    return { value: read(JSON.parse(text)) }
  } catch (error) {
    if (error instanceof WrongShape || error instanceof SyntaxError) return { problem: error.message }
    throw error
  }
}

/** The answer to `GET /buckets`. */
export const decodeBucketReport = (text: string): Decoded<BucketReport> =>
  decode(text, value => {
    const fields = fieldsAt(value, 'report')
    return {
      router: textAt(fields['router'], 'router'),
      now: countAt(fields['now'], 'now'),
      route: textAt(fields['route'], 'route'),
      buckets: listAt(fields['buckets'], 'buckets').map((bucket, i) => bucketAt(bucket, `buckets[${i}]`)),
    }
  })

/** The answer to `GET /routes`. Fields that are not known are left out. */
export const decodeRouterReport = (text: string): Decoded<RouterReport> =>
  decode(text, value => {
    const fields = fieldsAt(value, 'report')
    return {
      router: textAt(fields['router'], 'router'),
      draining: flagAt(fields['draining'], 'draining'),
      routes: mapAt(fields['routes'], 'routes', routeAt),
    }
  })
