import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { ROUTER_HEADER } from '../api/names.ts'
import { probe } from './probe.ts'

let four: Server
let six: Server
let port: number

const listen = (server: Server, host: string, at: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, host, () => resolve((server.address() as AddressInfo).port))
  })

before(async () => {
  four = createServer((_, answer) => answer.setHeader(ROUTER_HEADER, 'router-0').end())
  six = createServer((_, answer) => answer.end('a pod'))
  port = await listen(four, '127.0.0.1', 0)
  await listen(six, '::1', port)
})
after(() => {
  four.close()
  six.close()
})

test('every cluster address of a dual-stack Service is probed: a pod behind one of them is found', async () => {
  assert.equal(await probe({ hosts: ['127.0.0.1'], port, protocol: 'http' }, 4), 4)
  assert.equal(await probe({ hosts: ['127.0.0.1', '::1'], port, protocol: 'http' }, 4), 2)
  assert.equal(await probe({ hosts: ['::1'], port, protocol: 'http' }, 4), 0)
})

test('on a port of unknown bytes it counts who accepts', async () => {
  assert.equal(await probe({ hosts: ['127.0.0.1', '::1'], port, protocol: 'tcp' }, 4), 4)
})
