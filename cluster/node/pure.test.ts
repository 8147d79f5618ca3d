import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Labels, Pod } from '../../api/kubernetes.ts'
import { podOf } from '../testing/objects.ts'
import { nextBackoff } from './backoff.ts'
import { EnvProblem, renderEnvironment } from './env.ts'
import { expandVariables } from './expand.ts'
import { PodAddresses } from './pod-addresses.ts'
import { renderStatus, sameStatus } from './pod-status.ts'
import type { ContainerFacts, ContainerState, NodeContainer } from './pod-types.ts'
import { countResult, timingOf } from './prober.ts'
import { decidePlace } from './schedule.ts'

describe('$(NAME) in commands', () => {
  const rows = [
    ['$(A)', '1'],
    ['x$(A)y$(B)', 'x1y2'],
    ['$(C)', '$(C)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$A {A}', '$A {A}'],
    ['$(A', '$(A'],
  ] as const
  for (const [text, expected] of rows) {
    it(`${text} becomes ${expected}`, () => {
      assert.equal(expandVariables(text, { A: '1', B: '2' }), expected)
    })
  }
})

describe('the environment of a container', () => {
  const render = (container: Partial<NodeContainer>, configMaps: readonly (readonly [string, Labels])[] = []) =>
    renderEnvironment(
      { name: 'main', ...container },
      {
        pod: podOf({ name: 'web' }),
        podIP: '127.1.0.1',
        configMaps: new Map(configMaps),
        secrets: new Map(),
        base: { PATH: '/bin', HOME: '/root' },
      },
    )

  it('has POD_IP, PORT of the first container port and the base', () => {
    assert.deepEqual(render({ ports: [{ containerPort: 81 }, { containerPort: 82 }] }), {
      PATH: '/bin',
      HOME: '/root',
      POD_IP: '127.1.0.1',
      PORT: '81',
    })
  })

  it('lets the container override what the node sets', () => {
    assert.equal(render({ env: [{ name: 'PORT', value: '9' }], ports: [{ containerPort: 81 }] })['PORT'], '9')
  })

  it('lets later variables refer to earlier ones, and not to the base', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)$(PATH)' },
    ]
    assert.equal(render({ env })['B'], '1$(PATH)')
  })

  it('prefers env over envFrom', () => {
    assert.equal(
      render({ envFrom: [{ configMapRef: { name: 'c' } }], env: [{ name: 'K', value: 'own' }] }, [['c', { K: 'from' }]])['K'],
      'own',
    )
  })

  const problems = [
    [{ env: [{ name: 'K', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] }, 'configmap "c" not found'],
    [{ envFrom: [{ secretRef: { name: 's' } }] }, 'secret "s" not found'],
    [{ env: [{ name: 'K', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }] }, 'env K: fieldPath "spec.x" is not known'],
    [
      { env: [{ name: 'K', valueFrom: { resourceFieldRef: {} } }] },
      'env K: valueFrom must be fieldRef, configMapKeyRef or secretKeyRef on this node',
    ],
  ] as const
  for (const [container, message] of problems) {
    it(`says: ${message}`, () => {
      assert.throws(
        () => render(container),
        (error: Error) => error instanceof EnvProblem && error.message.startsWith(message),
      )
    })
  }

  it('names a key that is missing in a ConfigMap that is there', () => {
    const env = [{ name: 'K', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }]
    assert.throws(() => render({ env }, [['c', {}]]), { message: 'couldn\'t find key k in configmap "c"' })
  })
})

describe('pod addresses', () => {
  it('are in the range, differ, and are not given again within a minute', () => {
    let now = 0
    const addresses = new PodAddresses('127.130', () => now)
    const first = addresses.allocate()
    assert.match(first, /^127\.130\.\d+\.\d+$/)
    addresses.release(first)
    const seen = new Set([first])
    for (let index = 0; index < 254 * 256 - 1; index += 1) {
      const address = addresses.allocate()
      assert.equal(seen.has(address), false)
      seen.add(address)
    }
    assert.throws(() => addresses.allocate(), /in use/)
    now = 60_000
    assert.equal(addresses.allocate(), first)
  })
})

