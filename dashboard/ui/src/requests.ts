/** The dashboard's server, asked. Addresses are relative to the page, so it works below any path. */
import type {
  Action,
  ActionDone,
  ActionPreview,
  ActionRequest,
  ExperimentState,
  Problem,
  RevisionDiff,
  RunState,
  Runs,
  SessionAnswer,
} from '../../contract.ts'

export type Answer<T> = { readonly ok: T } | { readonly problem: Problem }

export const addressOf = (path: string): string => new URL(`api/sluice/v1/${path}`, document.baseURI).href

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'

const asProblem = async (response: Response): Promise<Problem> => {
  const body: unknown = await response.json().catch(() => undefined)
  if (isProblem(body)) return body
  return {
    status: response.status,
    reason: response.statusText,
    message: `the server answered ${response.status} ${response.statusText}`,
  }
}

/** A network failure is a Problem of status 0, like any other answer that is none. */
const ask = async <T>(method: string, path: string, body?: object): Promise<Answer<T>> => {
  try {
    const response = await fetch(addressOf(path), {
      method,
      headers: {
        accept: 'application/json',
        ...(method === 'GET' ? {} : { 'x-sluice-request': '1' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) return { problem: await asProblem(response) }
    const ok: T = await response.json()
    return { ok }
  } catch (error) {
    const message = `the dashboard's server could not be reached: ${error instanceof Error ? error.message : String(error)}`
    return { problem: { status: 0, reason: 'Unreachable', message } }
  }
}

const rolloutPath = (key: string): string => `rollouts/${key.split('/').map(encodeURIComponent).join('/')}`

export const getSession = (): Promise<Answer<SessionAnswer>> => ask('GET', 'session')
export const signIn = (token: string): Promise<Answer<SessionAnswer>> => ask('POST', 'session', { token })
export const signOut = (): Promise<Answer<SessionAnswer>> => ask('DELETE', 'session')

export const getDiff = (key: string, revision: number): Promise<Answer<RevisionDiff>> =>
  ask('GET', `${rolloutPath(key)}/revisions/${revision}`)

const objectPath = (kind: string, namespace: string, name: string): string =>
  `${kind}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`

export const getRuns = (): Promise<Answer<Runs>> => ask('GET', 'runs')
export const getExperiment = (namespace: string, name: string): Promise<Answer<ExperimentState>> =>
  ask('GET', objectPath('experiments', namespace, name))
export const getRun = (namespace: string, name: string): Promise<Answer<RunState>> =>
  ask('GET', objectPath('analysisruns', namespace, name))

export const getPreviews = (key: string): Promise<Answer<readonly ActionPreview[]>> => ask('GET', `${rolloutPath(key)}/actions`)

/** What the action would do; nothing is changed. */
export const previewAction = (key: string, action: Action, given: ActionRequest): Promise<Answer<ActionPreview>> => {
  const fields = Object.entries(given).map(([name, value]) => [name, String(value)])
  return ask('GET', `${rolloutPath(key)}/actions/${action}?${new URLSearchParams(fields)}`)
}

export const act = (key: string, action: Action, request: ActionRequest): Promise<Answer<ActionDone>> =>
  ask('POST', `${rolloutPath(key)}/actions/${action}`, request)

export const streamAddress = (rollout: string | undefined): string =>
  addressOf(rollout === undefined ? 'stream' : `stream?${new URLSearchParams({ rollout })}`)
