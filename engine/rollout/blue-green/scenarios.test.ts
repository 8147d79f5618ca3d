/** What is told and done in the life of a blue-green Rollout, scenario by scenario, as one readable page. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  abort,
  atAnalysis,
  atPause,
  blueGreen,
  empty,
  healthy,
  judge,
  MANUAL,
  POST,
  PRE,
  promote,
  promotedToV2,
  promoteFull,
  readable,
  retry,
} from '../testing/blue-green.ts'
import { edit, isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, type World } from '../testing/world.ts'

const GOLDEN = new URL('../testing/blue-green.txt', import.meta.url)

const note = (world: World, what: string) => world.log.push(`> ${what}`)

const SCENARIOS: { readonly [title: string]: () => World } = {
  'The first version takes the traffic when all of its pods are available': () => {
    const world = empty({ ...MANUAL, ...PRE, ...POST })
    runUntil(world, isHealthy)
    return world
  },
  'A new version takes the traffic at once when all of its pods are available, and the old one leaves later': () => {
    const world = healthy()
    ship(world, 'v2')
    run(world, 40)
    return world
  },
  'A person looks at the preview and promotes': () => {
    const world = healthy(MANUAL)
    ship(world, 'v2')
    pass(world)
    runUntil(world, isPaused)
    promote(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'The pause ends by itself after autoPromotionSeconds': () => {
    const world = healthy({ ...MANUAL, autoPromotionSeconds: 5 })
    ship(world, 'v2')
    run(world, 14)
    return world
  },
  'A person is faster than autoPromotionSeconds': () => {
    const world = atPause({ autoPromotionEnabled: true, autoPromotionSeconds: 600 })
    promote(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'A small preview grows to full size only after approval': () => {
    const world = atPause({ previewReplicaCount: 1 })
    promote(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'An analysis of the small preview is the approval': () => {
    const world = atAnalysis({ ...PRE, previewReplicaCount: 1 })
    judge(world, 'Successful')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'After a good analysis a person is asked': () => {
    const world = atAnalysis({ ...PRE, ...MANUAL })
    judge(world, 'Running')
    run(world, 2)
    judge(world, 'Successful')
    pass(world)
    runUntil(world, isPaused)
    promote(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'A bad analysis before the switch aborts, and the preview leaves later': () => {
    const world = atAnalysis(PRE)
    judge(world, 'Failed', 'metric "errors" assessed Failed')
    run(world, 40)
    return world
  },
  'An analysis that cannot tell pauses; a person goes on': () => {
    const world = atAnalysis(PRE)
    judge(world, 'Inconclusive')
    run(world, 3)
    promote(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'An analysis that cannot tell pauses; a person aborts': () => {
    const world = atAnalysis(PRE)
    judge(world, 'Inconclusive')
    run(world, 3)
    abort(world)
    run(world, 3)
    return world
  },
  'A good analysis after the switch completes the update': () => {
    const world = atAnalysis(POST)
    run(world, 3)
    judge(world, 'Successful')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'A bad analysis after the switch gives the traffic back at once': () => {
    const world = atAnalysis(POST)
    judge(world, 'Failed', 'metric "errors" assessed Failed')
    run(world, 40)
    return world
  },
  'An analysis after the switch that cannot tell keeps both versions until a person goes on': () => {
    const world = atAnalysis(POST)
    judge(world, 'Inconclusive')
    run(world, 40)
    promote(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'Without a delay of its own the old version stays for as long as the analysis after the switch takes': () => {
    const world = atAnalysis(POST)
    run(world, 60)
    return world
  },
  'With a delay of its own the old version leaves in the middle of the analysis, and comes back when that is bad': () => {
    const world = atAnalysis({ ...POST, scaleDownDelaySeconds: 5 })
    run(world, 12)
    judge(world, 'Error', 'the provider is gone')
    run(world, 8)
    return world
  },
  'A person aborts before the switch, and retries': () => {
    const world = atPause()
    abort(world)
    run(world, 5)
    retry(world)
    pass(world)
    runUntil(world, isPaused)
    return world
  },
  'A person aborts, and the preview is kept for good with abortScaleDownDelaySeconds 0': () => {
    const world = atPause({ abortScaleDownDelaySeconds: 0 })
    abort(world)
    run(world, 60)
    return world
  },
  'A person aborts after the switch, and retries: all is judged anew': () => {
    const world = atAnalysis(POST)
    abort(world)
    run(world, 4)
    retry(world)
    run(world, 6)
    return world
  },
  'A person promotes in full past analyses and pause': () => {
    const world = atAnalysis({ ...PRE, ...POST, ...MANUAL })
    promoteFull(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'Going back while the old version has its pods takes no analysis and no pause': () => {
    const world = promotedToV2({ ...MANUAL })
    edit(world, { strategy: blueGreen({ ...MANUAL, ...PRE, ...POST }) })
    ship(world, 'v1')
    run(world, 8)
    return world
  },
  'Going back when the old version has left is an update like any other': () => {
    const world = promotedToV2({ ...MANUAL, scaleDownDelaySeconds: 5 })
    run(world, 10)
    world.log.length = 0
    ship(world, 'v1')
    pass(world)
    runUntil(world, isPaused)
    return world
  },
  'Going back within rollbackWindow takes no pause, with new pods': () => {
    const world = promotedToV2({ ...MANUAL, scaleDownDelaySeconds: 5 }, { rollbackWindow: { revisions: 2 } })
    run(world, 10)
    world.log.length = 0
    ship(world, 'v1')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'A version that was aborted has to prove itself when it is shipped again, though it has its pods': () => {
    const world = atPause()
    abort(world)
    run(world, 4)
    ship(world, 'v1')
    run(world, 4)
    ship(world, 'v2')
    pass(world)
    runUntil(world, isPaused)
    return world
  },
  'A third version comes while the second one waits': () => {
    const world = atPause()
    ship(world, 'v3')
    run(world, 40)
    return world
  },
  'A third version comes while the second one is judged after the switch': () => {
    const world = atAnalysis(POST)
    ship(world, 'v3')
    run(world, 6)
    judge(world, 'Successful')
    run(world, 36)
    return world
  },
  'The old template comes back before the switch': () => {
    const world = atPause()
    ship(world, 'v1')
    run(world, 40)
    return world
  },
  'The old template comes back while the new version is judged after the switch': () => {
    const world = atAnalysis(POST)
    ship(world, 'v1')
    run(world, 40)
    return world
  },
  'No more old versions keep their pods than scaleDownDelayRevisionLimit': () => {
    const world = promotedToV2({ scaleDownDelayRevisionLimit: 1 })
    ship(world, 'v3')
    pass(world)
    runUntil(world, isHealthy)
    run(world, 3)
    return world
  },
  'A paused Rollout makes no version and switches nothing': () => {
    const world = healthy()
    edit(world, { paused: true })
    note(world, 'paused by its user')
    ship(world, 'v2')
    run(world, 4)
    edit(world, { paused: false })
    note(world, 'no longer paused')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'Scaling reaches both versions in the preview and the active one alone afterwards': () => {
    const world = atPause()
    edit(world, { replicas: 5 })
    note(world, 'scaled to 5')
    run(world, 5)
    promote(world)
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'Pods that never become ready get no traffic, and pass the progress deadline': () => {
    const world = healthy({}, { progressDeadlineSeconds: 10 })
    world.broken.add('v2')
    ship(world, 'v2')
    run(world, 20)
    return world
  },
  'The deadline aborts where that is asked for': () => {
    const world = healthy({}, { progressDeadlineSeconds: 10, progressDeadlineAbort: true })
    world.broken.add('v2')
    ship(world, 'v2')
    run(world, 50)
    return world
  },
  'Services and templates that are not there are named, and nothing moves until they are': () => {
    const world = makeWorld(blueGreen(POST), { replicas: 3 }, ['active'])
    pass(world)
    world.templates = healthy().templates
    note(world, 'the template is there')
    pass(world)
    world.services.push({ ...structuredClone(world.services[0] ?? assert.fail()), metadata: { name: 'preview' } })
    note(world, 'the preview Service is there')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'Services of somebody else are left alone': () => {
    const world = empty()
    const [active, preview] = world.services
    world.services = [
      {
        ...(active ?? assert.fail()),
        metadata: { name: 'active', annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'api' } },
      },
      { ...(preview ?? assert.fail()), spec: { selector: { app: 'api' } } },
    ]
    pass(world)
    world.services[0] = active ?? assert.fail()
    pass(world)
    return world
  },
  'Pods from before restartAt are evicted one after the other': () => {
    const world = healthy()
    edit(world, { restartAt: new Date(world.now + 1000).toISOString() })
    note(world, 'a restart is asked for')
    run(world, 12)
    return world
  },
  'A canary becomes a blue-green Rollout without losing a pod': () => {
    const world = makeWorld({ canary: { steps: [{ setWeight: 40 }, { pause: {} }] } }, { replicas: 3 }, ['active', 'preview'])
    runUntil(world, isHealthy)
    world.log.length = 0
    edit(world, { strategy: blueGreen() })
    note(world, 'the strategy is changed')
    run(world, 6)
    return world
  },
}

const page = (): string =>
  Object.entries(SCENARIOS)
    .map(([title, live]) => {
      const world = live()
      assert.deepEqual(world.violations, [], title)
      return `## ${title}\n\n${readable(world)}\n`
    })
    .join('\n')

test('what is told and done is what the page says, and no pod ends that still gets traffic (write it anew with --update)', () => {
  const told = page()
  if (process.argv.includes('--update')) writeFileSync(GOLDEN, told)
  assert.equal(told, readFileSync(GOLDEN, 'utf8'))
})
