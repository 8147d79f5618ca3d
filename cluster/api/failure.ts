/** Refusals as the Kubernetes API words them: an HTTP status with a `Status` body (reason, message, details). */
import type { JsonObject } from './json.ts'

export type Cause = { readonly reason: string; readonly message: string; readonly field?: string }

/** What a message and the details of a Status name: the resource by plural name, or the kind for validation errors. */
export type Subject = { readonly group: string; readonly plural: string; readonly name: string }

export type FailureDetails = {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly Cause[]
  readonly retryAfterSeconds?: number
}

/** Thrown inside a request to refuse it; `status` is the body of the answer. */
export class Failure extends Error {
  readonly code: number
  readonly reason: string
  readonly details: FailureDetails | undefined

  constructor(code: number, reason: string, message: string, details?: FailureDetails) {
    super(message)
    this.name = 'Failure'
    this.code = code
    this.reason = reason
    this.details = details
  }

  /** The `Status` object of this refusal. */
  get status(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    }
  }
}

const qualified = ({ group, plural }: Pick<Subject, 'group' | 'plural'>) => (group ? `${plural}.${group}` : plural)

const detailsOf = ({ group, plural, name }: Subject): FailureDetails => ({ name, ...(group ? { group } : {}), kind: plural })

export const notFound = (subject: Subject): Failure =>
  new Failure(404, 'NotFound', `${qualified(subject)} "${subject.name}" not found`, detailsOf(subject))

export const alreadyExists = (subject: Subject): Failure =>
  new Failure(409, 'AlreadyExists', `${qualified(subject)} "${subject.name}" already exists`, detailsOf(subject))

export const conflict = (subject: Subject, why: string): Failure =>
  new Failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${why}`,
    detailsOf(subject),
  )

/** The optimistic lock's refusal. */
export const staleVersion = (subject: Subject): Failure =>
  conflict(subject, 'the object has been modified; please apply your changes to the latest version and try again')

export const forbidden = (subject: Subject, why: string, causes?: readonly Cause[]): Failure =>
  new Failure(403, 'Forbidden', `${qualified(subject)} "${subject.name}" is forbidden: ${why}`, {
    ...detailsOf(subject),
    ...(causes ? { causes } : {}),
  })

export const badRequest = (message: string): Failure => new Failure(400, 'BadRequest', message)

export const methodNotAllowed = (): Failure =>
  new Failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')

export const unknownResource = (): Failure => new Failure(404, 'NotFound', 'the server could not find the requested resource')

export const notAcceptable = (accepted: readonly string[]): Failure =>
  new Failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)

export const unsupportedMediaType = (accepted: readonly string[]): Failure =>
  new Failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

export const tooLarge = (limit: number): Failure =>
  new Failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)

export const unavailable = (message: string): Failure => new Failure(503, 'ServiceUnavailable', message)

/** The version asked for is older than the history that is kept. */
export const expired = (message: string): Failure => new Failure(410, 'Expired', message)

export const tooNew = (asked: number, current: number): Failure =>
  new Failure(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })

export const internalError = (error: unknown): Failure =>
  new Failure(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`, {
    causes: [{ reason: 'UnexpectedServerResponse', message: error instanceof Error ? error.message : String(error) }],
  })
