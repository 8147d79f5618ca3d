import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stickyPurpose } from '../api/sticky-cookie.ts'
import { deriveKey, makeKey } from '../kube/shared-keys.ts'
import { cookieName, makeCookieJar, SharedJars } from './cookie-jar.ts'

const pairOf = (cookie = ''): string => cookie.split(';')[0] ?? ''
const key = makeKey()
const jarOf = (keys: readonly string[], route = 'shop/web') => {
  const jar = makeCookieJar(route, keys)
  assert.ok(jar)
  return jar
}

test('the cookie that is set is the cookie that is read, for every point', () => {
  const jar = jarOf([key])
  for (const point of [0, 7, 42, 999, 9_999]) assert.equal(jar.read(`a=b; ${pairOf(jar.write(point, false))}; c=d`), point)
})

test('it is kept from scripts and from other sites, and from the clear when the user came by HTTPS', () => {
  const jar = jarOf([key])
  assert.match(jar.write(77, false), /^sluice-point-\w+=77\.[\w-]{22}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/)
  assert.match(jar.write(77, true), /SameSite=Lax; Secure$/)
})

test('what is not signed by a key of the Service counts as no cookie', () => {
  const jar = jarOf([key])
  const pair = pairOf(jar.write(77, false))
  const [name = '', value = ''] = pair.split('=')
  const [point, signature = ''] = value.split('.')
  const last = signature.endsWith('A') ? 'B' : 'A'
  const bad = [
    `${name}=${point}`,
    `${name}=${point}.`,
    `${name}=78.${signature}`,
    `${name}=077.${signature}`,
    `${name}=${point}.${signature.slice(0, -1)}${last}`,
    `${name}=${point}.${signature}A`,
    `${name}=${point}.${signature.slice(0, -1)}`,
    `${name}=${point}.${'é'.repeat(22)}`,
    `${name}=99999.${signature}`,
    `other=${value}`,
  ]
  for (const cookie of bad) assert.equal(jar.read(cookie), undefined, cookie)
  assert.equal(jar.read(`${name}=78.${signature}; ${pair}`), 77, 'a good one behind a bad one is taken')
  assert.equal(jarOf([makeKey()]).read(pair), undefined, 'signed elsewhere')
  const other = jarOf([key], 'shop/api')
  assert.notEqual(other.name, name)
})

test('the same key signs differently for another Service, so a cookie under a stolen name is foreign', () => {
  const jars = new SharedJars([key])
  const [web, api] = [jars.of('shop/web'), jars.of('shop/api')]
  assert.ok(web && api)
  const value = pairOf(api.write(5, false)).split('=')[1]
  assert.equal(web.read(`${cookieName('shop/web')}=${value}`), undefined)
})

test('when keys are replaced, cookies of the one before are read, and of one that is gone no more', () => {
  const [old, young, next] = [makeKey(), makeKey(), makeKey()]
  const jars = new SharedJars()
  assert.equal(jars.of('shop/web'), undefined, 'without a key there is no cookie')
  jars.use([old])
  const first = pairOf(jars.of('shop/web')?.write(5, false))
  jars.use([young, old, next])
  const second = pairOf(jars.of('shop/web')?.write(5, false))
  assert.notEqual(first, second)
  assert.deepEqual(
    [first, second].map(pair => jars.of('shop/web')?.read(pair)),
    [5, 5],
  )
  jars.use([next, young])
  assert.deepEqual(
    [first, second].map(pair => jars.of('shop/web')?.read(pair)),
    [undefined, 5],
  )
})

test('a sidecar, which is given the keys of its own Service only, reads the cookies of routers and they its own', () => {
  const route = 'shop/web'
  const [shared, own] = [new SharedJars([key]).of(route), makeCookieJar(route, [deriveKey(key, stickyPurpose(route))])]
  assert.ok(shared && own)
  assert.equal(own.read(pairOf(shared.write(7, false))), 7)
  assert.equal(shared.read(pairOf(own.write(8, false))), 8)
})
