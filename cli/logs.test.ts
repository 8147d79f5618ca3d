/** `sluice logs`: whose line it is, which pods, and what cannot be had. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { CANARY, midUpdate, STABLE } from './testing/objects.ts'
import { run } from './testing/run.ts'

const pathOf = (pod: string, query = 'container=web') => `/api/v1/namespaces/shop/pods/${pod}/log?${query}`

const podsOf = (api: MemoryApi, hash: string): readonly string[] =>
  midUpdate().flatMap(({ kind, metadata }) =>
    kind === 'Pod' && metadata.name.includes(hash) && api.read('Pod', metadata.name) ? [metadata.name] : [],
  )

const shop = (query?: string): MemoryApi => {
  const api = makeMemoryApi()
  api.put(...midUpdate())
  for (const hash of [CANARY, STABLE])
    for (const [i, pod] of podsOf(api, hash).entries()) api.logs.set(pathOf(pod, query), `line ${i}\nend of ${hash}\n`)
  return api
}

test('logs has the lines of both versions, the newer one first, each with its version and pod', async () => {
  const { out, err, code } = await run(shop(), 'logs web')
  assert.deepEqual([code, err], [0, ''])
  const lines = out.trimEnd().split('\n')
  assert.equal(lines.length, 10)
  assert.match(lines[0] ?? '', new RegExp(`^canary web-${CANARY}-\\S+ line 0$`))
  assert.match(lines[9] ?? '', new RegExp(`^stable web-${STABLE}-\\S+ end of ${STABLE}$`))
})

test('one version, the container before, and how much are asked of the API server', async () => {
  const api = shop('container=app&previous=true&timestamps=true&tailLines=5&sinceSeconds=300')
  const { out } = await run(api, 'logs rollout/web --only canary -p -c app --tail 5 --since 5m --timestamps')
  assert.match(out, /^canary \S+ line 0\ncanary \S+ end of \S+\n$/)
})

test('a pod that has no log yet does not keep the others from being seen; when none has one, that is said', async () => {
  const api = shop()
  const [gone = ''] = podsOf(api, CANARY)
  api.logs.delete(pathOf(gone))
  const { out, code } = await run(api, 'logs web')
  assert.equal(code, 0)
  assert.match(out, new RegExp(`\\ncanary ${gone}: .* is not there\\n$`))
  api.logs.clear()
  const refused = await run(api, 'logs web --only canary')
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, new RegExp(`^error: canary ${gone}: `))
})

test('followed, pods that come later are there too, and nothing is said twice', async () => {
  const api = shop('container=web&follow=true')
  const [late = ''] = podsOf(api, CANARY)
  const pod = api.read('Pod', late)
  assert.ok(pod)
  api.remove('Pod', late)
  let sleeps = 0
  const onSleep = () => {
    sleeps += 1
    if (sleeps === 2) api.put(pod)
  }
  const { out, code } = await run(api, 'logs web -f --only canary', { stopAtSleep: 5, onSleep })
  assert.equal(code, 0)
  assert.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map(line => line.split(' ').slice(2).join(' ')),
    ['line 0', `end of ${CANARY}`],
  )
})

for (const [line, says] of [
  ['logs web --only old', '--only: "old" is no version, must be one of canary, stable, active, preview, e.g. --only canary'],
  ['logs web --tail many', '--tail: "many" is no number, e.g. --tail 100'],
  ['logs web --since now', '--since: "now" is no duration, e.g. --since 10m'],
  ['logs web -f -p', '--previous is of containers that have ended: there is nothing to follow; leave out -f'],
  ['logs web --only preview', 'web has no pods that are preview; get web shows what there is'],
] as const)
  test(`${line} is refused`, async () => {
    const { err, out } = await run(shop(), line)
    assert.deepEqual([out, err], ['', `error: ${says}\n`])
  })
