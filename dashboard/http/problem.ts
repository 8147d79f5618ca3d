/** Whatever went wrong as an answer that a person understands; nothing of the inside gets out. */
import type { Response } from 'express'
import { isApiError, reasonOf } from '../../kube/errors.ts'
import { UserError } from '../../view/user-error.ts'
import type { Problem } from '../contract.ts'

const UNREACHABLE = 'the API server cannot be reached now; what is shown may be old'

const clientStatus = (error: unknown): number | undefined => {
  const status = error instanceof Error ? Reflect.get(error, 'status') : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}

const NETWORK = /^(E[A-Z]+|UND_ERR_\w+)$/

const isNetwork = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const code: unknown = Reflect.get(error, 'code')
  return (typeof code === 'string' && NETWORK.test(code)) || error.name === 'TimeoutError' || isNetwork(error.cause)
}

export const problemOf = (error: unknown): Problem => {
  if (isApiError(error)) return { status: error.status, reason: error.reason, message: error.message }
  if (error instanceof UserError) return { status: 404, reason: 'NotFound', message: error.message }
  if (isNetwork(error)) return { status: 502, reason: 'ServiceUnavailable', message: UNREACHABLE }
  const status = clientStatus(error)
  if (status !== undefined) return { status, reason: reasonOf(status), message: 'the request cannot be read' }
  return { status: 500, reason: 'InternalError', message: 'that failed here; the log of the dashboard says why' }
}

export const refuse = (response: Response, status: number, message: string): void => {
  response.status(status).json({ status, reason: reasonOf(status), message } satisfies Problem)
}
