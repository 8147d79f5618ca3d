/** One request in, one answer out: paths that are not of objects here, all others to the handlers in rest/. */
import type { Api } from './api.ts'
import { type Answer, type Call, failureAnswer, type Incoming, jsonAnswer, textAnswer } from './call.ts'
import { AGGREGATED_TYPE, aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts'
import { badRequest, Failure, methodNotAllowed, unknownResource } from './failure.ts'
import { guarded } from './guard.ts'
import type { JsonObject } from './json.ts'
import { openApiDocument, openApiIndex } from './openapi.ts'
import { parseObjectPath } from './request-path.ts'
import { handleReview, isReview } from './rest/reviews.ts'
import { handlerOf } from './rest/routes.ts'
import { checkAcceptable } from './table/negotiate.ts'
import { VERSION } from './version.ts'
import { warningHeader } from './warnings.ts'

const HEALTH = ['/healthz', '/readyz', '/livez']

const wantsAggregated = (incoming: Incoming) =>
  (incoming.headers['accept'] ?? '').includes('as=APIGroupDiscoveryList') && (incoming.headers['accept'] ?? '').includes('v=v2;')

const aggregated = (body: JsonObject): Answer => ({ ...jsonAnswer(200, body), headers: { 'content-type': AGGREGATED_TYPE } })

const orNotFound = (body: JsonObject | undefined): Answer =>
  body ? jsonAnswer(200, body) : textAnswer(404, '404 page not found\n')

const discoveryAnswer = (api: Api, incoming: Incoming, parts: readonly string[]): Answer | undefined => {
  const [root, group, version, ...rest] = parts
  if (rest.length > 0) return undefined
  if (root === 'api' && version === undefined) {
    if (group !== undefined) return orNotFound(apiResourceList(api.registry, '', group))
    return wantsAggregated(incoming) ? aggregated(aggregatedDiscovery(api.registry, true)) : jsonAnswer(200, apiVersions())
  }
  if (root !== 'apis') return undefined
  if (group === undefined)
    return wantsAggregated(incoming)
      ? aggregated(aggregatedDiscovery(api.registry, false))
      : jsonAnswer(200, apiGroupList(api.registry))
  return orNotFound(version === undefined ? apiGroup(api.registry, group) : apiResourceList(api.registry, group, version))
}

const plainAnswer = (api: Api, incoming: Incoming): Answer | undefined => {
  const { path } = incoming
  const parts = path.split('/').filter(Boolean)
  if (HEALTH.some(prefix => path === prefix || path.startsWith(`${prefix}/`))) return textAnswer(200, 'ok')
  if (path === '/version') return jsonAnswer(200, VERSION)
  if (path === '/' || path === '')
    return jsonAnswer(200, { paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] })
  if (path === '/openapi/v3') return jsonAnswer(200, openApiIndex(api.registry))
  if (path.startsWith('/openapi/v3/')) return orNotFound(openApiDocument(api.registry, path.slice('/openapi/v3/'.length)))
  if (path === '/openapi/v2') return textAnswer(404, '404 page not found\n')
  return discoveryAnswer(api, incoming, parts)
}

const isDryRun = (query: URLSearchParams): boolean => {
  const asked = query.getAll('dryRun').filter(Boolean)
  if (asked.some(value => value !== 'All'))
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(asked.join(','))}: supported values: "All"`)
  return asked.length > 0
}

const callOf = (api: Api, incoming: Incoming): Call | undefined => {
  const path = parseObjectPath(incoming.path)
  if (!path) return undefined
  const kind = api.registry.find(path.group, path.version, path.plural)
  if (!kind) {
    if (api.registry.isServed(path.group, path.version)) throw unknownResource()
    return undefined
  }
  // A name without a namespace is no address of a namespaced object.
  if (kind.namespaced && path.name && !path.namespace) throw unknownResource()
  if (!kind.namespaced && path.namespace) throw unknownResource()
  return {
    ...incoming,
    kind,
    namespace: path.namespace,
    name: path.name,
    subresource: path.subresource,
    warnings: new Set(),
    dryRun: isDryRun(incoming.query),
  }
}

const objectAnswer = async (api: Api, incoming: Incoming): Promise<Answer> => {
  if (isReview(incoming.path)) return handleReview(api, incoming)
  const call = callOf(api, incoming)
  if (!call) return textAnswer(404, '404 page not found\n')
  checkAcceptable(incoming.headers['accept'])
  const handler = handlerOf(call)
  if (!handler) throw methodNotAllowed()
  try {
    return withWarnings(await handler(api, call), call)
  } catch (error) {
    if (error instanceof Failure) return withWarnings(failureAnswer(error), call)
    throw error
  }
}

const withWarnings = (answer: Answer, call: Call): Answer => {
  const header = warningHeader([...call.warnings])
  return header ? { ...answer, headers: { ...answer.headers, warning: header } } : answer
}

/** Never throws: what goes wrong becomes an answer with a Status body. */
export const handle = (api: Api, incoming: Incoming): Promise<Answer> =>
  guarded(api, async () => {
    const plain = incoming.method === 'GET' ? plainAnswer(api, incoming) : undefined
    return plain ?? (await objectAnswer(api, incoming))
  })
