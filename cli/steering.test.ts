import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RolloutStatus } from '../api/rollout.ts'
import { ApiError } from '../kube/errors.ts'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, aRollout, healthy } from './testing/objects.ts'
import { run } from './testing/run.ts'

const midUpdateWith = (status: RolloutStatus = {}, spec = {}): MemoryApi => {
  const api = makeMemoryApi()
  api.put(aDeployment(), aRollout(status, spec))
  return api
}

const atRest = (): MemoryApi => {
  const api = makeMemoryApi()
  api.put(aDeployment({ held: false }), aRollout(healthy))
  return api
}

type Row = {
  readonly name: string
  readonly line: string
  readonly api: MemoryApi
  readonly sends: readonly object[]
  readonly says: RegExp
}

const status = (body: object) => ({ subresource: 'status', body: { status: body } })
const spec = (body: object) => ({ body: { spec: body } })

const sent: readonly Row[] = [
  {
    name: 'promote in a pause step clears the pause',
    line: 'promote web',
    api: midUpdateWith(),
    sends: [status({ pauseConditions: null })],
    says: /^web goes on to its next step$/,
  },
  {
    name: 'promote in any other step goes on to the next one',
    line: 'promote rollout/web',
    api: midUpdateWith({ pauseConditions: [], currentStepIndex: 2 }),
    sends: [status({ currentStepIndex: 3 })],
    says: /without waiting for the present one/,
  },
  {
    name: 'promote after an inconclusive analysis clears the pause and goes on to the next step',
    line: 'promote web',
    api: midUpdateWith({
      pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: '2026-01-01T11:00:00Z' }],
      currentStepIndex: 2,
    }),
    sends: [status({ pauseConditions: null, controllerPause: false, currentStepIndex: 3 })],
    says: /though its analysis was inconclusive/,
  },
  {
    name: 'promote of a paused update un-pauses it',
    line: 'promote web',
    api: midUpdateWith({ pauseConditions: [] }, { paused: true }),
    sends: [spec({ paused: false })],
    says: /goes on where it was paused/,
  },
  {
    name: 'promote --full skips everything',
    line: 'promote web --full',
    api: midUpdateWith(),
    sends: [status({ promoteFull: true })],
    says: /promoted in full/,
  },
  {
    name: 'promote works as soon as the Deployment is held, before the controller has seen it',
    line: 'promote web --full',
    api: midUpdateWith(healthy),
    sends: [status({ promoteFull: true })],
    says: /promoted in full/,
  },
  { name: 'abort aborts', line: 'abort deploy/web', api: midUpdateWith(), sends: [status({ abort: true })], says: /is aborted/ },
  {
    name: 'retry takes an abort back',
    line: 'retry web',
    api: midUpdateWith({ abort: true }),
    sends: [status({ abort: false })],
    says: /tried again/,
  },
  {
    name: 'pause pauses',
    line: 'pause web',
    api: midUpdateWith(),
    sends: [spec({ paused: true })],
    says: /is paused; kubectl sluice resume web/,
  },
  {
    name: 'resume resumes',
    line: 'resume web',
    api: midUpdateWith({}, { paused: true }),
    sends: [spec({ paused: false })],
    says: /goes on/,
  },
]

for (const { name, line, api, sends, says } of sent)
  test(name, async () => {
    const { code, out, err } = await run(api, line)
    assert.deepEqual([code, err], [0, ''])
    assert.deepEqual(
      api.writes.map(({ kind, subresource, body }) => ({ kind, ...(subresource && { subresource }), body })),
      sends.map(one => ({ kind: 'Rollout', ...one })),
    )
    assert.match(out.trimEnd(), says)
  })

