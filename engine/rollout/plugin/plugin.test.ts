/** What is told and done when a canary has steps of kind plugin, scenario by scenario, as one readable page; and what is asked. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { CanaryStrategy, Rollout, RolloutStatus } from '../../../api/rollout.ts'
import { edit, isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, steer, type World } from '../testing/world.ts'
import type { PluginAnswer, PluginCall } from './call.ts'

const GOLDEN = new URL('../testing/plugins.txt', import.meta.url)

type Steps = NonNullable<CanaryStrategy['steps']>
type Answer = Omit<PluginAnswer, 'id'>

const LOAD = { plugin: { name: 'acme/load', config: { users: 50 } } }
const TICKET = { plugin: { name: 'acme/ticket' } }
const STEPS: Steps = [TICKET, { setWeight: 20 }, LOAD, { pause: {} }]

const SUCCESSFUL: Answer = { phase: 'Successful' }

/** A Rollout at rest with v1, whose plugins answer so. */
const healthy = (steps: Steps, plugin: (call: PluginCall) => Answer | undefined, more: Partial<Rollout['spec']> = {}): World => {
  const world = makeWorld({ canary: { maxSurge: 1, maxUnavailable: 0, steps } }, more)
  world.plugin = plugin
  runUntil(world, isHealthy)
  world.log.length = 0
  return world
}

const readable = (world: World): string =>
  world.replicaSets.reduce((text, { metadata, spec }) => {
    const image = spec.template.spec.containers[0]?.image
    return text.replaceAll(metadata.name, `web-${image}`).replaceAll(metadata.name.replace('web-', ''), `hash-${image}`)
  }, world.log.join('\n'))

const isLoading = ({ canary }: RolloutStatus): boolean =>
  canary?.stepPluginStatuses?.some(({ name, executions }) => name === 'acme/load' && executions === 1) === true

const statusesOf = ({ rollout }: World) => rollout.status?.canary?.stepPluginStatuses ?? []

/** Answers in turn, the last one for ever; by operation. */
const inTurn = (runs: readonly Answer[], others: Answer = SUCCESSFUL) => {
  const left = [...runs]
  let id = ''
  let now = left[0]
  return (call: PluginCall): Answer | undefined => {
    if (call.operation !== 'Run' || call.name !== 'acme/load') return others
    if (call.id !== id) {
      now = left.shift() ?? now
      id = call.id
    }
    return now
  }
}

const SCENARIOS: { readonly [title: string]: () => World } = {
  'Plugins do their work, each as a step': () => {
    const world = healthy(STEPS, inTurn([{ phase: 'Running', message: 'half way', status: { id: 7 } }, SUCCESSFUL]))
    ship(world, 'v2')
    runUntil(world, isPaused)
    return world
  },
  'An error is tried again with what the plugin noted before it': () => {
    const world = healthy([LOAD, { pause: {} }], inTurn([{ phase: 'Error', message: 'no connection' }, SUCCESSFUL]))
    ship(world, 'v2')
    runUntil(world, isPaused)
    return world
  },
  'A plugin that fails aborts the update, and what was done is undone, the last first': () => {
    const world = healthy(STEPS, inTurn([{ phase: 'Failed', message: 'p99 is 3 s' }]))
    ship(world, 'v2')
    run(world, 16)
    return world
  },
  'A person aborts while a plugin is at work, and retries': () => {
    const world = healthy(STEPS, inTurn([{ phase: 'Running' }]))
    ship(world, 'v2')
    runUntil(world, isLoading)
    steer(world, 'a person aborts', { abort: true })
    run(world, 6)
    world.plugin = inTurn([SUCCESSFUL])
    steer(world, 'a person retries', { abort: false })
    runUntil(world, isPaused)
    return world
  },
  'A full promotion ends the plugin that is at work': () => {
    const world = healthy(STEPS, inTurn([{ phase: 'Running' }]))
    ship(world, 'v2')
    runUntil(world, isLoading)
    steer(world, 'a person promotes in full', { promoteFull: true })
    runUntil(world, isHealthy)
    return world
  },
  'A person skips the step of a plugin that is at work': () => {
    const world = healthy(STEPS, inTurn([{ phase: 'Running' }]))
    ship(world, 'v2')
    runUntil(world, isLoading)
    steer(world, 'a person skips the step', { currentStepIndex: 3 })
    runUntil(world, isPaused)
    return world
  },
  'A plugin that is switched off is passed over': () => {
    const world = healthy([{ plugin: { name: 'acme/off' } }, { pause: {} }], () => undefined)
    ship(world, 'v2')
    runUntil(world, isPaused)
    return world
  },
  'A plugin that nobody knows is told before anything moves': () => {
    const world = healthy([{ plugin: { name: 'argoproj-labs/step-exec' } }], () => SUCCESSFUL, { strategy: { canary: {} } })
    edit(world, { strategy: { canary: { steps: [{ plugin: { name: 'argoproj-labs/step-exec' } }] } } })
    ship(world, 'v2')
    run(world, 3)
    return world
  },
}

test('what is told and done with plugins is what the page says (write it anew with --update)', () => {
  const page = Object.entries(SCENARIOS)
    .map(([title, live]) => `## ${title}\n\n${readable(live())}\n`)
    .join('\n')
  if (process.argv.includes('--update')) writeFileSync(GOLDEN, page)
  assert.equal(page, readFileSync(GOLDEN, 'utf8'))
})

