import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Pod } from '../../api/kubernetes.ts'
import { silentLogger } from '../../kube/log.ts'
import { PODS } from '../../kube/resources.ts'
import { type Cluster, startCluster } from '../start.ts'
import { eventually } from '../testing/cluster.ts'
import { alive, ask, firstOf, http, isReady, pidOf, podsOn, probe, ref, serverCommand } from '../testing/local-pods.ts'

let cluster: Cluster
before(async () => {
  cluster = await startCluster({ stateDir: mkdtempSync(join(tmpdir(), 'sluice-node-')), log: silentLogger })
})
after(() => cluster.stop())
const { until, isGone, run, readLog } = podsOn(() => cluster)

describe('deleting a pod', { concurrency: 4 }, () => {
  it('stays ready until its process has ended, then goes', async () => {
    await run('leaving', { ...http(), command: serverCommand('--slow-exit=1500'), readinessProbe: probe() })
    const pod = await until('leaving', isReady)
    await cluster.client.delete(PODS, ref('leaving'))
    const going = await cluster.client.get<Pod>(PODS, ref('leaving'))
    assert.ok(going.metadata.deletionTimestamp)
    assert.equal(isReady(going), true)
    assert.equal(await ask(pod, '/'), 'leaving\n')
    await isGone('leaving')
    assert.equal(alive(pidOf(pod)), false)
  })

  it('runs preStop before SIGTERM', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'sluice-stop-')), 'order')
    const script = `trap 'echo term >> ${file}; exit 0' TERM; while true; do sleep 0.05; done`
    await run('hooked', {
      command: ['sh', '-c', script],
      lifecycle: { preStop: { exec: { command: ['sh', '-c', `sleep 0.2; echo hook >> ${file}`] } } },
    })
    await until('hooked', isReady)
    await cluster.client.delete(PODS, ref('hooked'))
    await isGone('hooked')
    assert.equal(readFileSync(file, 'utf8'), 'hook\nterm\n')
  })

  it('ends with SIGKILL when the grace period is over', async () => {
    await run(
      'stubborn',
      { ...http(), command: serverCommand('--ignore-sigterm'), readinessProbe: probe() },
      { terminationGracePeriodSeconds: 1 },
    )
    const pod = await until('stubborn', isReady)
    await cluster.client.delete(PODS, ref('stubborn'))
    await isGone('stubborn')
    assert.equal(alive(pidOf(pod)), false)
  })

  it('takes the processes that it started with it, at once when forced', async () => {
    await run('family', { ...http(), command: serverCommand('--ignore-sigterm', '--spawn'), readinessProbe: probe() })
    const pod = await until('family', isReady)
    const spawned = Number(
      /spawned (\d+)/.exec(await eventually(async () => (await readLog('family')).includes('spawned') && readLog('family')))?.[1],
    )
    assert.equal(alive(spawned), true)
    await cluster.client.delete(PODS, ref('family'), { gracePeriodSeconds: 0 })
    await eventually(async () => !alive(spawned) && !alive(pidOf(pod)))
  })
})

describe('the log of a container', () => {
  it('has tail, previous and follow', async () => {
    await run('talker', { command: ['sh', '-c', 'echo one; echo two; echo three; sleep 0.3; echo four; exit 1'] })
    await until('talker', pod => firstOf(pod)?.state.running !== undefined)
    assert.equal(await readLog('talker', '?follow=true'), 'one\ntwo\nthree\nfour\n')
    await until('talker', pod => firstOf(pod)?.restartCount === 1)
    assert.equal(await readLog('talker', '?previous=true&tailLines=2'), 'three\nfour\n')
    assert.match(await readLog('talker', '?previous=true&timestamps=true&tailLines=1'), /^\d{4}-\d\d-\d\dT[\d:.]+Z four\n$/)
  })
})
