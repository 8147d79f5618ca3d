/** `pods/proxy`: any request below `/api/v1/namespaces/NS/pods/[SCHEME:]NAME[:PORT]/proxy` goes on to the pod, and its answer back. */
import type { Readable } from 'node:stream'
import type { Api } from '../api.ts'
import type { Answer, Incoming } from '../call.ts'
import { methodNotAllowed, notFound, unavailable } from '../failure.ts'
import { guarded } from '../guard.ts'
import { storageKey } from '../kind.ts'
import { forward, whyUnreached } from './forward.ts'
import { endToEnd, requestHeaders, rewriteLocation } from './headers.ts'
import { authorityOf, type PodProxyPath, parsePodId, parsePodProxyPath, type Target, targetOf } from './target.ts'

/** A request that is passed on as it came: its body is not read, and its query not taken apart. */
export type RawRequest = Omit<Incoming, 'body' | 'query'> & {
  /** The query with its question mark, or empty. */
  readonly search: string
  readonly body: Readable
  /** Bytes of the body; undefined where nobody knows. */
  readonly length: number | undefined
}

const PODS = { group: '', plural: 'pods' }
const STORAGE = storageKey(PODS)
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export const isPodProxy = (path: string): boolean => parsePodProxyPath(path) !== undefined

const targetIn = (api: Api, { namespace, id }: PodProxyPath): Target => {
  const podId = parsePodId(id)
  const pod = api.store.get({ storage: STORAGE, namespace, name: podId.name })
  if (!pod) throw notFound({ ...PODS, name: podId.name })
  return targetOf(pod, podId)
}

/** A page at the root has links that are read against its address, so that this must end in a slash. */
const toRoot = ({ path, search }: RawRequest): Answer => ({
  status: 301,
  headers: { location: `${path}/${search}` },
  body: '',
})

const passOn = async (request: RawRequest, path: PodProxyPath, target: Target): Promise<Answer> => {
  const { method, headers, search, signal, length, body } = request
  try {
    const answer = await forward({
      target,
      method,
      path: `${path.rest || '/'}${search}`,
      headers: requestHeaders(headers, length),
      body: length === 0 ? undefined : body,
      signal,
    })
    const { location } = answer.headers
    const elsewhere = location === undefined ? {} : { location: rewriteLocation(location, path.prefix, authorityOf(target)) }
    return { status: answer.statusCode ?? 502, headers: { ...endToEnd(answer.headers), ...elsewhere }, body: answer }
  } catch (error) {
    throw unavailable(`error trying to reach service: ${whyUnreached(error, target)}`)
  }
}

/** Never throws: what goes wrong before the pod answers becomes an answer with a Status body. */
export const handlePodProxy = (api: Api, request: RawRequest): Promise<Answer> =>
  guarded(api, async () => {
    const path = parsePodProxyPath(request.path)
    if (!path || !METHODS.includes(request.method)) throw methodNotAllowed()
    const target = targetIn(api, path)
    if (path.rest === '' && ['GET', 'HEAD'].includes(request.method)) return toRoot(request)
    return await passOn(request, path, target)
  })
