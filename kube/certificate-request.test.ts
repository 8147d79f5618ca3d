import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:https'
import { test } from 'node:test'
import { makeAuthority, makeRequest, makeServing, signRequest } from './certificate-pair.ts'

const NOW = Date.now()

test('a request is answered with a certificate of its key, for the name that the signer gives', async () => {
  const authority = await makeAuthority('sidecars', NOW)
  const { request, key } = await makeRequest('whatever', NOW)
  const cert = new X509Certificate(signRequest(authority, request, 'u1.sidecar.sluice.dev', NOW))
  const { createPrivateKey } = await import('node:crypto')
  assert.equal(cert.checkPrivateKey(createPrivateKey(key)), true)
  assert.equal(cert.verify(new X509Certificate(authority.cert).publicKey), true)
  assert.equal(cert.checkHost('u1.sidecar.sluice.dev'), 'u1.sidecar.sluice.dev')
  assert.equal(cert.checkHost('whatever'), undefined)
})

test('a request that was changed on its way is refused', async () => {
  const authority = await makeAuthority('sidecars', NOW)
  const [one, two] = [await makeRequest('a', NOW), await makeRequest('b', NOW)]
  const forge = (await import('node-forge')).default
  const read = forge.pki.certificationRequestFromPem(one.request)
  read.publicKey = forge.pki.certificationRequestFromPem(two.request).publicKey
  // What was signed is remembered from reading; it has to be written anew.
  Object.assign(read, { certificationRequestInfo: undefined })
  assert.throws(() => signRequest(authority, forge.pki.certificationRequestToPem(read), 'a', NOW), /not signed with its own key/)
})

test('a server that asks for a certificate takes that of a client, and not one made for a server', async () => {
  const authority = await makeAuthority('sidecars', NOW)
  const server = await makeServing(authority, ['server.test'], NOW)
  const client = await makeServing(authority, ['client.test'], NOW, 'client')
  const https = createServer({ ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }, (_, answer) =>
    answer.end('ok'),
  )
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  const address = https.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const ask = (pair: { readonly cert: string; readonly key: string }) =>
    new Promise<number>((resolve, reject) => {
      const asked = request({ ...pair, port, host: '127.0.0.1', ca: authority.cert, servername: 'server.test', agent: false })
      asked.on('response', answer => resolve(answer.resume().statusCode ?? 0))
      asked.on('error', reject)
      asked.end()
    })
  assert.equal(await ask(client), 200)
  await assert.rejects(ask(await makeServing(authority, ['other.test'], NOW)))
  https.close()
})
