/** Canned data of the contract on loopback, for work on the browser side; what a person does changes it as the real thing would. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { ActionPreview, RolloutRow, SessionAnswer, StreamEvent } from '../contract.ts'
import { SECURITY_HEADERS } from '../security-headers.ts'
import { cannedActions, cannedDetail, cannedDiff, cannedNumbers, cannedOverview, isoTime } from './canned.ts'
import { cannedExperiment, cannedRun, cannedRuns } from './canned-experiments.ts'

export type FixtureOptions = {
  readonly port?: number
  /** Rollouts at rest besides the five that are not; default 20. */
  readonly atRest?: number
  /** Signed in from the start; without it the token `let-me-in` signs in. */
  readonly signedIn?: boolean
  /** Folder of the built page. */
  readonly pages: string
  /** Milliseconds since the epoch; a fixed clock gives pictures that can be compared. */
  readonly now?: () => number
}

export type FixtureServer = {
  readonly url: string
  /** Ends every stream and refuses new connections for so long, as a network that is away. */
  readonly cut: (ms: number) => void
  readonly close: () => Promise<void>
}

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}

const BASE = '/api/sluice/v1'
const TICK_MS = 1000

const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

const problem = (response: ServerResponse, status: number, reason: string, message: string): void =>
  sendJson(response, status, { status, reason, message })

const readBody = async (request: IncomingMessage): Promise<{ readonly [name: string]: unknown }> => {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}

/** What an action makes of a row. */
const after = (row: RolloutRow, action: ActionPreview['action']): RolloutRow => {
  if (action === 'abort')
    return {
      ...row,
      attention: 'rolled-back',
      phase: 'Degraded',
      sentence: 'rolled back: aborted by a person',
      weight: { set: 0, actual: 0, confirmed: true },
    }
  if (action === 'promote' || action === 'skip' || action === 'full')
    return {
      ...row,
      attention: 'at-rest',
      phase: 'Healthy',
      sentence: '',
      step: { index: 5, count: 5 },
      weight: { set: 100, confirmed: true },
    }
  return { ...row, attention: 'in-flight', phase: 'Progressing', sentence: 'begins' }
}

