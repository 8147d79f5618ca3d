/** A client of the webhook over real TLS, and the webhook to be its server. */
import { Agent, request as httpsRequest } from 'node:https'
import type { Logger } from '../../kube/log.ts'
import { startServer, type TlsServer } from '../../kube/tls-server.ts'
import type { View } from '../admission.ts'
import type { ReviewAnswer } from '../answer.ts'
import { makeApp } from '../app.ts'
import { makeMetrics, type WebhookMetrics } from '../metrics.ts'
import { review } from '../review.ts'
import { makeAuthority, makePairSource } from './certificates.ts'
import { USER, WEB } from './objects.ts'

export const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => SILENT }

export type HttpAnswer = {
  readonly status: number
  readonly body: string
  readonly headers: { readonly [name: string]: unknown }
}

export type Running = {
  readonly server: TlsServer
  readonly metrics: WebhookMetrics
  readonly authority: ReturnType<typeof makeAuthority>
  readonly pair: ReturnType<typeof makePairSource>
  readonly send: (body: string | Buffer, options?: SendOptions) => Promise<HttpAnswer>
  readonly stop: () => Promise<void>
}

export type SendOptions = {
  readonly contentType?: string | null
  readonly method?: string
  readonly path?: string
  readonly ca?: string
  readonly agent?: Agent
}

export const startWebhook = async ({
  view = WEB,
  judge,
}: {
  readonly view?: View
  readonly judge?: typeof review
} = {}): Promise<Running> => {
  const authority = makeAuthority()
  const pair = makePairSource(authority.issue())
  const metrics = makeMetrics()
  const app = makeApp({ judge: request => (judge ?? review)(request, view), metrics, log: SILENT, now: () => performance.now() })
  const server = await startServer({ app, pair, host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true, ca: authority.caBundle })
  return {
    server,
    metrics,
    authority,
    pair,
    send: (body, options = {}) => send({ port: server.port, ca: authority.caBundle, agent, ...options }, body),
    stop: async () => {
      agent.destroy()
      await server.close(1000)
    },
  }
}

const send = (options: SendOptions & { readonly port: number }, body: string | Buffer): Promise<HttpAnswer> => {
  const { port, path = '/mutate', method = 'POST', contentType = 'application/json', ca, agent } = options
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        ca,
        agent,
        headers: { ...(contentType === null ? {} : { 'Content-Type': contentType }), 'Content-Length': Buffer.byteLength(body) },
      },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), headers: response.headers }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** The body that the API server sends. */
export const aReview = (request: object): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'e1',
      kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      namespace: 'shop',
      name: 'web',
      operation: 'CREATE',
      userInfo: { username: USER },
      dryRun: false,
      ...request,
    },
  })

export const answerOf = (answer: HttpAnswer): ReviewAnswer['response'] => {
  const review: ReviewAnswer = JSON.parse(answer.body)
  if (review.apiVersion !== 'admission.k8s.io/v1' || review.kind !== 'AdmissionReview')
    throw new Error(`not an AdmissionReview: ${answer.body}`)
  return review.response
}
