/** Blue-green Rollouts to start scenarios from, and what people and analyses do to them. */
import type { AnalysisTemplate } from '../../../api/analysis-run.ts'
import type { BlueGreenStrategy, RolloutStrategy } from '../../../api/rollout.ts'
import { isHealthy, isPaused, makeWorld, pass, runUntil, ship, steer, type World } from './world.ts'

export const blueGreen = (more: Partial<BlueGreenStrategy> = {}): RolloutStrategy => ({
  blueGreen: { activeService: 'active', previewService: 'preview', ...more },
})

/** Waits for a person before the switch. */
export const MANUAL: Partial<BlueGreenStrategy> = { autoPromotionEnabled: false }

const template = (name: string): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name, namespace: 'shop' },
  spec: { metrics: [{ name: 'errors', provider: { web: { url: 'http://metrics' } } }] },
})

const SMOKE = { templates: [{ templateName: 'smoke' }] }
export const PRE: Partial<BlueGreenStrategy> = { prePromotionAnalysis: SMOKE }
export const POST: Partial<BlueGreenStrategy> = { postPromotionAnalysis: SMOKE }

/** Nothing is deployed yet. */
export const empty = (more: Partial<BlueGreenStrategy> = {}, spec: Parameters<typeof makeWorld>[1] = {}): World => {
  const world = makeWorld(blueGreen(more), { replicas: 3, ...spec }, ['active', 'preview'])
  world.templates.push(template('smoke'))
  return world
}

/** v1 is stable. */
export const healthy = (...args: Parameters<typeof empty>): World => {
  const world = empty(...args)
  runUntil(world, isHealthy)
  world.log.length = 0
  return world
}

/** v2 waits for a person. */
export const atPause = (more: Partial<BlueGreenStrategy> = {}, spec: Parameters<typeof makeWorld>[1] = {}): World => {
  const world = healthy({ ...MANUAL, ...more }, spec)
  ship(world, 'v2')
  runUntil(world, isPaused)
  world.log.length = 0
  return world
}

/** v2 is shipped, and its run before or after the switch is there. */
export const atAnalysis = (more: Partial<BlueGreenStrategy>, spec: Parameters<typeof makeWorld>[1] = {}): World => {
  const world = healthy(more, spec)
  ship(world, 'v2')
  runUntil(world, () => world.runs.length > 0)
  return world
}

/** v2 is stable, v1 keeps its pods for a while. */
export const promotedToV2 = (...args: Parameters<typeof empty>): World => {
  const world = healthy(...args)
  ship(world, 'v2')
  pass(world)
  runUntil(world, ({ phase, message }) => {
    if (message === 'BlueGreenPause') promote(world)
    return phase === 'Healthy'
  })
  world.log.length = 0
  return world
}

export const promote = (world: World): void => steer(world, 'a person promotes', { pauseConditions: null })
export const promoteFull = (world: World): void => steer(world, 'a person promotes in full', { promoteFull: true })
export const abort = (world: World): void => steer(world, 'a person aborts', { abort: true })
export const retry = (world: World): void => steer(world, 'a person retries', { abort: false })

type Verdict = 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive'

/** What becomes of the newest run. */
export const judge = (world: World, phase: Verdict, message?: string): void => {
  world.log.push(`> the analysis is ${phase}`)
  const last = world.runs.at(-1)
  world.runs = world.runs.map(run => (run === last ? { ...run, status: { phase, ...(message && { message }) } } : run))
}

/** Names of ReplicaSets are hashes; what is read is which image they are of. */
export const readable = (world: World): string => {
  const images = world.replicaSets.map(
    ({ metadata, spec }) => [metadata.name.replace('web-', ''), spec.template.spec.containers[0]?.image] as const,
  )
  return images.reduce(
    (text, [hash, image]) => text.replaceAll(`web-${hash}`, `web-${image}`).replaceAll(hash, `${image}`),
    world.log.join('\n'),
  )
}

/** The image that a Service leads to. */
export const ledTo = (world: World, service: 'active' | 'preview'): string | undefined => {
  const selector = world.services.find(({ metadata }) => metadata.name === service)?.spec.selector ?? {}
  const hash = selector['rollouts-pod-template-hash']
  return world.replicaSets.find(({ metadata }) => metadata.name === `web-${hash}`)?.spec.template.spec.containers[0]?.image
}
