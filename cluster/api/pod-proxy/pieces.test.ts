import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestHeaders, rewriteLocation } from './headers.ts'
import { parsePodId, parsePodProxyPath, targetOf } from './target.ts'

test('only paths below the proxy of a pod are its paths', () => {
  const prefix = '/api/v1/namespaces/ns/pods/https:web:8444/proxy'
  assert.deepEqual(parsePodProxyPath(`${prefix}/a//b/`), { prefix, namespace: 'ns', id: 'https:web:8444', rest: '/a//b/' })
  assert.deepEqual(parsePodProxyPath('/api/v1/namespaces/ns/pods/https%3Aweb%3A/proxy')?.id, 'https:web:')
  for (const path of [
    '/api/v1/namespaces/ns/pods/web/proxyx',
    '/api/v1/pods/web/proxy',
    '/api/v1/namespaces/ns/services/web/proxy',
  ])
    assert.equal(parsePodProxyPath(path), undefined)
})

test('a pod is named by itself, with a port, or with scheme and port', () => {
  assert.deepEqual(parsePodId('web'), { scheme: 'http', name: 'web', port: '' })
  assert.deepEqual(parsePodId('web:80'), { scheme: 'http', name: 'web', port: '80' })
  assert.deepEqual(parsePodId('https:web:'), { scheme: 'https', name: 'web', port: '' })
  for (const id of ['', ':80', 'https::80', 'ftp:web:21', 'http:web:80:']) assert.throws(() => parsePodId(id), { code: 400 })
})

test('without a port of its own a pod is asked on that of the scheme', () => {
  const pod = { spec: { containers: [{ name: 'a' }] }, status: { podIPs: [{ ip: '::1' }], podIP: '127.0.0.1' } }
  assert.deepEqual(targetOf(pod, parsePodId('web')), { scheme: 'http', host: '::1', port: 80 })
  assert.equal(targetOf(pod, parsePodId('https:web:')).port, 443)
})

test('a body of unknown length is framed anew, and none has no frame', () => {
  const headers = { 'content-length': '3', 'transfer-encoding': 'chunked', te: 'trailers', expect: '100-continue', a: 'b' }
  assert.deepEqual(requestHeaders(headers, undefined), { a: 'b', 'transfer-encoding': 'chunked' })
  assert.deepEqual(requestHeaders(headers, 3), { a: 'b', 'content-length': '3' })
  assert.deepEqual(requestHeaders(headers, 0), { a: 'b' })
})

test('redirects of the pod within itself stay below the proxy', () => {
  const rewritten = (location: string) => rewriteLocation(location, '/p/proxy', '127.0.0.1:80')
  assert.equal(rewritten('/a?b#c'), '/p/proxy/a?b#c')
  assert.equal(rewritten('http://127.0.0.1:80'), '/p/proxy/')
  assert.equal(rewritten('//127.0.0.1:80/a'), '/p/proxy/a')
  for (const location of ['a', 'https://other.test/a', '//other.test/a', '/p/proxy/a', '/p/proxy'])
    assert.equal(rewritten(location), location)
})
