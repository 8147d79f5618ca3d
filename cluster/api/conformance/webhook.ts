/** An admission webhook of a conformance case: it runs in this process, on loopback. */
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { isObject, type JsonObject } from '../json.ts'
import { makeLoopbackCertificate } from '../tls.ts'
import { type ConformanceContext, look } from './context.ts'

export type Review = (request: JsonObject) => {
  readonly allowed?: boolean
  readonly message?: string
  readonly patch?: readonly object[]
  readonly warnings?: readonly string[]
}

const readText = async (request: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const answerOf = (text: string, review: Review): JsonObject => {
  const request = look(JSON.parse(text), 'request')
  if (!isObject(request)) throw new Error('not an AdmissionReview')
  const { allowed = true, message, patch, warnings } = review(request)
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request['uid'],
      allowed,
      ...(message ? { status: { message, code: 403 } } : {}),
      ...(patch ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') } : {}),
      ...(warnings ? { warnings } : {}),
    },
  }
}

/** Serves a webhook until the case ends. */
export const serveWebhook = async (
  context: ConformanceContext,
  review: Review,
): Promise<{ readonly url: string; readonly caBundle: string; readonly calls: () => number }> => {
  const { ca, cert, key } = await makeLoopbackCertificate([])
  let calls = 0
  const server: Server = createServer({ cert, key }, (request, response) => {
    calls += 1
    readText(request).then(
      text => response.setHeader('content-type', 'application/json').end(JSON.stringify(answerOf(text, review))),
      () => response.destroy(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  context.cleanUp(() => new Promise(resolve => server.close(resolve)))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/review`,
    caBundle: Buffer.from(ca).toString('base64'),
    calls: () => calls,
  }
}