test('the status tells of each plugin what Argo Rollouts tells', () => {
  const world = healthy([LOAD, { pause: {} }], inTurn([{ phase: 'Running', message: 'half way', status: { id: 7 } }, SUCCESSFUL]))
  ship(world, 'v2')
  runUntil(world, ({ canary }) => canary?.stepPluginStatuses?.[0]?.message === 'half way')
  const at = '2026-01-01T09:00:09Z'
  assert.deepEqual(statusesOf(world), [
    {
      index: 0,
      name: 'acme/load',
      operation: 'Run',
      phase: 'Running',
      message: 'half way',
      startedAt: '2026-01-01T09:00:08Z',
      updatedAt: at,
      backoff: '30s',
      executions: 1,
      status: { id: 7 },
    },
  ])
  runUntil(world, isPaused)
  const [done] = statusesOf(world)
  assert.deepEqual(
    [done?.phase, done?.executions, done?.finishedAt, done?.backoff],
    ['Successful', 2, done?.updatedAt, undefined],
  )
})

test('a plugin is told its config, what it noted, and how often it has answered', () => {
  const calls: PluginCall[] = []
  const answers = inTurn([{ phase: 'Running', status: { id: 7 }, afterSeconds: 2 }, { phase: 'Error' }, { phase: 'Running' }])
  const world = healthy([LOAD], call => {
    calls.push(call)
    return answers(call)
  })
  ship(world, 'v2')
  run(world, 60)
  steer(world, 'a person aborts', { abort: true })
  run(world, 3)
  const told = [...new Map(calls.map(({ id, ...call }) => [id, call])).values()]
  const one = { operation: 'Run', index: 0, name: 'acme/load', config: { users: 50 } }
  assert.deepEqual(told.slice(0, 3), [
    { ...one, executions: 0 },
    { ...one, executions: 1, status: { id: 7 } },
    // What it noted before an error stays.
    { ...one, executions: 2, status: { id: 7 } },
  ])
  assert.deepEqual(told.at(-1), { ...one, operation: 'Abort', executions: 0, status: { id: 7 } })
})

test('a question that is not answered yet is the same question, and what was begun is noted before it', () => {
  const calls: PluginCall[] = []
  const world = healthy([LOAD], call => {
    calls.push(call)
    return undefined
  })
  ship(world, 'v2')
  run(world, 6)
  assert.ok(calls.length > 1)
  assert.equal(new Set(calls.map(({ id }) => id)).size, 1)
  assert.deepEqual(
    statusesOf(world).map(({ phase, executions }) => [phase, executions]),
    [['Running', undefined]],
  )
})

test('in a pause of its user nothing is asked', () => {
  const calls: PluginCall[] = []
  const world = healthy([{ setWeight: 20 }, { pause: {} }, LOAD], call => {
    calls.push(call)
    return undefined
  })
  ship(world, 'v2')
  runUntil(world, isPaused)
  edit(world, { paused: true })
  steer(world, 'a person promotes', { pauseConditions: null })
  run(world, 5)
  assert.deepEqual(calls, [])
})

test('a new version in the middle of a plugin’s work tells it to end, and begins with plugins of its own', () => {
  const calls: PluginCall[] = []
  const world = healthy([LOAD], call => {
    calls.push(call)
    return { phase: 'Running' }
  })
  ship(world, 'v2')
  run(world, 6)
  ship(world, 'v3')
  pass(world)
  assert.equal(calls.at(-1)?.operation, 'Terminate')
  assert.deepEqual(statusesOf(world), [])
  run(world, 4)
  assert.deepEqual(calls.at(-1) && { ...calls.at(-1), id: '' }, {
    id: '',
    operation: 'Run',
    index: 0,
    name: 'acme/load',
    executions: 0,
    config: { users: 50 },
  })
})

test('a plugin that takes too long passes the progress deadline', () => {
  const world = healthy([LOAD], () => ({ phase: 'Running' }), { progressDeadlineSeconds: 20, progressDeadlineAbort: true })
  ship(world, 'v2')
  runUntil(world, ({ abort }) => abort === true)
  run(world, 3)
  assert.deepEqual(
    statusesOf(world).map(({ operation, phase }) => `${operation} ${phase}`),
    ['Run Running', 'Abort Failed'],
  )
  assert.match(statusesOf(world)[1]?.message ?? '', /^Abort has to be done when it answers/)
})

test('after a person went back the plugins of the steps that come again work again', () => {
  const world = healthy([LOAD, { pause: {} }, TICKET, { pause: {} }], () => SUCCESSFUL)
  ship(world, 'v2')
  runUntil(world, isPaused)
  steer(world, 'a person promotes', { pauseConditions: null })
  runUntil(world, status => isPaused(status) && status.currentStepIndex === 3)
  assert.equal(statusesOf(world).length, 2)
  steer(world, 'a person goes back', { currentStepIndex: 1, pauseConditions: null, controllerPause: false })
  pass(world)
  assert.deepEqual(
    statusesOf(world).map(({ index }) => index),
    [0],
  )
})