export const startFixtureServer = async (options: FixtureOptions): Promise<FixtureServer> => {
  const { atRest = 20, pages, now = Date.now } = options
  let signedIn = options.signedIn ?? false
  let cutUntil = 0
  const rows = new Map(cannedOverview(now(), atRest).rows.map(row => [row.key, row]))
  const streams = new Set<ServerResponse>()
  let id = 0

  const tell = (response: ServerResponse, event: StreamEvent): void => {
    id += 1
    response.write(`id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  const session = (): SessionAnswer => ({
    login: 'token',
    signedIn,
    ...(signedIn && { user: 'ada@example.com', cluster: 'https://127.0.0.1:6443' }),
    version: '0.1.0',
  })
  const stream = (response: ServerResponse, key: string | null): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    streams.add(response)
    tell(response, { type: 'overview', overview: { rows: [...rows.values()], missing: [], now: isoTime(now()) } })
    const row = key === null ? undefined : rows.get(key)
    if (row === undefined && key !== null) tell(response, { type: 'gone', key })
    if (row !== undefined) {
      tell(response, { type: 'rollout', detail: cannedDetail(now(), row) })
      tell(response, { type: 'numbers', key: row.key, numbers: cannedNumbers(now()) })
    }
    const timer = setInterval(() => {
      if (row !== undefined) tell(response, { type: 'numbers', key: row.key, numbers: cannedNumbers(now(), now() / 1000 - 12) })
      else response.write(': alive\n\n')
    }, TICK_MS)
    response.on('close', () => {
      clearInterval(timer)
      streams.delete(response)
    })
  }
  const act = async (request: IncomingMessage, response: ServerResponse, row: RolloutRow, action: string): Promise<void> => {
    if (request.headers['x-sluice-request'] !== '1')
      return problem(response, 403, 'Forbidden', 'the request lacks the header X-Sluice-Request: 1')
    await readBody(request)
    const known = cannedActions().find(one => one.action === action)
    const changed = after(row, known?.action ?? 'restart')
    rows.set(row.key, changed)
    for (const one of streams) tell(one, { type: 'changes', rows: [changed], gone: [] })
    sendJson(response, 200, { action, sentence: known?.sentence ?? 'The images are changed.' })
  }
  const preview = (response: ServerResponse, action: string): void => {
    const known = cannedActions().find(one => one.action === action)
    const image = {
      action: 'set-image',
      possible: true,
      permitted: true,
      sentence: 'web: registry.example/web:v2 becomes the image given, which starts an update.',
      seen: 'canned',
    }
    sendJson(response, 200, known ?? image)
  }
  const actions = (request: IncomingMessage, response: ServerResponse, row: RolloutRow, which: string): unknown => {
    if (which === '') return sendJson(response, 200, cannedActions())
    return request.method === 'POST' ? act(request, response, row, which) : preview(response, which)
  }
  const ofRollout = async (request: IncomingMessage, response: ServerResponse, words: readonly string[]): Promise<void> => {
    const [namespace = '', name = '', what = '', which = ''] = words
    const row = rows.get(`${namespace}/${name}`)
    if (row === undefined)
      return problem(response, 404, 'NotFound', `there is no Deployment or Rollout ${name} in namespace ${namespace}`)
    if (what === '') return sendJson(response, 200, cannedDetail(now(), row))
    if (what === 'numbers') return sendJson(response, 200, cannedNumbers(now()))
    if (what === 'revisions') return sendJson(response, 200, cannedDiff(Number(which)))
    if (what === 'actions') await actions(request, response, row, which)
    else problem(response, 404, 'NotFound', `${what} is not served`)
  }
  const signIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'DELETE') signedIn = false
    if (request.method === 'POST') {
      if ((await readBody(request))['token'] !== 'let-me-in')
        return problem(response, 401, 'Unauthorized', 'the API server does not know this token; it may have ended')
      signedIn = true
    }
    sendJson(response, 200, session())
  }
  const log = (response: ServerResponse, url: URL): unknown => {
    if (url.searchParams.get('previous') === 'true')
      return problem(response, 400, 'BadRequest', 'previous terminated container "web" in pod not found')
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('listening on :8080\nGET /search 200 12 ms\n')
    if (url.searchParams.get('follow') !== 'true') return response.end()
    return setTimeout(() => response.write('GET /cart 500 3 ms\n'), TICK_MS / 4)
  }
  const others: { readonly [first: string]: ((response: ServerResponse, url: URL) => unknown) | undefined } = {
    runs: response => sendJson(response, 200, { rows: cannedRuns(now()), missing: [] }),
    experiments: response => sendJson(response, 200, cannedExperiment(now())),
    analysisruns: response => sendJson(response, 200, cannedRun(now())),
    pods: log,
  }
  const api = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const [first, ...rest] = url.pathname
      .slice(BASE.length + 1)
      .split('/')
      .map(decodeURIComponent)
    if (first === 'session') return signIn(request, response)
    if (!signedIn) return problem(response, 401, 'Unauthorized', 'sign in first')
    if (first === 'overview') return sendJson(response, 200, { rows: [...rows.values()], missing: [], now: isoTime(now()) })
    if (first === 'stream') return stream(response, url.searchParams.get('rollout'))
    if (first === 'rollouts') return ofRollout(request, response, rest)
    const other = others[first ?? '']
    if (other !== undefined) return void other(response, url)
    return problem(response, 404, 'NotFound', `${url.pathname} is not served`)
  }
  const page = async (response: ServerResponse, path: string): Promise<void> => {
    const file = extname(path) === '' ? 'index.html' : normalize(path)
    try {
      const bytes = await readFile(join(pages, file))
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
      response.end(bytes)
    } catch {
      problem(response, 404, 'NotFound', `${path} is not there; build the page first`)
    }
  }
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const answered = url.pathname.startsWith(`${BASE}/`) ? api(request, response, url) : page(response, url.pathname)
    answered.catch((error: unknown) => problem(response, 500, 'InternalError', String(error)))
  })
  // Wall-clock time here: the network that is away has nothing to do with the clock that is shown.
  server.on('connection', socket => {
    if (performance.now() < cutUntil) socket.destroy()
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: ms => {
      cutUntil = performance.now() + ms
      server.closeAllConnections()
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
