/**
 * The REST paths of Argo Rollouts' own dashboard (server/server.go and pkg/apiclient/rollout of argo-rollouts 1.10), so that clients of it
 * work: below `/api/v1` and `/rollouts/api/v1`. Watches answer one `{"result": …}` a line, or as server-sent events where those are accepted.
 */
import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Deployment, KubeObject } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import { VERSION } from '../../api/version.ts'
import { type Clock, sleep } from '../../kube/clock.ts'
import { isApiError } from '../../kube/errors.ts'
import { DEPLOYMENTS, NAMESPACES, ROLLOUTS } from '../../kube/resources.ts'
import { joinByName } from '../../view/join-by-name.ts'
import { readList } from '../../view/read-objects.ts'
import { act } from '../actions/act.ts'
import { rolloutInfo } from '../argo/info.ts'
import type { Action, ActionRequest } from '../contract.ts'
import { readView } from '../feed/read-detail.ts'
import type { Session } from '../session/sessions.ts'
import { smallJson, targetOf } from './own-api.ts'

export type ArgoApiOptions = {
  readonly clock: Clock
  readonly sessionOf: (response: Response) => Session
  readonly requireSession: RequestHandler
  readonly onStream: (change: 1 | -1) => void
  readonly onAction: (action: Action, outcome: 'done' | 'refused') => void
}

/** A watch looks so often; only what differs is told. */
const LOOK_MS = 1000

const listInfos = async ({ client }: Session, namespace: string, now: number): Promise<ReadonlyMap<string, object>> => {
  const [rollouts, deployments] = await Promise.all([
    readList<Rollout>(client, ROLLOUTS, { namespace }),
    readList<Deployment>(client, DEPLOYMENTS, { namespace }),
  ])
  const views = joinByName(rollouts, deployments).map(one => ({ ...one, versions: [], services: [], analysisRuns: [] }))
  return new Map(views.map(view => [view.name, rolloutInfo(view, now)]))
}

/** Writes until the client goes away. */
const watch = async (
  request: Request,
  response: Response,
  { clock, onStream, sessionOf }: ArgoApiOptions,
  look: () => Promise<readonly object[]>,
): Promise<void> => {
  const first = await look()
  const ending = new AbortController()
  const { signal } = ending
  if (response.closed || response.destroyed) return
  const session = sessionOf(response)
  const end = (): void => ending.abort()
  response.once('close', end)
  session.signal.addEventListener('abort', end, { once: true })
  const asEvents = request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream'
  response.set('Content-Type', asEvents ? 'text/event-stream; charset=utf-8' : 'application/json')
  response.flushHeaders()
  onStream(1)
  const tell = (results: readonly object[]): void => {
    for (const result of results)
      response.write(`${asEvents ? 'data: ' : ''}${JSON.stringify({ result })}\n${asEvents ? '\n' : ''}`)
  }
  tell(first)
  try {
    while (!signal.aborted) {
      await sleep(clock, LOOK_MS, signal)
      if (!signal.aborted) tell(await look())
    }
  } finally {
    onStream(-1)
    session.signal.removeEventListener('abort', end)
    response.end()
  }
}

/** What differs from the look before, as their `{type, rolloutInfo}`. */
const makeDiffer = () => {
  let known: ReadonlyMap<string, object> = new Map()
  let texts = new Map<string, string>()
  return (infos: ReadonlyMap<string, object>): readonly object[] => {
    const now = new Map([...infos].map(([name, info]) => [name, JSON.stringify(info)]))
    const changed = [...infos].filter(([name]) => texts.get(name) !== now.get(name))
    const events = [
      ...changed.map(([name, info]) => ({ type: texts.has(name) ? 'Updated' : 'Added', rolloutInfo: info })),
      ...[...known].filter(([name]) => !infos.has(name)).map(([, info]) => ({ type: 'Deleted', rolloutInfo: info })),
    ]
    known = infos
    texts = now
    return events
  }
}

const readRollout = async ({ client }: Session, namespace: string, name: string): Promise<Rollout | object> => {
  const { view } = await readView(client, { namespace, name })
  return view.rollout ?? {}
}

/** `fields` of a request: an undo's revision, an image. */
type Wish = (request: Request) => { readonly action: Action; readonly fields?: ActionRequest }

const imageOf = ({ params }: Request): string => {
  const words: unknown = params['rest']
  const parts = Array.isArray(words) ? words.map(String) : []
  return `${parts.slice(0, -1).join('/')}:${parts.at(-1) ?? ''}`
}

const WISHES: readonly (readonly [path: string, wish: Wish])[] = [
  ['restart', () => ({ action: 'restart' })],
  ['promote', ({ body }) => ({ action: body?.full === true ? 'full' : 'promote' })],
  ['abort', () => ({ action: 'abort' })],
  ['retry', () => ({ action: 'retry' })],
  ['undo/:revision', ({ params }) => ({ action: 'undo', fields: { revision: Number(params['revision']) || 0 } })],
  [
    'set/:container/*rest',
    request => ({ action: 'set-image', fields: { container: String(request.params['container']), image: imageOf(request) } }),
  ],
]

export const argoApi = (options: ArgoApiOptions): Router => {
  const { clock, sessionOf, requireSession, onAction } = options
  const router = Router()
  router.get('/version', (_request, response) => {
    response.json({ rolloutsVersion: VERSION })
  })
  router.use(requireSession)
  router.get('/namespace', async (_request, response) => {
    const { client, namespaces } = sessionOf(response)
    const available = await client.list<KubeObject>(NAMESPACES).then(
      ({ items }) => items.map(({ metadata }) => metadata.name),
      (error: unknown) => {
        if (isApiError(error) && error.status === 403) return namespaces
        throw error
      },
    )
    response.json({ namespace: namespaces[0] ?? 'default', availableNamespaces: available })
  })
  router.get('/rollouts/:namespace/info', async (request, response) => {
    const infos = await listInfos(sessionOf(response), targetOf(request).namespace, clock.now())
    response.json({ rollouts: [...infos.values()] })
  })
  router.get('/rollouts/:namespace/info/watch', async (request, response) => {
    const differ = makeDiffer()
    const { namespace } = targetOf(request)
    await watch(request, response, options, async () => differ(await listInfos(sessionOf(response), namespace, clock.now())))
  })
  router.get('/rollouts/:namespace/:name/info', async (request, response) => {
    const { view } = await readView(sessionOf(response).client, targetOf(request))
    response.json(rolloutInfo(view, clock.now()))
  })
  router.get('/rollouts/:namespace/:name/info/watch', async (request, response) => {
    let last = ''
    await watch(request, response, options, async () => {
      const { view } = await readView(sessionOf(response).client, targetOf(request))
      const info = rolloutInfo(view, clock.now())
      const text = JSON.stringify(info)
      if (text === last) return []
      last = text
      return [info]
    })
  })
  for (const [path, wish] of WISHES) {
    router.put(`/rollouts/:namespace/:name/${path}`, smallJson, async (request, response) => {
      const { action, fields = {} } = wish(request)
      const { namespace, name } = targetOf(request)
      try {
        await act(sessionOf(response).client, { namespace, name }, { action, request: fields, now: clock.now() })
        onAction(action, 'done')
      } catch (error) {
        onAction(action, 'refused')
        throw error
      }
      response.json(await readRollout(sessionOf(response), namespace, name))
    })
  }
  return router
}
