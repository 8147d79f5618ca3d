/**
 * The admin port: HTTPS, read only. `/routes`, `/buckets?route=NAMESPACE/NAME&seconds=N`, `/healthz`; see api/router-admin.ts
 * for the answers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { BucketReport, RouterReport } from '../api/router-admin.ts'
import type { CertificateKeeper } from '../kube/certificates.ts'
import { RING_SECONDS } from './stats/second-ring.ts'

export type AdminOptions = {
  readonly host: string
  readonly port: number
  /** Serving pair; a new one is taken over without a restart. */
  readonly certificates: Pick<CertificateKeeper, 'current' | 'onChange'>
  readonly routes: () => Promise<RouterReport>
  /** Undefined when there is no such Route. */
  readonly buckets: (route: string, seconds: number) => Promise<BucketReport | undefined>
}

export type AdminServer = {
  /** The port that was bound (for port 0). */
  readonly port: number
  readonly close: () => Promise<void>
}

/** Resolves when it listens; rejects when the port cannot be bound. */
export const startAdminServer = (options: AdminOptions): Promise<AdminServer> => {
  const { host, port, certificates } = options
  const { cert, key } = certificates.current()
  const server = createServer({ cert, key, minVersion: 'TLSv1.2' }, (request, answer) => {
    decide(options, request).then(
      reply => send(answer, reply),
      (error: unknown) => send(answer, problem(500, error instanceof Error ? error.message : String(error))),
    )
  })
  // Scanners and broken clients are no news; without a listener they would end the process.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  const unsubscribe = certificates.onChange(next =>
    server.setSecureContext({ cert: next.cert, key: next.key, minVersion: 'TLSv1.2' }),
  )
  const close = () =>
    new Promise<void>(resolve => {
      unsubscribe()
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

const send = (answer: ServerResponse, reply: Reply): void => {
  const body = JSON.stringify(reply.body)
  answer.writeHead(reply.status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  answer.end(body)
}

type Reply = { readonly status: number; readonly body: unknown }

const decide = async ({ routes, buckets }: AdminOptions, { method, url = '/' }: IncomingMessage): Promise<Reply> => {
  if (method !== 'GET' && method !== 'HEAD') return problem(405, `${method} is not possible here, only GET`)
  const [path, query = ''] = url.split('?')
  if (path === '/healthz') return { status: 200, body: { ok: true } }
  if (path === '/routes') return { status: 200, body: await routes() }
  if (path !== '/buckets') return problem(404, 'there are /routes, /buckets and /healthz')
  const parameters = new URLSearchParams(query)
  const route = parameters.get('route') ?? ''
  const seconds = Number(parameters.get('seconds') ?? RING_SECONDS)
  if (!/^[^/]+\/[^/]+$/.test(route))
    return problem(400, `route is ${JSON.stringify(route)}, must be NAMESPACE/NAME, e.g. shop/web`)
  if (!Number.isInteger(seconds) || seconds < 1)
    return problem(
      400,
      `seconds is ${JSON.stringify(parameters.get('seconds'))}, must be a whole number from 1 to ${RING_SECONDS}, e.g. 30`,
    )
  const report = await buckets(route, seconds)
  return report ? { status: 200, body: report } : problem(404, `no Route ${route} is in force here`)
}

const problem = (status: number, message: string): Reply => ({ status, body: { error: message } })
