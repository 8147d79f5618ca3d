/** The controller is killed again and again in the middle of a rollout: whoever comes next reads everything from the objects. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SAVED } from '../../api/names.ts'
import { type Lab, startLab } from './lab.ts'
import { deploySubject } from './subject.ts'

/** Odd, so that the kills wander through the rollout's own seconds. */
const BETWEEN_KILLS_MS = 1300
const KILLS = 6

describe('a rollout whose controller is killed', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  test('goes on where it was, and ends promoted with nothing left behind', async () => {
    const web = await deploySubject(lab, { name: 'killed', annotations: { 'sluice.dev/steps': '25%, 1s, 50%, 1s' } })
    await web.ship({ version: 'v2' })
    await web.until('the update', status => status.phase !== 'Healthy')
    for (let i = 0; i < KILLS; i += 1) {
      await lab.killSluice('controller')
      await sleep(BETWEEN_KILLS_MS)
    }
    await web.until('promotion', status => status.phase === 'Healthy')
    await web.untilServed()
    assert.equal((await web.deployment()).metadata.annotations?.[SAVED], undefined)
    assert.deepEqual(await web.sizes(), { v2: 4 })
  })
})
