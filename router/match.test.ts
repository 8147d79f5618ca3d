import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderRoute } from '../api/route.ts'
import { compileHeaderRoutes, matchHeaderRoute, type RequestHead } from './match.ts'

const hashOf = (routes: readonly HeaderRoute[], request: RequestHead) => matchHeaderRoute(compileHeaderRoutes(routes), request)
const route = (match: HeaderRoute['match'], hash = 'new'): HeaderRoute => ({ name: hash, match, hash })

test('a header route matches by exact value and by prefix, whatever the case of the header name', () => {
  const routes = [route([{ headers: [{ name: 'X-Canary', value: { exact: 'yes' } }] }])]
  assert.equal(hashOf(routes, { headers: { 'x-canary': 'yes' } }), 'new')
  assert.equal(hashOf(routes, { headers: { 'x-canary': 'yes!' } }), undefined)
  assert.equal(hashOf(routes, { headers: {} }), undefined)
  const prefix = [route([{ headers: [{ name: 'user-agent', value: { prefix: 'curl/' } }] }])]
  assert.equal(hashOf(prefix, { headers: { 'user-agent': 'curl/8.5' } }), 'new')
})

test('all fields of one match must hold, one match of several is enough, the first route wins', () => {
  const both = { method: { exact: 'GET' }, path: { prefix: '/beta' }, headers: [{ name: 'a', value: { exact: '1' } }] }
  const routes = [route([both, { path: { exact: '/new' } }], 'first'), route([{ method: { exact: 'GET' } }], 'second')]
  assert.equal(hashOf(routes, { method: 'GET', url: '/beta/x', headers: { a: '1' } }), 'first')
  assert.equal(hashOf(routes, { method: 'GET', url: '/beta/x', headers: { a: '2' } }), 'second')
  assert.equal(hashOf(routes, { method: 'POST', url: '/beta/x', headers: { a: '1' } }), undefined)
  assert.equal(hashOf(routes, { method: 'POST', url: '/new?a=1', headers: {} }), 'first')
})

test('one of several values of a repeated header is enough', () => {
  const routes = [route([{ headers: [{ name: 'set-cookie', value: { exact: 'b' } }] }])]
  assert.equal(hashOf(routes, { headers: { 'set-cookie': ['a', 'b'] } }), 'new')
})

test('a header route matches by regular expression on the whole value', () => {
  const routes = [route([{ headers: [{ name: 'X-Region', value: { regex: 'eu-(west|north)-\\d' } }] }])]
  assert.equal(hashOf(routes, { headers: { 'x-region': 'eu-west-1' } }), 'new')
  assert.equal(hashOf(routes, { headers: { 'x-region': 'eu-west-12' } }), undefined)
})

test('a route matches by cookie and by query parameter, each exactly, by prefix and by regular expression', () => {
  const request = { url: '/cart?group=test-7&page=2', headers: { cookie: 'session=x; beta="on"' } }
  for (const value of [{ exact: 'on' }, { prefix: 'o' }, { regex: 'o.' }])
    assert.equal(hashOf([route([{ cookies: [{ name: 'beta', value }] }])], request), 'new')
  for (const value of [{ exact: 'off' }, { prefix: 'n' }, { regex: 'o' }])
    assert.equal(hashOf([route([{ cookies: [{ name: 'beta', value }] }])], request), undefined)
  for (const value of [{ exact: 'test-7' }, { prefix: 'test-' }, { regex: 'test-[0-9]+' }])
    assert.equal(hashOf([route([{ queryParams: [{ name: 'group', value }] }])], request), 'new')
  for (const value of [{ exact: 'test' }, { prefix: '7' }, { regex: 'test' }])
    assert.equal(hashOf([route([{ queryParams: [{ name: 'group', value }] }])], request), undefined)
})

test('cookie, query, header, path and method of one match must all hold', () => {
  const match = {
    method: { exact: 'GET' },
    path: { prefix: '/cart' },
    headers: [{ name: 'X-Team', value: { exact: 'a' } }],
    cookies: [{ name: 'beta', value: { exact: '1' } }],
    queryParams: [{ name: 'q', value: { exact: '1' } }],
  }
  const whole = { method: 'GET', url: '/cart?q=1', headers: { 'x-team': 'a', cookie: 'beta=1' } }
  assert.equal(hashOf([route([match])], whole), 'new')
  for (const part of [
    { method: 'PUT' },
    { url: '/cart' },
    { url: '/?q=1' },
    { headers: { 'x-team': 'a' } },
    { headers: { cookie: 'beta=1' } },
  ])
    assert.equal(hashOf([route([match])], { ...whole, ...part }), undefined, JSON.stringify(part))
})
