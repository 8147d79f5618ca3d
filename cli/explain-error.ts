/** Any failure as one line that says what to do. */
import { isApiError, messageOf } from '../kube/errors.ts'
import { UserError } from '../view/user-error.ts'

const UNREACHABLE: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'UND_ERR_CONNECT_TIMEOUT',
]

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return ''
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : codeOf(error.cause)
}

/** By the status of the API server's refusal. */
const HINTS: { readonly [status: number]: string } = {
  401: 'log in again, or choose another user with --context or --kubeconfig',
  403: 'ask for that right, or choose another user with --context',
  409: 'the object changed meanwhile; run the same command again',
  422: 'the object changed meanwhile or the value is not allowed; look with kubectl sluice get, then run the command again',
  429: 'the API server is busy; run the same command again in a while',
  500: 'run the same command again; if it stays, look at the API server and at the webhook (kubectl -n sluice-system get pods)',
}

export const explainError = (error: unknown): string => {
  const message = messageOf(error).replaceAll(/\s*\n\s*/g, '; ')
  if (error instanceof UserError) return message
  if (isApiError(error)) {
    const hint = HINTS[error.status]
    return hint === undefined ? message : `${message}; ${hint}`
  }
  if (UNREACHABLE.includes(codeOf(error)))
    return `the cluster cannot be reached (${message}); check that it runs, and --kubeconfig and --context`
  if (/kubeconfig/i.test(message)) return `${message}; name one with --kubeconfig or KUBECONFIG`
  return message
}
