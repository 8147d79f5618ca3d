/**
 * The admin port of a sidecar: HTTPS for the controller alone, which proves itself by a certificate of Sluice's authority. Paths are in
 * api/sidecar.ts. Until the sidecar's own key is certified it answers to nothing but the certification.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { checkServerIdentity, type TLSSocket } from 'node:tls'
import { CONTROLLER_NAME } from '../../api/names.ts'
import type { BucketReport, RouterReport } from '../../api/router-admin.ts'
import type { SidecarTable } from '../../api/sidecar.ts'
import { RING_SECONDS } from '../stats/second-ring.ts'
import { checkTable } from './check-table.ts'

export type Identity = {
  readonly key: string
  readonly request: string
  /** PEM that is served now. */
  cert: string
  /** True when `cert` is of Sluice's authority. */
  certified: boolean
  /** PEM of the authorities that the controller's certificate may be of. */
  ca: string
}

export type SidecarAdminOptions = {
  readonly host: string
  readonly port: number
  readonly identity: Identity
  readonly apply: (table: SidecarTable) => void
  readonly report: () => RouterReport
  readonly buckets: (route: string, seconds: number) => BucketReport | undefined
}

export type SidecarAdmin = { readonly port: number; readonly close: () => Promise<void> }

const LARGEST_BODY = 4 * 1024 * 1024

type Reply = { readonly status: number; readonly body: unknown }

const problem = (status: number, message: string): Reply => ({ status, body: { error: message } })

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > LARGEST_BODY) throw new Error(`longer than ${LARGEST_BODY} bytes`)
    chunks.push(chunk as Buffer)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

const isController = (request: IncomingMessage): boolean =>
  checkServerIdentity(CONTROLLER_NAME, (request.socket as TLSSocket).getPeerCertificate()) === undefined

/** Resolves when it listens. */
export const startSidecarAdmin = (options: SidecarAdminOptions): Promise<SidecarAdmin> => {
  const { identity, host, port } = options
  const context = () => ({ cert: identity.cert, key: identity.key, ca: identity.ca, minVersion: 'TLSv1.3' as const })
  const server = createServer({ ...context(), requestCert: true, rejectUnauthorized: true }, (request, answer) => {
    decide(request).then(
      reply => send(answer, reply),
      (error: unknown) =>
        send(answer, problem(400, `the body cannot be read: ${error instanceof Error ? error.message : String(error)}`)),
    )
  })
  server.on('tlsClientError', (_, socket) => socket.destroy())

  const certify = (body: unknown): Reply => {
    const { certificate } = (body ?? {}) as { readonly certificate?: unknown }
    if (typeof certificate !== 'string') return problem(400, 'certificate must be a PEM')
    const before = { cert: identity.cert, certified: identity.certified }
    Object.assign(identity, { cert: certificate, certified: true })
    try {
      server.setSecureContext(context())
    } catch {
      Object.assign(identity, before)
      server.setSecureContext(context())
      return problem(422, 'the certificate is not one of this key')
    }
    return { status: 200, body: { ok: true } }
  }

  const take = (body: unknown): Reply => {
    const checked = checkTable(body)
    if ('problem' in checked) return problem(422, checked.problem)
    if (checked.table.ca !== identity.ca) {
      identity.ca = checked.table.ca
      server.setSecureContext(context())
    }
    options.apply(checked.table)
    return { status: 200, body: options.report() }
  }

  const buckets = (query: string): Reply => {
    const parameters = new URLSearchParams(query)
    const route = parameters.get('route') ?? ''
    const seconds = Number(parameters.get('seconds') ?? RING_SECONDS)
    if (!Number.isInteger(seconds) || seconds < 1)
      return problem(400, `seconds must be a whole number from 1 to ${RING_SECONDS}, e.g. 30`)
    const report = options.buckets(route, seconds)
    return report ? { status: 200, body: report } : problem(404, `no Route ${route} is in force here`)
  }

  const decide = async (request: IncomingMessage): Promise<Reply> => {
    if (!isController(request)) return problem(403, `only ${CONTROLLER_NAME} may ask here`)
    const [path, query = ''] = (request.url ?? '/').split('?')
    const what = `${request.method} ${path}`
    if (what === 'GET /request') return { status: 200, body: { request: identity.request } }
    if (what === 'POST /certificate') return certify(await readBody(request))
    if (!identity.certified) return problem(409, 'the key of this sidecar is not certified yet')
    if (what === 'POST /table') return take(await readBody(request))
    if (what === 'GET /routes') return { status: 200, body: options.report() }
    if (what === 'GET /buckets') return buckets(query)
    return problem(404, 'there are GET /request, /routes and /buckets, and POST /certificate and /table')
  }

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

const send = (answer: ServerResponse, { status, body }: Reply): void => {
  const text = JSON.stringify(body)
  answer.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  })
  answer.end(text)
}