const refused: readonly (readonly [name: string, line: string, api: MemoryApi, says: string])[] = [
  [
    'promote at rest',
    'promote web',
    atRest(),
    'error: web runs its stable version, there is nothing to promote; a change of its pod template starts an update',
  ],
  [
    'promote --full at rest',
    'promote web --full',
    atRest(),
    'error: web runs its stable version, there is nothing to promote; a change of its pod template starts an update',
  ],
  [
    'promote after an abort',
    'promote web',
    midUpdateWith({ abort: true }),
    'error: the update of web was aborted; run kubectl sluice retry web to try the same version again, or apply another one',
  ],
  [
    'abort at rest',
    'abort web',
    atRest(),
    'error: web runs its stable version, there is nothing to abort; a change of its pod template starts an update',
  ],
  [
    'abort twice',
    'abort web',
    midUpdateWith({ abort: true }),
    'error: the update of web is aborted already; kubectl sluice get web shows how far it is',
  ],
  [
    'retry of what was not aborted',
    'retry web',
    midUpdateWith(),
    'error: no update of web was aborted, there is nothing to retry; kubectl sluice get web shows where it stands',
  ],
  [
    'pause twice',
    'pause web',
    midUpdateWith({}, { paused: true }),
    'error: web is paused already; kubectl sluice resume web lets it go on',
  ],
  [
    'resume in a pause step',
    'resume web',
    midUpdateWith(),
    'error: web was not paused by kubectl sluice pause; it waits in a pause step, which kubectl sluice promote web ends',
  ],
  [
    'a name that is not there',
    'abort shop',
    atRest(),
    'error: there is no Deployment or Rollout shop in namespace shop; kubectl sluice list -A shows what there is',
  ],
  [
    'another kind',
    'abort pod/web',
    atRest(),
    'error: "pod/web" is no Deployment or Rollout; write NAME, deployment/NAME or rollout/NAME, e.g. deployment/web',
  ],
  [
    'a name that is none',
    'get deployment/',
    atRest(),
    'error: "deployment/" names nothing; write NAME or deployment/NAME, e.g. deployment/web',
  ],
  [
    '-A where one is meant',
    'abort web -A',
    atRest(),
    'error: abort is about one Deployment; choose its namespace with -n instead of -A',
  ],
]

for (const [name, line, api, says] of refused)
  test(`${name} is refused with what to do instead`, async () => {
    const { code, out, err } = await run(api, line)
    assert.deepEqual({ code, out, err }, { code: 1, out: '', err: `${says}\n` })
    assert.deepEqual(api.writes, [])
  })

test('a Deployment without a Rollout cannot be steered, and it is said where to look', async () => {
  const api = makeMemoryApi()
  api.put(aDeployment())
  assert.match((await run(api, 'abort web')).err, /^error: Deployment web has no Rollout yet; .*kubectl sluice check web\n$/)
})

const failures: readonly (readonly [string, Error, RegExp])[] = [
  [
    'a refusal for want of rights',
    new ApiError({ status: 403, reason: 'Forbidden', message: 'rollouts is forbidden' }),
    /^error: rollouts is forbidden; ask for that right/,
  ],
  [
    'a conflict',
    new ApiError({ status: 409, reason: 'Conflict', message: 'changed' }),
    /^error: changed; the object changed meanwhile; run the same command again\n$/,
  ],
  [
    'a cluster that is not there',
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6443'), { code: 'ECONNREFUSED' }),
    /^error: the cluster cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:6443\); check that it runs/,
  ],
  ['a message of several lines', new Error('one\n  two'), /^error: one; two\n$/],
]

for (const [name, error, says] of failures)
  test(`${name} is one line that says what to do`, async () => {
    const api = midUpdateWith()
    api.admit = () => {
      throw error
    }
    const { code, err } = await run(api, 'abort web')
    assert.equal(code, 1)
    assert.match(err, says)
  })

test('wrong commands and flags are one line too, with exit code 2', async () => {
  for (const [line, says] of [
    ['promot web', /unknown command 'promot'.*promote.*; sluice --help shows how\n$/],
    ['get', /missing required argument 'name'; sluice --help shows how\n$/],
    ['get web --nope', /unknown option '--nope'/],
    ['get web -o xml', /'xml' is invalid. Allowed choices are table, wide, json, yaml/],
  ] as const) {
    const { code, err } = await run(midUpdateWith(), line)
    assert.equal(code, 2)
    assert.match(err, says)
    assert.equal(err.trimEnd().split('\n').length, 1)
  }
})
