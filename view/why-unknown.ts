/** Why the routers' numbers are not known, as a sentence for whoever wanted to see them. Pure. */
import { isApiError, messageOf } from '../kube/errors.ts'

/** What was asked when it went wrong: the API server for the list of routers, or one router by way of it. */
export type Question = { readonly namespace: string; readonly router?: string }

/** What the server said: the client puts the request in front of it. */
const said = (error: Error): string => error.message.replace(/^[A-Z]+ \S+: /, '').replace(/\.$/, '')

const right = ({ namespace, router }: Question): string =>
  router === undefined ? `list pods in namespace ${namespace}` : `get pods/proxy in namespace ${namespace}`

/** A whole sentence, e.g. `The routers could not be asked: that takes the right to get pods/proxy in namespace sluice-system.` */
export const whyUnknown = (error: unknown, question: Question): string => {
  const who = question.router === undefined ? 'The routers' : `Router ${question.router}`
  if (!isApiError(error)) return `${who} could not be asked: ${messageOf(error).replace(/\.$/, '')}.`
  if (error.status === 403) return `The routers could not be asked: that takes the right to ${right(question)}.`
  if (error.status === 503 && question.router !== undefined)
    return `${who} could not be asked: the API server does not reach it (${said(error)}).`
  return `${who} could not be asked: the API server says ${JSON.stringify(said(error))}.`
}
