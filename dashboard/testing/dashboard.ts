/** A dashboard before an in-process API server, and a browser's worth of requests to it. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../../cluster/start.ts'
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { apply, readCrds } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import type { StreamEvent } from '../contract.ts'
import { type RunningDashboard, runDashboard } from '../run.ts'

export type Answer = {
  readonly status: number
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly body: unknown
}

export type Ask = {
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: unknown
}

/** One request over TLS that trusts anybody: the pair is made at the start. Rejects when there is no answer. */
export const ask = (port: number, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: { ...json, ...headers },
      rejectUnauthorized: false,
      agent: false as const,
    }
    const request = httpsRequest(options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => {
        const isJson = String(response.headers['content-type']).includes('json') && text !== ''
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: isJson ? JSON.parse(text) : text })
      })
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body === undefined ? undefined : JSON.stringify(body))
  })

export type Listening = {
  readonly events: readonly StreamEvent[]
  /** Of the last event that had one. */
  readonly lastId: () => string
  readonly text: () => string
  /** The first event that fits, also one that came before. Rejects after ten seconds. */
  readonly until: (what: string, fits: (event: StreamEvent) => boolean) => Promise<StreamEvent>
  readonly close: () => void
}

/** Reads a stream of events. */
export const listen = (port: number, path: string, headers: { readonly [name: string]: string }): Listening => {
  let text = ''
  let lastId = ''
  const events: StreamEvent[] = []
  const request = httpsRequest({ host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, agent: false }, response => {
    response.setEncoding('utf8')
    let rest = ''
    response.on('error', () => undefined)
    response.on('data', (chunk: string) => {
      text += chunk
      const frames = (rest + chunk).split('\n\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) {
        const [, data] = /^data: (.*)$/m.exec(frame) ?? []
        const [, id] = /^id: (.*)$/m.exec(frame) ?? []
        if (id !== undefined) lastId = id
        if (data !== undefined) events.push(JSON.parse(data))
      }
    })
  })
  request.on('error', () => undefined)
  request.end()
  return {
    events,
    lastId: () => lastId,
    text: () => text,
    until: (what, fits) => waitFor({ what, timeoutMs: 10_000 }, async () => events.find(fits)),
    close: () => request.destroy(),
  }
}

/** Who may do what in front of an API server that allows everything to everybody: refused are writes of these tokens, and they are told so. */
export type Gate = {
  readonly url: string
  /** Tokens that may only read. */
  readonly readers: Set<string>
  /** Tokens that may list nothing outside of namespace shop, not even the namespaces. */
  readonly shopOnly: Set<string>
  /** What was asked for, as `USER-TOKEN METHOD PATH`. */
  readonly seen: string[]
  readonly close: () => Promise<void>
}

const forbidden = (message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code: 403,
  reason: 'Forbidden',
  message,
})

const startGate = async (target: string): Promise<Gate> => {
  const readers = new Set<string>()
  const shopOnly = new Set<string>()
  const seen: string[] = []
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request
    const token = headers.authorization?.replace(/^Bearer /, '') ?? ''
    seen.push(`${token} ${method} ${url}`)
    const say = (status: number, body: object): void => {
      request.resume()
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    const isReview = url.includes('selfsubject')
    if (readers.has(token) && url.includes('selfsubjectaccessreviews')) return say(201, { status: { allowed: false } })
    if (readers.has(token) && method !== 'GET' && !isReview) return say(403, forbidden(`User "ada" cannot ${method} ${url}`))
    if (shopOnly.has(token) && !isReview && !url.includes('/namespaces/shop/'))
      return say(403, forbidden(`User "ada" cannot ${method} ${url}`))
    const sent = httpsRequest(`${target}${url}`, { method, headers, rejectUnauthorized: false }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    sent.on('error', () => response.destroy())
    response.on('close', () => sent.destroy())
    request.pipe(sent)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    readers,
    shopOnly,
    seen,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

export type Rig = {
  readonly cluster: Cluster
  readonly gate: Gate
  readonly dashboard: RunningDashboard
  readonly port: number
  /** Of somebody for whom the API server allows everything. */
  readonly token: string
  /** Signs in by the form; the answer is the Cookie header. */
  readonly signIn: (token?: string) => Promise<string>
  readonly stop: () => Promise<void>
}

export const startRig = async (login: 'token' | 'proxy' = 'token'): Promise<Rig> => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-dashboard-'))
  const cluster = await startCluster({ stateDir, log: silentLogger, node: false, proxy: false })
  await apply(cluster.client, readCrds(join(import.meta.dirname, '../..')))
  const gate = await startGate(cluster.url)
  const dashboard = await runDashboard({
    login,
    cluster: { server: gate.url, tls: async () => ({}) },
    clock: systemClock,
    log: silentLogger,
    host: '127.0.0.1',
    port: 0,
    healthPort: 0,
    sluiceNamespace: 'sluice-system',
    namespaces: [],
    dnsNames: ['localhost'],
    pages: join(stateDir, 'no-pages'),
  })
  const { port } = dashboard
  const token = cluster.api.tokenFor('shop', 'ada')
  return {
    ...{ cluster, gate, dashboard, port, token },
    signIn: async (own = token) => {
      const { headers } = await ask(port, '/api/sluice/v1/session', { method: 'POST', headers: OWN, body: { token: own } })
      const [cookie = ''] = headers['set-cookie'] ?? []
      return cookie.split(';')[0] ?? ''
    },
    stop: async () => {
      await dashboard.stop(0)
      await gate.close()
      await cluster.stop()
      rmSync(stateDir, { recursive: true, force: true })
    },
  }
}

/** What our page sends with everything that is no GET. */
export const OWN = { 'x-sluice-request': '1', 'sec-fetch-site': 'same-origin' } as const
