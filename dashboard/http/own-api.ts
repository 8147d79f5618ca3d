/** The paths of the page: contract.ts. */
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Deployment } from '../../api/kubernetes.ts'
import { templateOf } from '../../view/template-of.ts'
import { act, previewAction, previewActions } from '../actions/act.ts'
import { isAction } from '../actions/plan.ts'
import type { Action, ActionRequest, RevisionDiff } from '../contract.ts'
import { readDetail, readNumbers, readView } from '../feed/read-detail.ts'
import { readExperiment, readRun, readRuns } from '../feed/read-runs.ts'
import { diffTemplates } from '../model/diff.ts'
import { presentTemplate } from '../model/row.ts'
import type { Session } from '../session/sessions.ts'
import { serveLog } from './log.ts'
import { refuse } from './problem.ts'
import { type StreamOptions, serveStream } from './stream.ts'

export type OwnApiOptions = StreamOptions & {
  /** The session of a request that `requireSession` let through. */
  readonly sessionOf: (response: Response) => Session
  readonly requireSession: RequestHandler
  readonly onAction: (action: Action, outcome: 'done' | 'refused') => void
}

/** Nobody sends us more than a container and an image. */
export const smallJson = express.json({ limit: '16kb', inflate: false, strict: true })

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const revisionIn = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : undefined
}

/** From a query or a body; what is not of the contract is left out. */
const requestIn = (fields: { readonly [name: string]: unknown } | undefined): ActionRequest => {
  const [seen, container, image] = [textIn(fields?.['seen']), textIn(fields?.['container']), textIn(fields?.['image'])]
  const revision = revisionIn(fields?.['revision'])
  return {
    ...(seen && { seen }),
    ...(container && { container }),
    ...(image && { image }),
    ...(revision !== undefined && { revision }),
  }
}

export const targetOf = ({ params }: Request): { readonly namespace: string; readonly name: string } => ({
  namespace: String(params['namespace']),
  name: String(params['name']),
})

const actionOf = (request: Request, response: Response): Action | undefined => {
  const word = String(request.params['action'])
  if (isAction(word)) return word
  refuse(response, 404, `${JSON.stringify(word.slice(0, 40))} is no action; e.g. promote, abort, undo`)
  return undefined
}

export const ownApi = (options: OwnApiOptions): Router => {
  const { sessionOf, requireSession, sluiceNamespace, clock, onAction } = options
  const router = Router()
  const source = (response: Response) => ({ client: sessionOf(response).client, sluiceNamespace, now: clock.now })
  router.use(requireSession)
  router.get('/overview', async (_request, response) => {
    response.json((await sessionOf(response).overview.ready()).overview())
  })
  router.get('/stream', async (request, response) => {
    await serveStream(request, response, sessionOf(response), options)
  })
  router.get('/runs', async (_request, response) => {
    const { client, overview } = sessionOf(response)
    response.json(await readRuns(client, (await overview.ready()).overview().namespaces))
  })
  router.get('/experiments/:namespace/:name', async (request, response) => {
    response.json(await readExperiment(sessionOf(response).client, targetOf(request), clock.now()))
  })
  router.get('/analysisruns/:namespace/:name', async (request, response) => {
    response.json(await readRun(sessionOf(response).client, targetOf(request), clock.now()))
  })
  router.get('/pods/:namespace/:name/log', serveLog(sessionOf))
  const rollout = '/rollouts/:namespace/:name'
  router.get(rollout, async (request, response) => {
    response.json(await readDetail(source(response), targetOf(request)))
  })
  router.get(`${rollout}/numbers`, async (request, response) => {
    response.json(await readNumbers(source(response), targetOf(request)))
  })
  router.get(`${rollout}/revisions/:revision`, async (request, response) => {
    const revision = revisionIn(request.params['revision'])
    const { view } = await readView(sessionOf(response).client, targetOf(request))
    const version = view.versions.find(one => one.revision === revision)
    const present: Deployment['spec']['template'] | undefined = presentTemplate(view)
    if (revision === undefined || version === undefined || present === undefined)
      return refuse(
        response,
        404,
        `${view.name} has no such revision; its revisions are ${view.versions.map(one => one.revision).join(', ')}`,
      )
    response.json({ revision, changes: diffTemplates(templateOf(version.replicaSet), present) } satisfies RevisionDiff)
  })
  router.get(`${rollout}/actions`, async (request, response) => {
    response.json(await previewActions(sessionOf(response).client, targetOf(request), clock.now()))
  })
  router.get(`${rollout}/actions/:action`, async (request, response) => {
    const action = actionOf(request, response)
    if (action === undefined) return
    const wish = { action, request: requestIn(request.query), now: clock.now() }
    response.json(await previewAction(sessionOf(response).client, targetOf(request), wish))
  })
  router.post(`${rollout}/actions/:action`, smallJson, async (request, response) => {
    const action = actionOf(request, response)
    if (action === undefined) return
    const wish = { action, request: requestIn(request.body), now: clock.now() }
    try {
      response.json(await act(sessionOf(response).client, targetOf(request), wish))
      onAction(action, 'done')
    } catch (error) {
      onAction(action, 'refused')
      throw error
    }
  })
  return router
}
