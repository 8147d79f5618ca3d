import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { makeControllerMetrics, observeInformers } from './metrics.ts'
import { CONFIG_MAPS } from './resources.ts'
import { makeFakeClock } from './testing/fake-clock.ts'
import { makeWorkQueue } from './work-queue.ts'

const values = async (registry: Registry): Promise<ReadonlyMap<string, string>> => {
  const lines = (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]))
}

test('a queue is seen in the metrics that client-go gives its queues', async () => {
  const registry = new Registry()
  const clock = makeFakeClock()
  const metrics = makeControllerMetrics(registry, clock.now)
  const queue = makeWorkQueue({ clock, metrics: metrics.queueMetrics('rollout') })
  metrics.observeQueue('rollout', queue)
  const { reconciled } = metrics.reconcileMetrics('rollout')
  for (const key of ['a', 'b', 'b']) queue.add(key)
  clock.jump(2000)
  await queue.take()
  clock.jump(3000)
  reconciled('success', 250)
  queue.addRateLimited('c')
  const seen = await values(registry)
  const label = '{name="rollout"}'
  assert.equal(seen.get(`workqueue_adds_total${label}`), '2')
  assert.equal(seen.get(`workqueue_retries_total${label}`), '1')
  assert.equal(seen.get(`workqueue_depth${label}`), '1')
  assert.equal(seen.get(`workqueue_unfinished_work_seconds${label}`), '3')
  assert.equal(seen.get(`workqueue_longest_running_processor_seconds${label}`), '3')
  assert.equal(seen.get(`workqueue_queue_duration_seconds_sum${label}`), '2')
  assert.equal(seen.get('sluice_reconcile_total{name="rollout",result="success"}'), '1')
  assert.equal(seen.get('sluice_reconcile_total{name="rollout",result="error"}'), '0')
  queue.done('a')
  const later = await values(registry)
  assert.equal(later.get(`workqueue_work_duration_seconds_sum${label}`), '3')
  assert.equal(later.get(`workqueue_longest_running_processor_seconds${label}`), '0')
  await Promise.race([queue.shutDown(), Promise.resolve()])
})

test('informers show their age, size and troubles', async () => {
  const registry = new Registry()
  const stats = { lists: 1, watches: 3, events: 7, failures: 2, gone: 1, objects: 5 }
  observeInformers(registry, [{ resource: CONFIG_MAPS, hasSynced: () => true, lastEventAgeMs: () => 1500, stats: () => stats }])
  for (let scrape = 0; scrape < 2; scrape += 1) {
    const seen = await values(registry)
    const of = (name: string) => seen.get(`sluice_informer_${name}{resource="configmaps"}`)
    assert.deepEqual([of('synced'), of('objects'), of('last_event_age_seconds')], ['1', '5', '1.5'])
    assert.deepEqual(
      ['lists', 'watches', 'events', 'failures', 'gone'].map(name => of(`${name}_total`)),
      ['1', '3', '7', '2', '1'],
    )
  }
})
