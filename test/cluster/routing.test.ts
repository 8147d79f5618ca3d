/** Which requests go to which version, seen by those who send them, with all of Sluice in between. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Route } from '../../api/route.ts'
import { ROUTES, SECRETS } from '../../kube/resources.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { deploySubject } from './subject.ts'

type Answer = { readonly version: string; readonly cookie: string | undefined }

/** One request on a connection of its own. */
const ask = (url: string, path = '', headers: { readonly [name: string]: string } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers, agent: false }, answer => {
      answer.resume()
      const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0]
      answer.once('end', () => resolve({ version: String(answer.headers['x-app-version']), cookie }))
    })
    asked.once('error', reject)
    asked.end()
  })

describe('requests in an update', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  test('go to the new version by cookie and by query parameter, and by shares below one percent', async () => {
    const web = await deploySubject(lab, {
      name: 'chosen',
      serve: lab.serve,
      annotations: {
        'sluice.dev/steps': 'scale(1), cookie(beta=on), query(group~=test-[0-9]+), pause, 0.5%, pause, 100%',
        'sluice.dev/timeouts': 'connect 1s, response 20s',
      },
    })
    await web.ship({ version: 'v2' })
    await web.until('the first pause', status => status.phase === 'Paused' && status.currentStepIndex === 3)
    const versions = async (path: string, headers = {}) => (await ask(web.url, path, headers)).version
    assert.equal(await versions('', { cookie: 'a=b; beta="on"' }), 'v2')
    assert.equal(await versions('?x=1&gr%6fup=test-7'), 'v2')
    for (const [path, cookie] of [
      ['', 'beta=off'],
      ['?group=test-', 'a=b'],
      ['', 'betas=on'],
    ] as const)
      assert.equal(await versions(path, { cookie }), 'v1', `${path} ${cookie}`)
    await web.patchStatus({ pauseConditions: null })
    const status = await web.until(
      'the second pause',
      ({ phase, currentStepIndex }) => phase === 'Paused' && currentStepIndex === 5,
    )
    assert.deepEqual(
      [status.canary?.weights?.canary.weight, status.canary?.weights?.stable.weight, status.canary?.weights?.verified],
      [50, 9950, true],
    )
    const route = await lab.client.get<Route>(ROUTES, { namespace: lab.namespace, name: 'chosen' })
    assert.deepEqual(
      route.spec.backends.map(({ role, weight }) => [role, weight]),
      [
        ['stable', 99.5],
        ['canary', 0.5],
      ],
    )
    assert.deepEqual(route.spec.timeouts, { connectMs: 1000, responseMs: 20_000 })
    await web.patchStatus({ abort: true })
    await web.untilServed()
  })

  test('stay on one version by a cookie that only Sluice can sign, whatever router answers', async () => {
    const web = await deploySubject(lab, {
      name: 'loyal',
      serve: lab.serve,
      annotations: { 'sluice.dev/steps': '50%, pause, 75%, pause', 'sluice.dev/sticky': 'cookie' },
    })
    await web.ship({ version: 'v2' })
    await web.until('the first pause', status => status.phase === 'Paused' && status.currentStepIndex === 1)
    const first = await waitFor({ what: 'a signed cookie' }, async () => (await ask(web.url)).cookie)
    assert.match(first, /^sluice-point-\w+=\d+\.[\w-]{22}$/)
    const users: { readonly cookie: string; readonly version: string }[] = []
    while (users.length < 20) {
      const { cookie, version } = await ask(web.url)
      if (cookie !== undefined) users.push({ cookie, version })
    }
    assert.deepEqual(new Set(users.map(({ version }) => version)), new Set(['v1', 'v2']))
    const now = () => Promise.all(users.map(async ({ cookie }) => await ask(web.url, '', { cookie })))
    const again = await now()
    assert.deepEqual(
      again.map(({ version }) => version),
      users.map(({ version }) => version),
    )
    assert.ok(again.every(({ cookie }) => cookie === undefined))
    const forged = first.replace(/=.*/, `=0.${'A'.repeat(22)}`)
    assert.match((await ask(web.url, '', { cookie: forged })).cookie ?? '', /^sluice-point-/)
    await web.patchStatus({ pauseConditions: null })
    await web.until('the second pause', status => status.phase === 'Paused' && status.currentStepIndex === 3)
    const grown = await now()
    assert.ok(
      users.every(({ version }, i) => version === 'v1' || grown[i]?.version === 'v2'),
      'nobody leaves the canary when it grows',
    )
    await web.patchStatus({ abort: true })
    await web.untilServed()
    const { items } = await lab.client.list(SECRETS, {
      namespace: 'sluice-system',
      fieldSelector: 'metadata.name=sluice-sticky-keys',
    })
    assert.equal(items.length, 1)
  })
})