describe('restart backoff', () => {
  it('doubles from 1 s to 30 s and begins again after a run of 10 s', () => {
    const waits: number[] = []
    let wait: number | undefined
    for (let run = 0; run < 7; run += 1) {
      wait = nextBackoff(wait, 100)
      waits.push(wait)
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    assert.equal(nextBackoff(30_000, 10_000), 1000)
  })
})

describe('probe thresholds', () => {
  const verdicts = (results: string, probe: { readonly successThreshold?: number; readonly failureThreshold?: number }) => {
    let streak: ReturnType<typeof countResult>['streak'] | undefined
    return [...results]
      .map(result => {
        const counted = countResult(streak, result === '+', timingOf(probe))
        streak = counted.streak
        return counted.verdict === undefined ? '.' : counted.verdict ? '+' : '-'
      })
      .join('')
  }
  it('count results in a row', () => {
    assert.equal(verdicts('---+--+---', {}), '..-+..+..-')
    assert.equal(verdicts('++-+++', { successThreshold: 3, failureThreshold: 1 }), '..-..+')
  })
})

describe('placing pods', () => {
  const pod = (spec: object): Pod => {
    const made = podOf({ name: 'web', node: '' })
    return { ...made, spec: { ...made.spec, ...spec } }
  }
  it('binds what it may, ignores other schedulers and gates, and says what is missing', () => {
    const labels = { disk: 'hdd' }
    assert.deepEqual(decidePlace(pod({ nodeSelector: { disk: 'hdd' } }), labels), { bind: true })
    assert.deepEqual(decidePlace(pod({ schedulerName: 'other' }), labels), { bind: false })
    assert.deepEqual(decidePlace(pod({ schedulingGates: [{ name: 'x' }] }), labels), { bind: false })
    assert.match(decidePlace(pod({ nodeSelector: { disk: 'ssd' } }), labels).problem ?? '', /0\/1 nodes are available.*disk=ssd/)
  })
})

describe('the status of a pod', () => {
  const NOW = '2026-01-01T00:00:00Z'
  const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode, reason: 'x', startedAt: NOW, finishedAt: NOW } })
  const running: ContainerState = { running: { startedAt: NOW } }
  const waiting: ContainerState = { waiting: { reason: 'ContainerCreating' } }
  const facts = (state: ContainerState, more: Partial<ContainerFacts> = {}): ContainerFacts => ({
    name: 'main',
    image: 'i',
    state,
    started: 'running' in state,
    ready: 'running' in state,
    restartCount: 0,
    ...more,
  })
  const lastState = { terminated: { exitCode: 1, reason: 'Error', startedAt: NOW, finishedAt: NOW } }
  const render = (
    containers: readonly ContainerFacts[],
    { policy = 'Always', init = [] }: { readonly policy?: string; readonly init?: readonly ContainerFacts[] } = {},
  ) => {
    const made = podOf({ name: 'web' })
    const pod: Pod = { ...made, spec: { ...made.spec, restartPolicy: policy }, status: {} }
    return renderStatus(
      pod,
      { podIP: '127.1.0.1', startTime: NOW, initContainers: init.map(one => ({ ...one, sidecar: false })), containers },
      NOW,
    )
  }
  const phases = [
    ['waiting for the first time', [facts(waiting)], {}, 'Pending'],
    ['running', [facts(running)], {}, 'Running'],
    ['waiting to be started again', [facts(waiting, { lastState })], {}, 'Running'],
    ['one of two running', [facts(running), facts(waiting, { lastState })], {}, 'Running'],
    ['ended well, never restarted', [facts(ended(0))], { policy: 'Never' }, 'Succeeded'],
    ['ended badly, never restarted', [facts(ended(1))], { policy: 'Never' }, 'Failed'],
    ['ended badly, to be restarted', [facts(ended(1))], { policy: 'OnFailure' }, 'Running'],
    ['init container running', [facts(waiting)], { init: [facts(running)] }, 'Pending'],
    ['init container failed for good', [facts(waiting)], { policy: 'Never', init: [facts(ended(1))] }, 'Failed'],
  ] as const
  for (const [name, containers, options, phase] of phases) {
    it(`is ${phase}: ${name}`, () => {
      assert.equal(render(containers, options).phase, phase)
    })
  }

  it('is ready only when every container is, and says which is not', () => {
    const ready = (status: ReturnType<typeof render>) => status.conditions?.find(({ type }) => type === 'Ready')
    assert.equal(ready(render([facts(running)]))?.status, 'True')
    const half = ready(render([facts(running), facts(running, { name: 'slow', ready: false })]))
    assert.deepEqual([half?.status, half?.message], ['False', 'containers with unready status: [slow]'])
    assert.equal(ready(render([facts(ended(0))], { policy: 'Never' }))?.reason, 'PodCompleted')
  })

  it('waits for readiness gates of others and keeps their conditions', () => {
    const made = podOf({ name: 'web' })
    const gate = { type: 'example.com/gate', status: 'False' } as const
    const pod: Pod = {
      ...made,
      spec: { ...made.spec, readinessGates: [{ conditionType: gate.type }] },
      status: { conditions: [gate] },
    }
    const status = renderStatus(
      pod,
      { podIP: '127.1.0.1', startTime: NOW, initContainers: [], containers: [facts(running)] },
      NOW,
    )
    assert.equal(status.conditions?.find(({ type }) => type === 'Ready')?.reason, 'ReadinessGatesNotReady')
    assert.equal(status.conditions?.find(({ type }) => type === 'ContainersReady')?.status, 'True')
    assert.deepEqual(
      status.conditions?.find(({ type }) => type === gate.type),
      gate,
    )
  })

  it('keeps the time of a condition that did not change', () => {
    const first = render([facts(running)])
    const made = podOf({ name: 'web' })
    const later = renderStatus(
      { ...made, status: first },
      { podIP: '127.1.0.1', startTime: NOW, initContainers: [], containers: [facts(running)] },
      '2027-01-01T00:00:00Z',
    )
    assert.equal(sameStatus(first, later), true)
  })
})
