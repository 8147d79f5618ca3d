import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { makeAuthority, makeServing } from '../kube/certificate-pair.ts'
import type { Certificates } from '../kube/certificates.ts'
import { startAdminServer } from './admin.ts'

const NAME = 'router.sluice.dev'

test('a new certificate is served without a restart, and open connections stay', async t => {
  const authority = await makeAuthority('test', Date.now())
  const pair = async (): Promise<Certificates> => ({
    caBundle: authority.cert,
    ...(await makeServing(authority, [NAME], Date.now())),
  })
  let current = await pair()
  const handlers = new Set<(next: Certificates) => void>()
  const certificates = {
    current: () => current,
    onChange: (handler: (next: Certificates) => void) => {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
  }
  const admin = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    certificates,
    routes: async () => ({ router: 'router-1', draining: false, routes: {} }),
    buckets: async () => undefined,
  })
  t.after(() => admin.close())
  const dial = async () => {
    const socket = connect({ host: '127.0.0.1', port: admin.port, ca: authority.cert, servername: NAME })
    await once(socket, 'secureConnect')
    t.after(() => socket.destroy())
    return socket
  }
  const before = await dial()
  const first = before.getPeerCertificate().serialNumber
  current = await pair()
  for (const handler of handlers) handler(current)
  const after = await dial()
  assert.notEqual(after.getPeerCertificate().serialNumber, first)
  for (const socket of [before, after]) {
    socket.write('GET /routes HTTP/1.1\r\nHost: x\r\n\r\n')
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 200 OK/)
  }
})

test('a client that does not speak TLS harms nobody', async t => {
  const authority = await makeAuthority('test', Date.now())
  const pair = { caBundle: authority.cert, ...(await makeServing(authority, [NAME], Date.now())) }
  const admin = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    certificates: { current: () => pair, onChange: () => () => {} },
    routes: async () => ({ router: 'router-1', draining: true, routes: {} }),
    buckets: async () => undefined,
  })
  t.after(() => admin.close())
  await assert.rejects(fetch(`http://127.0.0.1:${admin.port}/routes`))
  const socket = connect({ host: '127.0.0.1', port: admin.port, ca: authority.cert, servername: NAME })
  await once(socket, 'secureConnect')
  socket.destroy()
})
