import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import { ApiError } from './errors.ts'
import { makeEventRecorder } from './events.ts'
import { makeLogger } from './log.ts'
import { makeFakeClock } from './testing/fake-clock.ts'

const web: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', uid: 'u1' } }

type Setup = {
  readonly failing?: boolean
  readonly forgetful?: boolean
  /** All of them, or those about the object of this name. */
  readonly hanging?: boolean | string
  readonly clock?: Clock
}

const recorder = ({ failing = false, forgetful = false, hanging = false, clock = systemClock }: Setup = {}) => {
  const events: KubeObject[] = []
  const lines: string[] = []
  const client = {
    create: async (_: unknown, event: KubeObject) => {
      if (hanging === true || (hanging !== false && event.metadata.name.startsWith(`${hanging}.`))) return new Promise(() => {})
      if (failing) throw new ApiError({ status: 403, reason: 'Forbidden', message: 'no' })
      events.push(event)
      return event
    },
    patch: async (_: unknown, { name }: { name: string }, __: unknown, body: object) => {
      const at = events.findIndex(event => event.metadata.name === name)
      const event = events[at]
      if (forgetful || event === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: 'gone' })
      events[at] = { ...event, ...body }
      return event
    },
  } as unknown as KubeClient
  const log = makeLogger({ component: 'test', level: 'debug', write: line => void lines.push(line) })
  return {
    events,
    lines,
    recorder: makeEventRecorder({ client, component: 'sluice-controller', instance: 'pod-1', clock, log }),
  }
}

const messages = (events: readonly KubeObject[]) => events.map(event => ('message' in event ? event.message : undefined))
const counts = (events: readonly KubeObject[]) => events.map(event => ('count' in event ? event.count : undefined))

test('the same event again raises the count of the first', async () => {
  const { events, recorder: record } = recorder()
  for (let i = 0; i < 3; i += 1) record.record(web, { type: 'Normal', reason: 'RolloutPaused', message: 'waits' })
  record.record(web, { type: 'Normal', reason: 'RolloutResumed', message: 'goes on' })
  await record.flush()
  assert.deepEqual(counts(events), [3, 1])
})

test('an event that has expired meanwhile is made again', async () => {
  const { events, recorder: record } = recorder({ forgetful: true })
  record.record(web, { type: 'Normal', reason: 'RolloutPaused', message: 'waits' })
  record.record(web, { type: 'Normal', reason: 'RolloutPaused', message: 'waits' })
  await record.flush()
  assert.deepEqual(counts(events), [1, 1])
})

test('an event that cannot be written is logged, and nothing else happens', async () => {
  const { lines, recorder: record } = recorder({ failing: true })
  record.record(web, { type: 'Warning', reason: 'RolloutAborted', message: 'bad' })
  await record.flush()
  assert.match(lines.join(), /could not be written.*RolloutAborted/)
})

test('more than ten different texts for one reason become one event', async () => {
  const { events, recorder: record } = recorder()
  for (let i = 0; i < 15; i += 1) record.record(web, { type: 'Warning', reason: 'Failed', message: `no ${i}` })
  await record.flush()
  assert.equal(events.length, 11)
  assert.deepEqual([counts(events).at(-1), messages(events).at(-1)], [5, '(combined from similar events): no 14'])
})

test('an object has a hundred writes at once and then one every half minute, beside every other object', async () => {
  const clock = makeFakeClock()
  const { events, recorder: record } = recorder({ clock })
  const same = { type: 'Warning', reason: 'Failed', message: 'no' } as const
  const repeat = async (times: number) => {
    for (let i = 0; i < times; i += 1) record.record(web, same)
    await record.flush()
    return counts(events)[0]
  }
  assert.equal(await repeat(140), 100)
  clock.jump(30_000)
  assert.equal(await repeat(3), 101)
  record.record({ ...web, metadata: { ...web.metadata, name: 'other', uid: 'u2' } }, same)
  await record.flush()
  assert.equal(events.length, 2)
})

test('what cannot be written for long does not pile up', async () => {
  const { lines, recorder: record } = recorder({ hanging: true })
  for (let i = 0; i < 5100; i += 1) {
    const metadata = { name: `web-${i}`, namespace: 'default', uid: `u${i}` }
    record.record({ ...web, metadata }, { type: 'Normal', reason: 'Made', message: 'it is made' })
  }
  assert.equal(lines.filter(line => line.includes('too many wait')).length, 100)
})

test('an event that takes long keeps those of other objects waiting no longer than there are other ways', async () => {
  const { events, recorder: record } = recorder({ hanging: 'web-0' })
  for (let i = 0; i < 30; i += 1) {
    const metadata = { name: `web-${i}`, namespace: 'default', uid: `u${i}` }
    record.record({ ...web, metadata }, { type: 'Normal', reason: 'Made', message: 'it is made' })
  }
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.ok(events.length >= 18 && events.length < 30, `${events.length} are written`)
})

test('an event about what has no namespace stands in default and names none', async () => {
  const { events, recorder: record } = recorder()
  record.record(
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' } },
    { type: 'Normal', reason: 'Ready', message: 'is ready' },
  )
  await record.flush()
  assert.equal(events[0]?.metadata.namespace, 'default')
  assert.deepEqual(JSON.parse(JSON.stringify(events[0]))['involvedObject'], { apiVersion: 'v1', kind: 'Node', name: 'one' })
})
