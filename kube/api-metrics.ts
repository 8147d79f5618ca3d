/** Counts what a process asks the API server, around any KubeClient. */
import { Counter, Histogram, type Registry } from 'prom-client'
import type { KubeClient, Resource } from './client.ts'
import { isApiError } from './errors.ts'

type Method = 'get' | 'list' | 'create' | 'patch' | 'delete' | 'watch' | 'other'

/** A refusal has its status; a request without an answer has `none`. An aborted one (a watch at the end of a process) is not a failure. */
const codeOf = (error: unknown): string => {
  if (isApiError(error)) return String(error.status)
  return error instanceof Error && error.name === 'AbortError' ? 'aborted' : 'none'
}

/** Seconds from 5 ms to 60 s: lists of large clusters take their time. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** The same client, counting. Once for each registry. */
export const observeClient = (registry: Registry, client: KubeClient): KubeClient => observeClients(registry)(client)

/** For processes with a client for each person: the answer makes any of them count. Once for each registry. */
export const observeClients = (registry: Registry): ((client: KubeClient) => KubeClient) => {
  const requests = new Counter({
    name: 'sluice_api_requests_total',
    help: 'Requests to the Kubernetes API, by method, resource and HTTP status (none: no answer came; aborted: given up by ourselves). A watch counts when it ends.',
    labelNames: ['method', 'resource', 'code'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'sluice_api_request_duration_seconds',
    help: 'Time from a request to the Kubernetes API to the end of its answer; watches are left out.',
    labelNames: ['method'],
    buckets: BUCKETS,
    registers: [registry],
  })
  return client => countCalls(client, { requests, seconds })
}

type Instruments = {
  readonly requests: Counter<'method' | 'resource' | 'code'>
  readonly seconds: Histogram<'method'>
}

const countCalls = (client: KubeClient, { requests, seconds }: Instruments): KubeClient => {
  const counted = async <T>(method: Method, resource: string, call: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    let code = '200'
    try {
      return await call()
    } catch (error) {
      code = codeOf(error)
      throw error
    } finally {
      requests.inc({ method, resource, code })
      seconds.observe({ method }, (performance.now() - began) / 1000)
    }
  }
  const watched = async function* <T>(resource: Resource, events: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
    let code = '200'
    try {
      yield* events
    } catch (error) {
      code = signal.aborted ? 'aborted' : codeOf(error)
      throw error
    } finally {
      requests.inc({ method: 'watch', resource: resource.plural, code })
    }
  }
  return {
    get: (resource, ref) => counted('get', resource.plural, () => client.get(resource, ref)),
    list: (resource, options) => counted('list', resource.plural, () => client.list(resource, options)),
    create: (resource, object) => counted('create', resource.plural, () => client.create(resource, object)),
    patch: (resource, ...rest) => counted('patch', resource.plural, () => client.patch(resource, ...rest)),
    delete: (resource, ref, options) => counted('delete', resource.plural, () => client.delete(resource, ref, options)),
    watch: (resource, options) => watched(resource, client.watch(resource, options), options.signal),
    raw: (method, path, body) => counted('other', 'other', () => client.raw(method, path, body)),
  }
}
