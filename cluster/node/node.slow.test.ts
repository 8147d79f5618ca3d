import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { KubeObject, Pod } from '../../api/kubernetes.ts'
import { silentLogger } from '../../kube/log.ts'
import { CONFIG_MAPS, PODS, SECRETS } from '../../kube/resources.ts'
import { type Cluster, startCluster } from '../start.ts'
import { eventually } from '../testing/cluster.ts'
import { ask, firstOf, http, isReady, podsOn, probe, ref, statusOf } from '../testing/local-pods.ts'

let cluster: Cluster
before(async () => {
  cluster = await startCluster({ stateDir: mkdtempSync(join(tmpdir(), 'sluice-node-')), log: silentLogger })
})
after(() => cluster.stop())
const { until, isGone, run, eventsOf, readLog } = podsOn(() => cluster)

describe('a pod', { concurrency: 4 }, () => {
  it('runs as a process at an address of its own, with the environment it asks for', async () => {
    await cluster.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: ref('settings'),
      data: { colour: 'green', size: 'big' },
    } as KubeObject)
    await cluster.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: ref('keys'),
      data: { key: Buffer.from('s3cret').toString('base64') },
    } as KubeObject)
    const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } })
    await run(
      'env',
      {
        ...http(),
        args: ['--name=$(NAME)', '$(UNKNOWN)', '$$(NAME)'],
        workingDir: tmpdir(),
        envFrom: [{ prefix: 'CM_', configMapRef: { name: 'settings' } }],
        env: [
          { name: 'PLAIN', value: 'x-$(CM_size)' },
          { name: 'NAME', ...field('metadata.name') },
          { name: 'IP', ...field('status.podIP') },
          { name: 'NODE', ...field('spec.nodeName') },
          { name: 'TIER', ...field("metadata.labels['tier']") },
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
          { name: 'NONE', valueFrom: { secretKeyRef: { name: 'absent', key: 'key', optional: true } } },
        ],
      },
      {},
      { labels: { tier: 'front' } },
    )
    const pod = await until('env', candidate => firstOf(candidate)?.ready === true)
    const env = JSON.parse(await eventually(() => ask(pod, '/env').catch(() => undefined)))
    assert.match(pod.status?.podIP ?? '', /^127\.\d+\.\d+\.\d+$/)
    const { PORT, POD_IP, PLAIN, NAME, IP, NODE, TIER, COLOUR, KEY, NONE, cwd, argv, HOSTNAME } = env
    assert.deepEqual([PORT, POD_IP, IP], ['8080', pod.status?.podIP, pod.status?.podIP])
    assert.deepEqual(
      [PLAIN, NAME, NODE, TIER, COLOUR, KEY, NONE, HOSTNAME],
      ['x-big', 'env', 'local', 'front', 'green', 's3cret', undefined, 'env'],
    )
    assert.deepEqual(argv, ['--name=env', '$(UNKNOWN)', '$(NAME)'])
    assert.equal(cwd, tmpdir())
    assert.equal(pod.status?.phase, 'Running')
    assert.match(env.KUBECONFIG, /kubeconfig$/)
  })

  it('waits for a ConfigMap that is missing and starts when it comes', async () => {
    await run('late', { ...http(), envFrom: [{ configMapRef: { name: 'late' } }] })
    const waiting = await until('late', pod => firstOf(pod)?.state.waiting?.reason === 'CreateContainerConfigError')
    assert.equal(firstOf(waiting)?.state.waiting?.message, 'configmap "late" not found')
    await cluster.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: ref('late'),
      data: {},
    } as KubeObject)
    await until('late', isReady)
  })

  it('without a command fails with a reason that says so', async () => {
    await run('bare', {})
    const pod = await until('bare', candidate => firstOf(candidate)?.state.waiting?.reason === 'CreateContainerError')
    assert.equal(firstOf(pod)?.state.waiting?.message, 'this node runs local processes: container "main" needs a command')
    assert.equal(pod.status?.phase, 'Pending')
    await cluster.client.delete(PODS, ref('bare'))
    await isGone('bare')
  })

  it('with a program that does not exist fails to start and says which', async () => {
    await run('missing', { command: ['/does/not/exist'] }, { restartPolicy: 'Never' })
    const pod = await until('missing', candidate => candidate.status?.phase === 'Failed')
    assert.equal(firstOf(pod)?.state.terminated?.exitCode, 128)
  })

  it('is ready when its readiness probe says so, and not when it does not', async () => {
    await run('probed', { ...http(), readinessProbe: probe() })
    const pod = await until('probed', isReady)
    await ask(pod, '/unready')
    const unready = await until('probed', candidate => !isReady(candidate))
    assert.equal(unready.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'ContainersNotReady')
    await ask(pod, '/ready')
    await until('probed', isReady)
    assert.equal(firstOf(await until('probed', isReady))?.restartCount, 0)
  })

  it('knows tcpSocket, exec and startup probes', async () => {
    await run('tcp', {
      ...http(),
      startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 30 },
      readinessProbe: { exec: { command: ['sh', '-c', 'test "$PORT" = 8080'] }, periodSeconds: 1 },
    })
    await until('tcp', isReady)
  })

  it('is started again with backoff after it failed, and keeps the log of the run before', async () => {
    await run('crash', { ...http(), readinessProbe: probe() })
    const pod = await until('crash', isReady)
    await ask(pod, '/exit/3').catch(() => '')
    const waiting = await until('crash', candidate => firstOf(candidate)?.state.waiting?.reason === 'CrashLoopBackOff')
    assert.equal(isReady(waiting), false)
    assert.deepEqual(
      [firstOf(waiting)?.lastState.terminated?.exitCode, firstOf(waiting)?.lastState.terminated?.reason],
      [3, 'Error'],
    )
    const again = await until('crash', candidate => isReady(candidate) && firstOf(candidate)?.restartCount === 1)
    assert.equal(again.status?.podIP, pod.status?.podIP)
    assert.equal(again.metadata.uid, pod.metadata.uid)
  })

  it('killed by a signal is not ready at once and reports the signal', async () => {
    await run('killed', http())
    await until('killed', isReady)
    assert.equal(cluster.kill('killed', 'SIGKILL'), true)
    const dead = await until('killed', pod => firstOf(pod)?.lastState.terminated !== undefined)
    assert.deepEqual([firstOf(dead)?.lastState.terminated?.exitCode, firstOf(dead)?.lastState.terminated?.signal], [137, 9])
    await until('killed', pod => isReady(pod) && firstOf(pod)?.restartCount === 1)
  })

  it('is restarted by its liveness probe', async () => {
    await run('unalive', { ...http(), livenessProbe: { ...probe(), initialDelaySeconds: 2, failureThreshold: 2 } })
    const pod = await until('unalive', isReady)
    await eventually(() => ask(pod, '/unready').catch(() => undefined))
    await until('unalive', candidate => firstOf(candidate)?.restartCount === 1 && isReady(candidate))
  })

  it('that ends well succeeds, and that ends badly fails, where it is not to be restarted', async () => {
    await run('good', { command: ['sh', '-c', 'echo done'] }, { restartPolicy: 'Never' })
    await run('bad', { command: ['sh', '-c', 'exit 4'] }, { restartPolicy: 'Never' })
    await run('retried', { command: ['sh', '-c', 'exit 5'] }, { restartPolicy: 'OnFailure' })
    await until('good', pod => pod.status?.phase === 'Succeeded')
    await until('bad', pod => pod.status?.phase === 'Failed')
    await until('retried', pod => (firstOf(pod)?.restartCount ?? 0) >= 1)
  })

  it('runs its init containers one after the other before the others', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'sluice-init-')), 'order')
    const say = (name: string) => ({ name, image: 'none', command: ['sh', '-c', `echo ${name} >> ${file}`] })
    await run(
      'init',
      { command: ['sh', '-c', `cat ${file}`] },
      { restartPolicy: 'Never', initContainers: [say('one'), say('two')] },
    )
    const pod = await until('init', candidate => candidate.status?.phase === 'Succeeded')
    assert.equal(statusOf(pod).initContainerStatuses?.length, 2)
    assert.equal(await readLog('init', '?container=main'), 'one\ntwo\n')
  })

  it('with an unknown nodeSelector stays pending with an event', async () => {
    await run('choosy', http(), { nodeSelector: { disk: 'ssd' } })
    const event = await eventually(async () => (await eventsOf('choosy')).find(({ reason }) => reason === 'FailedScheduling'))
    assert.match(event.message, /disk=ssd/)
    assert.equal((await cluster.client.get<Pod>(PODS, ref('choosy'))).status?.phase, 'Pending')
  })
})
