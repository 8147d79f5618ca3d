/** One call of an admission webhook over HTTPS. */
import { request as httpsRequest } from 'node:https'
import type { Api } from '../api.ts'
import { at, isObject, type JsonObject, numberOf, objectOf, textOf } from '../json.ts'

export type Webhook = {
  readonly name: string
  readonly config: JsonObject
  readonly timeoutSeconds: number
  readonly failurePolicy: string
}

type Target = {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly serverName: string
  readonly shown: string
}

const serviceTarget = (api: Api, service: JsonObject): Target => {
  const [namespace, name] = [textOf(service['namespace']), textOf(service['name'])]
  const path = textOf(service['path']) || '/'
  const port = numberOf(service['port']) ?? 443
  const found = api.store.get({ storage: '/services', namespace, name })
  if (!found) throw new Error(`service ${JSON.stringify(name)} not found`)
  const host = textOf(at(found, 'spec', 'clusterIP'))
  const serverName = `${name}.${namespace}.svc`
  return { host, port, path, serverName, shown: `https://${serverName}:${port}${path}` }
}

const urlTarget = (text: string): Target => {
  const url = new URL(text)
  if (url.protocol !== 'https:') throw new Error(`url ${JSON.stringify(text)}: only https is allowed`)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 443),
    path: `${url.pathname}${url.search}`,
    serverName: url.hostname,
    shown: text,
  }
}

const targetOf = (api: Api, clientConfig: JsonObject): Target => {
  const service = clientConfig['service']
  return isObject(service) ? serviceTarget(api, service) : urlTarget(textOf(clientConfig['url']))
}

const RESPONSE_LIMIT = 16 * 1024 * 1024

type Post = { readonly target: Target; readonly ca: string | undefined; readonly body: string; readonly timeoutMs: number }

const readAnswer = async (response: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += chunk.length
    if (size > RESPONSE_LIMIT) throw new Error('the response is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const post = ({ target, ca, body, timeoutMs }: Post): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const path = `${target.path}${target.path.includes('?') ? '&' : '?'}timeout=${timeoutMs / 1000}s`
    const request = httpsRequest({
      host: target.host,
      port: target.port,
      path,
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'content-length': Buffer.byteLength(body),
        host: target.serverName,
      },
      // An address has no place in the server name of a TLS handshake.
      ...(/^[\d.]+$|:/.test(target.serverName) ? {} : { servername: target.serverName }),
      ...(ca ? { ca } : {}),
    })
    const timer = setTimeout(
      () => request.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')),
      timeoutMs,
    )
    request.on('response', response => {
      readAnswer(response)
        .then(text => resolve({ status: response.statusCode ?? 0, text }), reject)
        .finally(() => clearTimeout(timer))
    })
    request.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    request.end(body)
  })

const decodeResponse = (text: string, uid: string): JsonObject => {
  const review: unknown = JSON.parse(text)
  const response = at(review, 'response')
  if (at(review, 'kind') !== 'AdmissionReview' || !isObject(response))
    throw new Error('expected response of admission.k8s.io/v1, Kind=AdmissionReview')
  if (response['uid'] !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'])}`)
  return response
}

/** The `response` of the webhook's AdmissionReview. Throws when it cannot be had, with a message that names the address. */
export const callWebhook = async (api: Api, webhook: Webhook, request: JsonObject): Promise<JsonObject> => {
  const clientConfig = objectOf(webhook.config['clientConfig'])
  const target = targetOf(api, clientConfig)
  const bundle = textOf(clientConfig['caBundle'])
  const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request })
  try {
    const ca = bundle ? Buffer.from(bundle, 'base64').toString('utf8') : undefined
    const { status, text } = await post({ target, ca, body, timeoutMs: webhook.timeoutSeconds * 1000 })
    if (status < 200 || status > 299) throw new Error(`the server answered ${status}`)
    return decodeResponse(text, textOf(request['uid']))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`Post ${JSON.stringify(`${target.shown}?timeout=${webhook.timeoutSeconds}s`)}: ${why}`, { cause: error })
  }
}
