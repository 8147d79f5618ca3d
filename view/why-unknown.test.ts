import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiErrorOf } from '../kube/answer.ts'
import { whyUnknown } from './why-unknown.ts'

const PATH = '/api/v1/namespaces/sluice-system/pods/https:sluice-router-0:8444/proxy/buckets?route=shop/web'
const refusal = (status: number, message: string) => apiErrorOf(status, { kind: 'Status', message }, `GET ${PATH}`)
const ofRouter = { namespace: 'sluice-system', router: 'sluice-router-0' }

test('a right that is missing is named, with what it is needed for', () => {
  const forbidden = refusal(403, 'pods "sluice-router-0" is forbidden: User "jane" cannot get resource "pods/proxy"')
  assert.equal(
    whyUnknown(forbidden, ofRouter),
    'The routers could not be asked: that takes the right to get pods/proxy in namespace sluice-system.',
  )
  assert.equal(
    whyUnknown(forbidden, { namespace: 'sluice-system' }),
    'The routers could not be asked: that takes the right to list pods in namespace sluice-system.',
  )
})

test('what the API server says is said without the path that was asked', () => {
  const dial = 'error trying to reach service: dial tcp 10.0.0.1:8444: connect: connection refused'
  assert.equal(
    whyUnknown(refusal(503, dial), ofRouter),
    `Router sluice-router-0 could not be asked: the API server does not reach it (${dial}).`,
  )
  assert.equal(
    whyUnknown(refusal(404, 'the server could not find the requested resource'), ofRouter),
    'Router sluice-router-0 could not be asked: the API server says "the server could not find the requested resource".',
  )
  assert.equal(
    whyUnknown(refusal(503, 'apiserver is shutting down.'), { namespace: 'sluice-system' }),
    'The routers could not be asked: the API server says "apiserver is shutting down".',
  )
})

test('what is no answer of the API server is said as it is', () => {
  assert.equal(
    whyUnknown(new Error('connect ECONNREFUSED 127.0.0.1:6443'), { namespace: 'sluice-system' }),
    'The routers could not be asked: connect ECONNREFUSED 127.0.0.1:6443.',
  )
})
