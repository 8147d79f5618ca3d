import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, aReplicaSet, aRollout, CANARY, template } from './testing/objects.ts'
import { run } from './testing/run.ts'

const withRevisions = (): MemoryApi => {
  const api = makeMemoryApi()
  api.put(
    aDeployment({ image: 'registry.example/web:v3' }),
    aRollout(),
    aReplicaSet({ hash: 'aaaa', image: 'registry.example/web:v1', revision: 1, replicas: 0 }),
    aReplicaSet({ image: 'registry.example/web:v2', revision: 2 }),
    aReplicaSet({ hash: CANARY, image: 'registry.example/web:v3', revision: 3, replicas: 1 }),
  )
  return api
}

test('undo puts the template of the revision before back, without the hash of its ReplicaSet, while held too', async () => {
  const api = withRevisions()
  const { code, out } = await run(api, 'undo web')
  assert.deepEqual([code, out], [0, 'web goes back to revision 2 (web-5d8f7c9b6b)\n'])
  assert.deepEqual(
    api.writes.map(one => [one.kind, one.body]),
    [
      [
        'Deployment',
        [
          { op: 'test', path: '/metadata/resourceVersion', value: '101' },
          { op: 'replace', path: '/spec/template', value: template('registry.example/web:v2') },
        ],
      ],
    ],
  )
})

test('undo goes to the revision that is named', async () => {
  assert.equal((await run(withRevisions(), 'undo web --to-revision 1')).out, 'web goes back to revision 1 (web-aaaa)\n')
})

for (const [line, says] of [
  ['undo web --to-revision 9', 'error: web has no revision 9; its revisions are 3, 2, 1\n'],
  ['undo web --to-revision 3', 'error: web has the template of revision 3 already; its revisions are 3, 2, 1\n'],
  ['undo web --to-revision last', 'error: --to-revision: "last" is no revision, e.g. --to-revision 3; 0 is the one before\n'],
] as const)
  test(`${line} is refused`, async () => {
    const api = withRevisions()
    const { code, err } = await run(api, line)
    assert.deepEqual([code, err, api.writes], [1, says, []])
  })

test('undo without an older revision is refused', async () => {
  const api = makeMemoryApi()
  api.put(aDeployment({ image: 'registry.example/web:v1' }), aReplicaSet())
  assert.equal((await run(api, 'undo web')).err, 'error: web has no other revision to go back to; its revisions are 1\n')
})
