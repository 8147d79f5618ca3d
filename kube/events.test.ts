import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient } from './client.ts'
import { systemClock } from './clock.ts'
import { ApiError } from './errors.ts'
import { makeEventRecorder } from './events.ts'
import { makeLogger } from './log.ts'

const web: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', uid: 'u1' } }

const recorder = ({ failing = false, forgetful = false } = {}) => {
  const events: KubeObject[] = []
  const lines: string[] = []
  const client = {
    create: async (_: unknown, event: KubeObject) => {
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
    recorder: makeEventRecorder({ client, component: 'sluice-controller', instance: 'pod-1', clock: systemClock, log }),
  }
}

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
