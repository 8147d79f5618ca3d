import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings, workerProcesses } from './flags.ts'

const POD = { POD_NAME: 'router-1', POD_NAMESPACE: 'sluice-system', POD_IP: '10.0.0.1' }

test('without flags the defaults hold', () => {
  assert.deepEqual(readSettings([], POD), {
    settings: {
      pod: { name: 'router-1', namespace: 'sluice-system', ip: '10.0.0.1', listen: '10.0.0.1' },
      kubeconfig: undefined,
      adminPort: 8444,
      healthPort: 8081,
      stateDir: undefined,
      quietMs: 3000,
      drainMs: 25_000,
      lingerMs: 5000,
      upstreamTimeoutMs: 0,
      maxEjectedPercent: 50,
      maxConnections: 10_000,
      place: undefined,
      fastLane: true,
      workers: 1,
      logLevel: 'info',
    },
  })
})

test('flags are read, fractions of seconds too', () => {
  const read = readSettings(['--admin-port', '1', '--quiet-seconds=0.5', '--state-dir', '/var/lib/x', '--log-level', 'debug'], {
    ...POD,
    KUBECONFIG: '/k',
  })
  assert.ok('settings' in read)
  const { adminPort, quietMs, stateDir, logLevel, kubeconfig } = read.settings
  assert.deepEqual(
    { adminPort, quietMs, stateDir, logLevel, kubeconfig },
    { adminPort: 1, quietMs: 500, stateDir: '/var/lib/x', logLevel: 'debug', kubeconfig: '/k' },
  )
})

test('one worker is this process itself; auto is one for each processor, up to eight', () => {
  const processes = (workers: string, processors: number) => {
    const read = readSettings(['--workers', workers], POD)
    return 'settings' in read ? workerProcesses(read.settings.workers, processors) : read.problems
  }
  assert.deepEqual([processes('1', 4), processes('2', 1), processes('64', 4)], [0, 2, 64])
  assert.deepEqual([processes('auto', 1), processes('auto', 4), processes('auto', 32)], [0, 4, 8])
})

test('the fast lane is switched off by the flag or by SLUICE_FAST_LANE, and the flag goes first', () => {
  const isOn = (args: readonly string[], env = {}) => {
    const read = readSettings(args, { ...POD, ...env })
    return 'settings' in read ? read.settings.fastLane : read.problems
  }
  assert.equal(isOn(['--fast-lane=off']), false)
  assert.equal(isOn([], { SLUICE_FAST_LANE: 'off' }), false)
  assert.equal(isOn(['--fast-lane', 'on'], { SLUICE_FAST_LANE: 'off' }), true)
  assert.deepEqual(isOn([], { SLUICE_FAST_LANE: 'no' }), [
    '--fast-lane (or SLUICE_FAST_LANE) is "no", must be on or off, e.g. on',
  ])
})

const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
  [['--workers', '0'], /--workers is "0", must be auto or a whole number from 1 to 64, e\.g\. 2/],
  [['--workers', 'many'], /--workers is "many"/],
  [['--workers', '65'], /--workers is "65"/],
  [['--admin-port', '70000'], /--admin-port is "70000", must be a whole number from 0 to 65535, e\.g\. 8444/],
  [['--admin-port', '1.5'], /--admin-port is "1\.5", must be a whole number/],
  [['--quiet-seconds', '-1'], /--quiet-seconds/],
  [['--quiet-seconds', '3s'], /--quiet-seconds is "3s", must be a number from 0 to 86400, e\.g\. 3/],
  [['--drain-seconds', ''], /--drain-seconds is ""/],
  [['--log-level', 'loud'], /--log-level is "loud", must be one of debug, info, warn, error/],
  [['--unknown'], /--unknown/],
  [['extra'], /extra/],
]
for (const [args, says] of WRONG) {
  test(`refused with a reason: ${args.join(' ')}`, () => {
    const read = readSettings(args, POD)
    assert.match('problems' in read ? read.problems.join('\n') : 'accepted', says)
  })
}

test('what the pod must say about itself is asked for', () => {
  const read = readSettings([], {})
  assert.deepEqual('problems' in read ? read.problems.map(problem => problem.split(' ')[0]) : [], [
    'POD_NAMESPACE',
    'POD_NAME',
    'POD_IP',
  ])
})

test('a pod with an address of each family listens for clients on all', () => {
  const listenOf = (POD_IPS: string) => {
    const read = readSettings([], { ...POD, POD_IPS })
    return 'settings' in read ? read.settings.pod.listen : read.problems
  }
  assert.equal(listenOf('10.0.0.1,fd00::1'), '::')
  assert.equal(listenOf('10.0.0.1'), '10.0.0.1')
  assert.equal(listenOf(''), '10.0.0.1')
})
