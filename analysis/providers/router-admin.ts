/** Asks routers on their admin ports: HTTPS with Sluice's own CA, kept-alive connections, a time limit and a size limit. */
import { Agent, request } from 'undici'
import { ROUTER_SERVER_NAME } from '../../api/names.ts'
import type { BucketReport, RouterReport } from '../../api/router-admin.ts'
import { type Decoded, decodeBucketReport, decodeRouterReport } from './decode-reports.ts'

export const ROUTER_ADMIN_PORT = 8444

/** The controller asks every second, so a router that is slower than this is silent. */
const TIMEOUT_MS = 1000
/** Ten minutes of buckets of a few versions take less than a megabyte. */
const MAX_BYTES = 8 * 1024 * 1024

export type RouterAdmin = {
  /** @param origin such as `https://127.0.0.1:8444`. Throws an Error that names the router's address and what was wrong. */
  readonly report: (origin: string) => Promise<RouterReport>
  /** @param route `NAMESPACE/NAME`; `seconds` back from the router's now. Throws like `report`. */
  readonly buckets: (origin: string, route: string, seconds: number) => Promise<BucketReport>
  readonly close: () => Promise<void>
}

export type RouterAdminOptions = {
  /** PEM of the CA, or of several; asked before each request, so that it may change. */
  readonly ca: () => string
  readonly timeoutMs?: number
  readonly maxBytes?: number
}

export const routerOrigin = (podIP: string): string =>
  `https://${podIP.includes(':') ? `[${podIP}]` : podIP}:${ROUTER_ADMIN_PORT}`

export const makeRouterAdmin = ({ ca, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES }: RouterAdminOptions): RouterAdmin => {
  let agent: { readonly ca: string; readonly dispatcher: Agent } | undefined
  const dispatcher = (): Agent => {
    const pem = ca()
    // Node would trust the public authorities instead of none.
    if (pem.trim() === '') throw new Error('the CA of the routers is not known yet')
    if (agent?.ca === pem) return agent.dispatcher
    // Requests in flight on the old one end first.
    agent?.dispatcher.close().catch(() => undefined)
    agent = {
      ca: pem,
      dispatcher: new Agent({ connections: 4, keepAliveTimeout: 30_000, connect: { ca: pem, servername: ROUTER_SERVER_NAME } }),
    }
    return agent.dispatcher
  }
  const ask = async <T>(origin: string, path: string, decode: (text: string) => Decoded<T>): Promise<T> => {
    try {
      const text = await fetchText(dispatcher(), `${origin}${path}`, { timeoutMs, maxBytes })
      const decoded = decode(text)
      if ('problem' in decoded) throw new Error(`the answer is not a report: ${decoded.problem}`)
      return decoded.value
    } catch (error) {
      throw new Error(`router at ${origin}: ${reasonOf(error, timeoutMs)}`, { cause: error })
    }
  }
  return {
    report: origin => ask(origin, '/routes', decodeRouterReport),
    buckets: (origin, route, seconds) =>
      ask(origin, `/buckets?route=${encodeURIComponent(route)}&seconds=${seconds}`, decodeBucketReport),
    close: async () => {
      await agent?.dispatcher.close()
      agent = undefined
    },
  }
}

type Limits = { readonly timeoutMs: number; readonly maxBytes: number }

const fetchText = async (dispatcher: Agent, url: string, { timeoutMs, maxBytes }: Limits): Promise<string> => {
  const { statusCode, body } = await request(url, { dispatcher, signal: AbortSignal.timeout(timeoutMs) })
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    // Leaving the loop destroys the body and its connection.
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
    parts.push(part)
  }
  const text = Buffer.concat(parts).toString('utf8')
  if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text.slice(0, 200).trim()}`)
  return text
}

const reasonOf = (error: unknown, timeoutMs: number): string => {
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  return error instanceof Error ? error.message : String(error)
}
