/** What the API server answers when it refuses. Network failures are not ApiErrors: they stay the errors that the transport throws. */

/** The parts of a Kubernetes `Status` body that callers use. */
export type StatusBody = {
  readonly reason?: string
  readonly message?: string
  readonly code?: number
  readonly details?: {
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]
  }
}

export type ApiErrorFields = {
  /** The HTTP status, or the `code` of an ERROR event in a watch. */
  readonly status: number
  /** Kubernetes' machine-readable word, e.g. `NotFound`, `AlreadyExists`, `Conflict`, `Expired`; made from the status where the server gave none. */
  readonly reason: string
  readonly message: string
  /** How long the server asked to be left alone. */
  readonly retryAfterMs?: number
  readonly causes?: NonNullable<StatusBody['details']>['causes']
}

export class ApiError extends Error {
  readonly status: number
  readonly reason: string
  readonly retryAfterMs?: number
  readonly causes?: NonNullable<StatusBody['details']>['causes']

  constructor(fields: ApiErrorFields) {
    super(fields.message)
    this.name = 'ApiError'
    this.status = fields.status
    this.reason = fields.reason
    if (fields.retryAfterMs !== undefined) this.retryAfterMs = fields.retryAfterMs
    if (fields.causes !== undefined) this.causes = fields.causes
  }
}

const REASONS: { readonly [status: number]: string } = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

export const reasonOf = (status: number): string => REASONS[status] ?? 'Unknown'

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError
export const isNotFound = (error: unknown): boolean => isApiError(error) && error.status === 404
/** What a request answers; undefined when the object, or its kind, is not there. */
export const orAbsent = async <T>(request: Promise<T>): Promise<T | undefined> => {
  try {
    return await request
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** The object changed since it was read (or its uid is another one). `AlreadyExists` has the same status and is not meant. */
export const isConflict = (error: unknown): boolean =>
  isApiError(error) && error.status === 409 && error.reason !== 'AlreadyExists'
export const isAlreadyExists = (error: unknown): boolean =>
  isApiError(error) && error.status === 409 && error.reason === 'AlreadyExists'
/** The resourceVersion or the continue token is too old; list again. */
export const isGone = (error: unknown): boolean => isApiError(error) && error.status === 410

/** A watch on which nothing arrived for longer than agreed. */
export class IdleError extends Error {
  constructor(what: string, idleMs: number) {
    super(`${what}: nothing arrived for ${idleMs} ms`)
    this.name = 'IdleError'
  }
}

/** Text of any thrown thing, for logs and messages. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
