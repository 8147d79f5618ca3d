/** The HTTP side of the webhook: one path, one kind of body, and an AdmissionReview as every answer to it. */
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express'
import type { Logger } from '../kube/log.ts'
import type { AdmissionRequest, Decision } from './admission.ts'
import { makeAnswer, makeFailure } from './answer.ts'
import { decodeReview } from './decode-review.ts'
import { MUTATE_PATH } from './manifests.ts'
import type { WebhookMetrics } from './metrics.ts'

/** An object has at most 1.5 MiB in etcd; a review carries it twice, and JSON in JSON may be longer than it was. */
const LARGEST_BODY = '8mb'

export type AppOptions = {
  readonly judge: (request: AdmissionRequest) => Decision
  readonly metrics: WebhookMetrics
  readonly log: Logger
  /** Milliseconds, for durations only. */
  readonly now: () => number
}

/** The uid of the request at hand as far as it was read, for the error middleware. */
const UID = 'uid'

export const makeApp = ({ judge, metrics, log, now }: AppOptions): Express => {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.use((_request, response, next) => {
    response.locals.startedAt = now()
    next()
  })
  const refuse = (response: Response, code: number, message: string): void => {
    metrics.count({ kind: 'other', decision: 'error', seconds: secondsSince(response, now) })
    response.status(code).json(makeFailure(uidOf(response), code, message))
  }
  app
    .route(MUTATE_PATH)
    .post(
      onlyJson(refuse),
      express.json({ limit: LARGEST_BODY, inflate: false, type: () => true }),
      (request: Request, response: Response) => {
        const decoded = decodeReview(request.body)
        response.locals[UID] = decoded.request === undefined ? decoded.uid : decoded.request.uid
        if (decoded.request === undefined) return refuse(response, 400, decoded.problem)
        const decision = judge(decoded.request)
        const { kind } = decoded.request.kind
        logDecision(log, decoded.request, decision)
        metrics.count({ kind, decision: decision.auditAnnotations.decision, seconds: secondsSince(response, now) })
        response.json(makeAnswer(decoded.request.uid, decision))
      },
    )
    .all((request: Request, response: Response) => {
      response.set('Allow', 'POST')
      refuse(response, 405, `${request.method} is not supported, must be POST`)
    })
  app.use((request, response) => refuse(response, 404, `${request.path} is not served, must be ${MUTATE_PATH}`))
  app.use(makeErrorHandler(refuse, log))
  return app
}

const uidOf = (response: Response): string => (typeof response.locals[UID] === 'string' ? response.locals[UID] : '')

const secondsSince = (response: Response, now: () => number): number =>
  Math.max(0, now() - Number(response.locals.startedAt)) / 1000

const onlyJson =
  (refuse: (response: Response, code: number, message: string) => void): RequestHandler =>
  (request, response, next) => {
    const type = request.headers['content-type'] ?? 'nothing'
    if (/^application\/json\s*(;|$)/i.test(type)) next()
    else refuse(response, 415, `Content-Type: ${JSON.stringify(type.slice(0, 80))} is not supported, must be "application/json"`)
  }

const logDecision = (log: Logger, request: AdmissionRequest, { allowed, auditAnnotations, patch }: Decision): void => {
  const { kind, namespace, name, operation, user, uid, dryRun } = request
  const fields = {
    kind: kind.kind,
    namespace,
    name,
    operation,
    user,
    uid,
    dryRun,
    allowed,
    ...auditAnnotations,
    operations: patch.length,
  }
  if (auditAnnotations.decision === 'pass') log.debug('reviewed', fields)
  else log.info('reviewed', fields)
}

/** Bodies that could not be read keep the status of their parser; anything else is a fault of ours. */
const makeErrorHandler =
  (refuse: (response: Response, code: number, message: string) => void, log: Logger): ErrorRequestHandler =>
  (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error)
    const status = clientStatus(error)
    if (status === undefined) log.error('a review failed', { error, uid: uidOf(response) })
    refuse(
      response,
      status ?? 500,
      status === undefined ? 'the review failed; see the log of the webhook' : describe(status, error),
    )
  }

const clientStatus = (error: unknown): number | undefined => {
  const status = error instanceof Error ? Reflect.get(error, 'status') : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}

const describe = (status: number, error: unknown): string => {
  if (status === 413) return `body: larger than ${LARGEST_BODY}, must be an AdmissionReview of at most ${LARGEST_BODY}`
  return `body: ${error instanceof Error ? error.message : String(error)}`
}
