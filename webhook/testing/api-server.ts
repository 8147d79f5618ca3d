/** An API server of one page for process tests: get, list, watch, create and patch of whatever is there, over plain HTTP. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonPatchOp } from '../../api/json-patch.ts'
import { applyPatch } from './objects.ts'

type Json = { readonly metadata?: { readonly name?: string }; readonly [key: string]: unknown }

export type ApiServer = {
  readonly url: string
  /** By path, e.g. `/apis/apps/v1/namespaces/shop/deployments/web`. */
  readonly objects: Map<string, Json>
  readonly stop: () => Promise<void>
}

const readBody = async (request: IncomingMessage): Promise<Json> => {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}

const say = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

const refuse = (response: ServerResponse, code: number, reason: string): void =>
  say(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason })

export const startApiServer = async (): Promise<ApiServer> => {
  const objects = new Map<string, Json>()
  let version = 1
  const store = (path: string, object: Json): Json => {
    version += 1
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version), uid: `u${version}` } }
    objects.set(path, stored)
    return stored
  }
  const create = async (path: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request)
    const at = `${path}/${body.metadata?.name}`
    if (objects.has(at)) refuse(response, 409, 'AlreadyExists')
    else say(response, 201, store(at, body))
  }
  const patch = async (path: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const there = objects.get(path)
    if (there === undefined) return refuse(response, 404, 'NotFound')
    const body: unknown = await readBody(request)
    const isJson = request.headers['content-type']?.includes('json-patch') === true
    say(response, 200, store(path, isJson ? applyPatch(there, body as readonly JsonPatchOp[]) : { ...there, ...(body as Json) }))
  }
  const read = (path: string, isWatch: boolean, response: ServerResponse): void => {
    const there = objects.get(path)
    if (isWatch) response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
    else if (there !== undefined) say(response, 200, there)
    else if (/(deployments|secrets)$/.test(path))
      say(response, 200, { metadata: { resourceVersion: String(version) }, items: [] })
    else refuse(response, 404, 'NotFound')
  }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'POST') await create(url.pathname, request, response)
    else if (request.method === 'PATCH') await patch(url.pathname, request, response)
    else read(url.pathname, url.searchParams.has('watch'), response)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    stop: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
