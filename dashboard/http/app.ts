/** The HTTP side of the dashboard: who asks, whether it may change something, and then the API or a file of the page. */
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express'
import { VERSION } from '../../api/version.ts'
import type { Clock } from '../../kube/clock.ts'
import { isApiError, messageOf } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { Action, LoginKind, SessionAnswer } from '../contract.ts'
import type { DashboardMetrics } from '../metrics.ts'
import { SECURITY_HEADERS } from '../security-headers.ts'
import { cookieHeader, readCookie } from '../session/cookies.ts'
import type { Person, Session, Sessions } from '../session/sessions.ts'
import { argoApi } from './argo-api.ts'
import { ownApi, smallJson } from './own-api.ts'
import { type Pages, servePages } from './pages.ts'
import { problemOf, refuse } from './problem.ts'
import { isLoopbackHost, isProgram, refusalOf } from './same-origin.ts'

export type AppOptions = {
  readonly login: LoginKind
  readonly sessions: Sessions
  /** Makes a client of a bearer token and asks the API server who that is. Throws ApiError 401 for one it does not know. */
  readonly signIn: (token: string) => Promise<Person>
  readonly cookie: { readonly name: string; readonly isSecure: boolean }
  /** With `login: 'local'`: whoever brings it in the address gets the session of the kubeconfig. */
  readonly local?: { readonly isKey: (text: string) => boolean; readonly person: () => Person }
  /** Address of the API server, as shown. */
  readonly cluster: string
  readonly sluiceNamespace: string
  readonly pages: Pages
  readonly metrics: DashboardMetrics
  readonly clock: Clock
  readonly log: Logger
}

const SESSION = 'session'
const OWN = '/api/sluice/v1'
/** Tokens of ServiceAccounts and OIDC are about 1 to 4 KiB. */
const LONGEST_TOKEN = 12_000
/** Each failed sign-in asks the API server: no more than that a minute from all together. */
const MOST_FAILED = 60
const MINUTE_MS = 60_000

const bearerOf = (request: Request): string | undefined =>
  /^Bearer ([\x21-\x7e]+)$/i.exec(request.get('authorization') ?? '')?.[1]

/** Counts failed sign-ins of the last minute. */
const makeBrake = (clock: Clock) => {
  const failed: number[] = []
  return {
    isOn: (): boolean => {
      while (failed[0] !== undefined && clock.now() - failed[0] > MINUTE_MS) failed.shift()
      return failed.length >= MOST_FAILED
    },
    count: (): void => void failed.push(clock.now()),
  }
}

const HINTS: { readonly [login in LoginKind]?: string } = {
  proxy: 'The proxy in front of the dashboard has to send your token as Authorization: Bearer; it has not.',
  local: 'Open the address that sluice dashboard printed; it has the key in it.',
}

export const makeApp = (options: AppOptions): Express => {
  const { login, sessions, signIn, cookie, local, clock, log, metrics, pages, cluster, sluiceNamespace } = options
  const brake = makeBrake(clock)
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)

  const answerOf = (session: Session | undefined): SessionAnswer => ({
    login,
    signedIn: session !== undefined,
    version: VERSION,
    ...(session && { cluster }),
    ...(session && session.user !== '' && { user: session.user }),
    ...(session === undefined && HINTS[login] !== undefined && { hint: HINTS[login] }),
  })
  /** Throws what the API server says of the token. */
  const signInOnce = async (token: string): Promise<Person> => {
    if (brake.isOn()) throw Object.assign(new Error('too many'), { status: 429 })
    try {
      return await signIn(token)
    } catch (error) {
      if (isApiError(error) && error.status === 401) brake.count()
      throw error
    }
  }
  const ofBearer = async (token: string): Promise<Session> =>
    sessions.of(`bearer ${token}`) ?? sessions.put(`bearer ${token}`, await signInOnce(token))

  const findSession = async (request: Request): Promise<Session | undefined> => {
    const token = bearerOf(request)
    if (
      token !== undefined &&
      token.length <= LONGEST_TOKEN &&
      (login === 'proxy' || (login === 'token' && isProgram(request.headers)))
    )
      return ofBearer(token)
    const id = login === 'proxy' ? undefined : readCookie(request.headers.cookie, cookie.name)
    return id === undefined ? undefined : sessions.of(id)
  }
  const requireSession: RequestHandler = async (request, response, next) => {
    const session = await findSession(request)
    if (session === undefined) return refuse(response, 401, HINTS[login] ?? 'sign in first')
    response.locals[SESSION] = session
    next()
  }
  const sessionOf = (response: Response): Session => response.locals[SESSION] as Session
  const setCookie = (response: Response, id: string | undefined): void => {
    response.append('Set-Cookie', cookieHeader(cookie.name, id, cookie.isSecure))
  }

  app.use((request, response, next) => {
    response.set(SECURITY_HEADERS)
    if (cookie.isSecure) response.set('Strict-Transport-Security', 'max-age=31536000')
    response.once('finish', () => metrics.countRequest(request.method, response.statusCode))
    if (local !== undefined && !isLoopbackHost(request.headers.host))
      return refuse(response, 421, 'this is served on loopback only')
    if (request.method === 'GET' || request.method === 'HEAD') return next()
    const refusal = refusalOf(request.headers)
    if (refusal !== undefined) return refuse(response, 403, refusal)
    next()
  })
  if (local !== undefined) {
    app.get('/', (request, response, next) => {
      const { key } = request.query
      if (typeof key !== 'string') return next()
      if (!local.isKey(key)) return refuse(response, 401, HINTS.local ?? '')
      setCookie(response, sessions.open(local.person()))
      // The key leaves the address bar and the history.
      response.redirect(303, '/')
    })
  }
  app
    .route(`${OWN}/session`)
    .get(async (request, response) => {
      response.json(answerOf(await findSession(request)))
    })
    .post(smallJson, async (request, response) => {
      const token: unknown = request.body?.token
      if (login !== 'token') return refuse(response, 404, HINTS[login] ?? '')
      if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token.trim()) || token.length > LONGEST_TOKEN)
        return refuse(response, 400, 'token: must be a bearer token, e.g. what kubectl create token NAME prints')
      const id = sessions.open(await signInOnce(token.trim()))
      setCookie(response, id)
      response.json(answerOf(sessions.of(id)))
    })
    .delete((request, response) => {
      const id = readCookie(request.headers.cookie, cookie.name)
      if (id !== undefined) sessions.end(id)
      setCookie(response, undefined)
      response.json(answerOf(undefined))
    })
  const onAction = (action: Action, outcome: 'done' | 'refused'): void => metrics.countAction(action, outcome)
  const shared = { clock, sessionOf, requireSession, onAction, onStream: metrics.countStream }
  app.use(OWN, ownApi({ ...shared, sluiceNamespace }))
  app.use(['/api/v1', '/rollouts/api/v1'], argoApi(shared))
  app.use('/api', (request, response) => refuse(response, 404, `${request.path} is not served`))
  app.use(servePages(pages))
  app.use(errorHandler(log))
  return app
}

const errorHandler =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    const problem = problemOf(error)
    if (problem.status === 500)
      log.error('a request failed', { error: messageOf(error), method: request.method, path: request.path })
    if (response.headersSent) return next(error)
    response.status(problem.status).json(problem)
  }
