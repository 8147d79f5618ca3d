/** What users of the app see while all of this goes on: a load client asks the cluster address all the time. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isBad, isDropped } from '../../demo/tally.ts'
import { startTraffic } from '../../demo/traffic.ts'
import { type Lab, startLab } from './lab.ts'
import { deploySubject } from './subject.ts'

const RATE = 50

describe('the users of an annotated Deployment', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  test('lose no request while a good version enters the routers, goes through its steps, and the routers leave again', async () => {
    const web = await deploySubject(lab, {
      name: 'good',
      serve: lab.serve,
      annotations: { 'sluice.dev/steps': '20%, 2s, 60%, 2s' },
    })
    const traffic = startTraffic(web.url, RATE)
    await web.ship({ version: 'v2' })
    await web.until('the update', status => status.phase !== 'Healthy')
    await web.until('promotion', status => status.phase === 'Healthy')
    await web.untilServed()
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
    assert.deepEqual(new Set(answers.map(answer => answer.version)), new Set(['v1', 'v2']))
    assert.equal(answers.at(-1)?.version, 'v2')
  })

  test('are all back on the stable version soon after a bad one gave its first bad answers, and lose no request over it', async () => {
    const annotations = { 'sluice.dev/steps': '20%, 1m', 'sluice.dev/analysis': 'success-rate >= 99%' }
    const web = await deploySubject(lab, { name: 'bad', serve: lab.serve, annotations })
    const traffic = startTraffic(web.url, RATE)
    await web.ship({ version: 'v2', failEvery: 3 })
    const status = await web.until('the roll-back', ({ phase, abort }) => phase === 'Degraded' && abort === true)
    await web.untilServed()
    const answers = await traffic.stop()
    assert.match(status.message ?? '', /success-rate >= 99%/)
    assert.ok(answers.some(isBad))
    assert.deepEqual(answers.filter(isDropped), [])
    assert.equal(answers.at(-1)?.version, 'v1')
  })

  test('are served by the stable pods directly when every router dies in mid-update', async () => {
    const web = await deploySubject(lab, {
      name: 'failopen',
      serve: lab.serve,
      annotations: { 'sluice.dev/steps': '20%, pause' },
    })
    await web.ship({ version: 'v2' })
    await web.until('the pause', status => status.phase === 'Paused')
    await lab.killSluice('router')
    const traffic = startTraffic(web.url, RATE)
    await web.patchStatus({ abort: true })
    await web.until('the roll-back', ({ phase, abort }) => phase === 'Degraded' && abort === true)
    await web.untilServed()
    const answers = await traffic.stop()
    // A connection may have been made to a router that died in that moment; from then on nobody waits for one to come back.
    const lost = answers.filter(isDropped)
    assert.ok(lost.length <= RATE, `${lost.length} of ${answers.length} were lost: ${lost[0]?.error}`)
    assert.equal(answers.at(-1)?.version, 'v1')
  })
})
