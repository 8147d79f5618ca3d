/** Plain HTTP for probes and Prometheus: /healthz, /readyz and /metrics. Says nothing that is a secret, so it needs no TLS. */
import { createServer, type ServerResponse } from 'node:http'

/** Undefined when all is well; otherwise one sentence of what is missing. */
export type HealthCheck = () => string | undefined

export type HealthServerOptions = {
  readonly host: string
  readonly port: number
  /** Alive at all: false restarts the process. */
  readonly live?: HealthCheck
  /** May be sent traffic. */
  readonly ready: HealthCheck
  /** A prom-client Registry, or anything else that renders metrics. */
  readonly registry: { readonly contentType: string; metrics(): Promise<string> }
}

export type HealthServer = {
  /** The port that was bound (for port 0). */
  readonly port: number
  readonly close: () => Promise<void>
}

const ask = (check: HealthCheck): string | undefined => {
  try {
    return check()
  } catch (error) {
    return `the check itself failed: ${error instanceof Error ? error.message : String(error)}`
  }
}

const say = (answer: ServerResponse, problem: string | undefined) => {
  answer.writeHead(problem === undefined ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' })
  answer.end(`${problem ?? 'ok'}\n`)
}

const sayMetrics = async (answer: ServerResponse, registry: HealthServerOptions['registry']) => {
  try {
    const text = await registry.metrics()
    answer.writeHead(200, { 'content-type': registry.contentType })
    answer.end(text)
  } catch (error) {
    answer.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
    answer.end(`metrics failed: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}

/** Resolves when it listens; rejects when the port cannot be bound. */
export const startHealthServer = ({
  host,
  port,
  live = () => undefined,
  ready,
  registry,
}: HealthServerOptions): Promise<HealthServer> => {
  const server = createServer((request, answer) => {
    const path = request.url?.split('?')[0]
    if (path === '/healthz' || path === '/livez') return say(answer, ask(live))
    if (path === '/readyz') return say(answer, ask(ready))
    if (path === '/metrics') return void sayMetrics(answer, registry)
    answer.writeHead(404, { 'content-type': 'text/plain' })
    answer.end('not found; there are /healthz, /readyz and /metrics\n')
  })
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve({ port: typeof address === 'object' && address !== null ? address.port : port, close })
    })
  })
}
