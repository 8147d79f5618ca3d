import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, anAnalysisRun, aRollout } from './testing/objects.ts'
import { run } from './testing/run.ts'

const shop = (): MemoryApi => {
  const api = makeMemoryApi()
  const base = aDeployment({ held: false })
  api.put(
    base,
    aRollout(),
    { ...base, metadata: { ...base.metadata, name: 'worker', uid: 'u2', annotations: {} } },
    { ...base, metadata: { ...base.metadata, name: 'web-api', uid: 'u3' } },
    { ...base, metadata: { ...base.metadata, name: 'till', namespace: 'bank', uid: 'u4' } },
    anAnalysisRun(),
  )
  return api
}

/** The candidates without their descriptions, and the directive. */
const complete = async (line: string, api = shop()): Promise<readonly string[]> => {
  const { out, err } = await run(api, `__complete ${line}`)
  assert.equal(err, '')
  return out
    .trimEnd()
    .split('\n')
    .map(one => one.split('\t')[0] ?? '')
}

for (const [line, candidates] of [
  ['re', ['retry', 'resume', 'restart', ':4']],
  ['promote ', ['web', 'web-api', ':4']],
  ['promote deployment/web-', ['deployment/web-api', ':4']],
  ['promote web ', [':4']],
  ['abort web web-', ['web-api', ':4']],
  ['get rollout we', ['web', 'web-api', ':4']],
  ['adopt w', ['web', 'web-api', 'worker', ':4']],
  ['check c', ['cluster', ':4']],
  ['-n bank promote ', ['till', ':4']],
  ['promote --ful', ['--full', ':4']],
  ['get -o j', ['json', ':4']],
  ['lint -f ', [':0']],
  ['create analysisrun --from-file ', [':0']],
  ['terminate a', ['analysisrun', ':4']],
  ['terminate analysisrun ', ['web-7b9c4d5f8x-2-background', ':4']],
  ['set ', ['image', ':4']],
  ['set image w', ['web', 'web-api', ':4']],
  ['completion z', ['zsh', ':4']],
  ['nonsense ', [':4']],
] as const)
  test(`"${line}" goes on with ${candidates.slice(0, -1).join(', ') || (candidates[0] === ':0' ? 'files' : 'nothing')}`, async () => {
    assert.deepEqual(await complete(line), candidates)
  })

test('commands and flags are described', async () => {
  assert.match((await run(shop(), '__complete abor')).out, /^abort\tstop an update/)
})

test('a cluster that cannot be asked suggests nothing and says nothing', async () => {
  const api = shop()
  Object.assign(api.client, { list: () => Promise.reject(new Error('connection refused')) })
  assert.deepEqual(await complete('promote ', api), [':4'])
})

test('completion of another shell is refused', async () => {
  const { code, err } = await run(shop(), 'completion tcsh')
  assert.equal(code, 2)
  assert.match(err, /"tcsh" is no shell that is known; completion takes bash, zsh, fish/)
})
