/**
 * http-proxy behind one small interface. It is asked to do one thing, make the request to the pod; what it does wrong on its
 * own is switched off here or done by the exchange (each is tested in general.test.ts):
 * - it deletes the framing of a chunked DELETE or OPTIONS, so that the body becomes a request of its own: that pass is removed;
 * - it joins and cleans paths: the request line goes out as it came in;
 * - it starts to read the body before there is a connection, so that no other pod can be tried: the body waits in a BodyGate;
 * - it neither ends the pod's request when the client goes away nor tells the client when the pod goes away, and passes
 *   hop-by-hop headers.
 */

import { type Agent, ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { Stream } from 'node:stream'
// Before http-proxy, which takes what this sets when it is loaded.
import './replace-extend.ts'
import HttpProxy from 'http-proxy'

export type ProxyTarget = { readonly host: string; readonly port: number; readonly protocol: 'http:' }

export type Forwarding = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly target: ProxyTarget
  readonly agent: Agent
  /** Called once, before anything is sent: whoever gets the request ends it or pipes a body into it. */
  readonly onRequest: (request: ClientRequest) => void
  /** Called any number of times, also for errors of the client's side. */
  readonly onError: (error: Error) => void
}

export type ProxyEngine = {
  /** Throws when the request cannot be made at all, e.g. for a header that Node refuses to send. */
  readonly forward: (forwarding: Forwarding) => void
}

/** Header block of an answer that is accepted: Node's default of 16 KB is less than many applications send. */
const MAX_ANSWER_HEAD = 65_536

export const makeHttpProxyEngine = (): ProxyEngine => {
  const proxy = HttpProxy.createProxyServer({ selfHandleResponse: true, toProxy: true })
  removePass(proxy, 'deleteLength')
  // Every call has a callback for its errors; this one is for those that http-proxy reports to nobody else.
  proxy.on('error', () => {})
  return {
    forward: ({ req, res, target, agent, onRequest, onError }) => {
      const buffer = new BodyGate(request => {
        request.path = req.url ?? '/'
        Object.assign(request, { maxHeaderSize: MAX_ANSWER_HEAD, maxHeadersCount: 0 })
        onRequest(request)
      })
      proxy.web(req, res, { target, agent, buffer }, onError)
    },
  }
}

/** Stands in for the request's body: http-proxy pipes it into its request to the pod, and so hands that request over. */
class BodyGate extends Stream {
  readonly #onRequest: (request: ClientRequest) => void

  constructor(onRequest: (request: ClientRequest) => void) {
    super()
    this.#onRequest = onRequest
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    if (!(destination instanceof ClientRequest))
      throw new TypeError('http-proxy piped the body into something that is not its request')
    this.#onRequest(destination)
    return destination
  }
}

const removePass = (proxy: HttpProxy, name: string): void => {
  const passes: unknown = Reflect.get(proxy, 'webPasses')
  if (!Array.isArray(passes)) throw new TypeError('this http-proxy has no webPasses: its request smuggling hole cannot be closed')
  const kept = passes.filter((pass: { readonly name?: unknown }) => pass.name !== name)
  if (kept.length !== passes.length - 1) throw new TypeError(`this http-proxy has no pass ${name}`)
  Reflect.set(proxy, 'webPasses', kept)
}
