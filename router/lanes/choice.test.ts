/** Which version a request gets, seen from outside. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachLane } from '../testing/lanes.ts'
import type { TestRouter } from '../testing/router-under-test.ts'

eachLane(async (startTestRouter, { ask, startPod }) => {
  const opened = closeAfterTests()
  const [v1, v2] = await Promise.all(['v1', 'v2'].map(async text => opened(await startPod((_, res) => res.end(text)))))
  const routerAt = async (weight: number, spec: NonNullable<Parameters<TestRouter['split']>[0]['spec']> = {}) => {
    const router = opened(await startTestRouter())
    const move = (to: number) => router.split({ v1: [v1?.port ?? 0], v2: [v2?.port ?? 0], weight: to, spec })
    move(weight)
    const bodies = async (times: number, headers = {}) => {
      const got = []
      for (let i = 0; i < times; i++) got.push((await ask(router.port, { headers })).body)
      return got
    }
    return { router, move, bodies }
  }
  const share = (bodies: readonly string[]) => bodies.filter(body => body === 'v2').length

  test('any 100 requests in a row are split exactly, also right after a change', async () => {
    const { move, bodies } = await routerAt(20)
    assert.equal(share(await bodies(100)), 20)
    await bodies(13)
    move(37)
    assert.equal(share(await bodies(100)), 37)
    move(1)
    assert.equal(share(await bodies(100)), 1)
    move(0.5)
    assert.equal(share(await bodies(200)), 1)
    move(0)
    assert.equal(share(await bodies(50)), 0)
    move(100)
    assert.equal(share(await bodies(50)), 50)
  })

  test('a header route goes before the weight, and takes no turn of it', async () => {
    const { bodies } = await routerAt(10, {
      headerRoutes: [{ name: 'beta', match: [{ headers: [{ name: 'X-Beta', value: { exact: 'yes' } }] }], hash: 'v2' }],
    })
    const plain: string[] = []
    for (let i = 0; i < 100; i++) {
      assert.deepEqual(await bodies(1, { 'x-beta': 'yes' }), ['v2'])
      plain.push(...(await bodies(1)))
    }
    assert.equal(share(plain), 10)
  })

  test('a route by cookie or by query parameter goes before the weight too', async () => {
    const { router } = await routerAt(0, {
      headerRoutes: [
        { name: 'cookie', match: [{ cookies: [{ name: 'beta', value: { exact: 'on' } }] }], hash: 'v2' },
        { name: 'query', match: [{ queryParams: [{ name: 'group', value: { regex: 'té[st]+' } }] }], hash: 'v2' },
      ],
    })
    const bodyOf = async (path: string, headers = {}) => (await ask(router.port, { path, headers })).body
    assert.equal(await bodyOf('/', { cookie: 'a=b; beta="on"' }), 'v2')
    assert.equal(await bodyOf('/', { cookie: 'a=b; beta=off; betas=on' }), 'v1')
    assert.equal(await bodyOf('/x?a=1&gr%6fup=no&group=t%C3%A9st'), 'v2')
    assert.equal(await bodyOf('/group=t%C3%A9st'), 'v1')
    assert.equal(await bodyOf('/?group=t%C3%A9st%20'), 'v1')
  })

  test('sticky by cookie: new users are split exactly and then stay, and a change moves only as many as it must', async () => {
    const { router, move } = await routerAt(20, { sticky: { by: 'cookie' } })
    const users: { readonly cookie: string; readonly body: string }[] = []
    for (let i = 0; i < 50; i++) {
      const got = await ask(router.port)
      const cookie = got.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
      assert.match(cookie, /^sluice-point-\w+=\d+\.[\w-]{22}$/)
      users.push({ cookie, body: got.body })
    }
    assert.equal(share(users.map(({ body }) => body)), 10)
    const again = async () => Promise.all(users.map(async ({ cookie }) => await ask(router.port, { headers: { cookie } })))
    const second = await again()
    assert.deepEqual(
      second.map(({ body }) => body),
      users.map(({ body }) => body),
    )
    assert.ok(second.every(({ headers }) => headers['set-cookie'] === undefined))
    move(50)
    const third = await again()
    assert.ok(
      users.every(({ body }, i) => body === 'v1' || third[i]?.body === 'v2'),
      'nobody leaves the canary when it grows',
    )
    move(0)
    assert.equal(share((await again()).map(({ body }) => body)), 0)
  })

  test('sticky by header: a user stays, whoever says nothing is split by weight', async () => {
    const { bodies } = await routerAt(50, { sticky: { by: 'header', header: 'X-User' } })
    for (const user of ['ann', 'bob', 'cat', 'dan']) assert.equal(new Set(await bodies(5, { 'x-user': user })).size, 1)
    assert.equal(share(await bodies(100)), 50)
  })

  test('sticky by cookie: weights up and down move users one way only, and who came back to stable stays there', async () => {
    const { router, move } = await routerAt(10, { sticky: { by: 'cookie' } })
    const cookies: string[] = []
    for (let i = 0; i < 40; i++) cookies.push((await ask(router.port)).headers['set-cookie']?.[0]?.split(';')[0] ?? '')
    const owners = async () => {
      const got = []
      for (const cookie of cookies) got.push((await ask(router.port, { headers: { cookie } })).body)
      return got
    }
    let before = await owners()
    for (const [weight, from] of [
      [30, 'v1'],
      [75, 'v1'],
      [50, 'v2'],
      [0, 'v2'],
      [0.5, 'v1'],
      [100, 'v1'],
    ] as const) {
      move(weight)
      const after = await owners()
      assert.ok(
        before.every((body, i) => body === from || after[i] === body),
        `to ${weight} %: only users of ${from} may move`,
      )
      before = after
    }
    assert.equal(share(before), 40)
  })

  test('a cookie that nobody signed is none: the user is placed anew, by weight', async () => {
    const { router } = await routerAt(50, { sticky: { by: 'cookie' } })
    const got = await ask(router.port)
    const [name = '', value = ''] = (got.headers['set-cookie']?.[0]?.split(';')[0] ?? '').split('=')
    assert.equal((await ask(router.port, { headers: { cookie: `${name}=${value}` } })).headers['set-cookie'], undefined)
    for (const forged of ['5', `5.${'A'.repeat(22)}`, `${value}x`]) {
      const again = await ask(router.port, { headers: { cookie: `${name}=${forged}` } })
      assert.equal(again.headers['set-cookie']?.length, 1, forged)
      assert.match(again.headers['set-cookie']?.[0] ?? '', /; HttpOnly; SameSite=Lax$/)
    }
    const secure = await ask(router.port, { headers: { 'x-forwarded-proto': 'https' } })
    assert.match(secure.headers['set-cookie']?.[0] ?? '', /; Secure$/)
  })

  test('a sticky user of a canary whose pods are gone is served by stable', async () => {
    const { router } = await routerAt(100, { sticky: { by: 'cookie' } })
    const cookie = (await ask(router.port)).headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    router.split({ v1: [v1?.port ?? 0], weight: 100, spec: { sticky: { by: 'cookie' } } })
    const got = await ask(router.port, { headers: { cookie } })
    assert.deepEqual([got.status, got.body], [200, 'v1'])
    assert.equal(router.counts('v2').fallbacks, 1)
  })
})
