/** Pooled connections to one API server under one set of TLS options. */
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { TlsOptions } from './cluster-access.ts'

export type Connections = {
  /** Short calls share a few connections and wait for one another. */
  readonly calls: Dispatcher
  /** Each stream holds a connection for minutes, so they must not take those of the calls. */
  readonly streams: Dispatcher
  /** A pool with nothing in it yet; whoever asks for it closes it. */
  readonly openFresh: () => Dispatcher
  /** Lets what is under way finish. */
  readonly close: () => Promise<void>
}

const MOST_CALLS_AT_ONCE = 8

const openPool = (tls: TlsOptions, connections: number | null, proxyUrl?: string): Dispatcher => {
  // TCP keep-alive probes after 30 s, as client-go's: before the idle limits of common load balancers.
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 }
  // HTTP/2 would put every watch on one connection, which then dies as one.
  const options = { allowH2: false, connections, pipelining: 1, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 }
  if (proxyUrl === undefined) return new Agent({ ...options, connect })
  if (!/^https?:/.test(proxyUrl))
    throw new Error(`kubeconfig: proxy-url ${proxyUrl} is not supported; it must begin with http:// or https://`)
  return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect })
}

export const openConnections = (tls: TlsOptions, proxyUrl?: string): Connections => {
  const calls = openPool(tls, MOST_CALLS_AT_ONCE, proxyUrl)
  const streams = openPool(tls, null, proxyUrl)
  const openFresh = (): Dispatcher => openPool(tls, 1, proxyUrl)
  return { calls, streams, openFresh, close: async () => void (await Promise.all([calls.close(), streams.close()])) }
}
