/** A canary of a gRPC server: its share is exact also for a client that keeps one connection. */
import assert from 'node:assert/strict'
import { type ClientHttp2Session, connect } from 'node:http2'
import { after, before, describe, test } from 'node:test'
import { type Lab, startLab } from './lab.ts'
import { deploySubject } from './subject.ts'

/** The version that answered one call, and the status behind it. */
const call = (session: ClientHttp2Session): Promise<{ readonly version: unknown; readonly status: unknown }> =>
  new Promise((resolve, reject) => {
    const headers = { ':method': 'POST', ':path': '/shop.Web/Get', 'content-type': 'application/grpc', te: 'trailers' }
    const stream = session.request(headers)
    let version: unknown
    let status: unknown
    stream.on('response', answer => {
      version = answer['x-app-version']
    })
    stream.on('trailers', trailers => {
      status = trailers['grpc-status']
    })
    stream.once('error', reject)
    stream.once('close', () => resolve({ version, status }))
    stream.resume().end(Buffer.alloc(5))
  })

// The app is a file of this suite, which an image for a real node does not have.
describe('a gRPC server', { skip: process.env['SLUICE_LAB'] === 'node' }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  test('gives its canary exactly its weight of the calls on one connection, and loses none when the update ends', async () => {
    const app = await deploySubject(lab, {
      name: 'grpc',
      serve: lab.serve,
      speaksH2: true,
      annotations: { 'sluice.dev/steps': '20%, pause' },
    })
    await app.ship({ version: 'v2' })
    await app.until('the pause', ({ phase }) => phase === 'Paused')
    const session = connect(app.url)
    session.on('error', () => {})
    const calls = await Promise.all(Array.from({ length: 100 }, () => call(session)))
    assert.ok(calls.every(({ status }) => status === '0'))
    assert.equal(calls.filter(({ version }) => version === 'v2').length, 20)
    await lab.kubectl('patch', 'rollout', 'grpc', '--subresource=status', '--type=merge', '-p', '{"status":{"promoteFull":true}}')
    let lost = 0
    let dialled = session
    const ended = app.until('promotion', ({ phase }) => phase === 'Healthy')
    let done = false
    void ended.then(
      () => (done = true),
      () => (done = true),
    )
    while (!done) {
      // As a gRPC client does after a goodbye.
      if (dialled.closed || dialled.destroyed) dialled = connect(app.url).on('error', () => {})
      const { status } = await call(dialled).catch(() => ({ status: undefined }))
      if (status !== '0') lost += 1
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    await ended
    dialled.close()
    assert.equal(lost, 0)
    await app.untilServed()
  })
})
