/** Requests stay in the router's zone as long as it can carry them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachLane } from '../testing/lanes.ts'
import { anEndpoint, aRoute, aSlice } from '../testing/objects.ts'
import { deadPort } from '../testing/pods.ts'

eachLane((start, { ask, startPod }) => {
  const opened = closeAfterTests()
  const podThatSays = async (text: string) => opened(await startPod((_, res) => res.end(text))).port

  /** A router in zone a, with pods in zones as given. */
  const routerWith = async (pods: readonly (readonly [zone: string, port: number])[], prefer: 'hints' | 'zone') => {
    const router = opened(await start({}, { place: { zone: 'a', prefer } }))
    const slices = pods.map(([zone, port], i) => {
      const hints = prefer === 'hints' ? { hints: { forZones: [{ name: zone }] } } : {}
      return aSlice('web-v1', [{ ...anEndpoint('127.0.0.1'), zone, ...hints }], { port, suffix: String(i) })
    })
    const ports = [{ name: 'http', port: 80, listenPort: router.port, protocol: 'http' as const }]
    router.apply([aRoute({ version: 100, ports })], slices)
    const bodies = async (times: number) => {
      const got = []
      for (let i = 0; i < times; i++) got.push((await ask(router.port)).body)
      return got
    }
    return { router, bodies }
  }

  for (const prefer of ['hints', 'zone'] as const)
    test(`all requests go to pods of the zone (${prefer}), in turn`, async () => {
      const [near, too, far] = await Promise.all(['near', 'too', 'far'].map(podThatSays))
      const { bodies } = await routerWith(
        [
          ['a', near ?? 0],
          ['a', too ?? 0],
          ['b', far ?? 0],
        ],
        prefer,
      )
      assert.deepEqual((await bodies(10)).sort(), [...Array(5).fill('near'), ...Array(5).fill('too')])
    })

  test('when the pods of the zone cannot be reached the others answer, and nothing is lost', async () => {
    const [far, dead] = await Promise.all([podThatSays('far'), deadPort()])
    const { router, bodies } = await routerWith(
      [
        ['a', dead],
        ['b', far],
      ],
      'hints',
    )
    assert.deepEqual(new Set(await bodies(10)), new Set(['far']))
    assert.equal(router.counts().fallbacks, 0)
  })
})
