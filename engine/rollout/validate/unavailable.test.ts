/** What a Rollout may ask of Argo Rollouts and not of Sluice: refused with the field that says so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanaryStrategy, Rollout } from '../../../api/rollout.ts'
import { findUnavailable } from './unavailable.ts'

const pathsOf = (canary: CanaryStrategy): readonly string[] => {
  const rollout: Rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { strategy: { canary } },
  }
  return findUnavailable(rollout).map(({ path }) => path)
}

test('traffic routing is refused with each provider that is named', () => {
  const at = 'spec.strategy.canary.trafficRouting'
  const rows: readonly (readonly [CanaryStrategy['trafficRouting'], readonly string[]])[] = [
    [{ istio: { virtualService: { name: 'web' } } }, [`${at}.istio`]],
    [{ nginx: {}, alb: {} }, [`${at}.nginx`, `${at}.alb`]],
    [{ plugins: { 'sluice/router': { router: 'shared' } } }, [`${at}.plugins["sluice/router"]`]],
    [{ plugins: { 'argoproj-labs/gatewayAPI': {} }, maxTrafficWeight: 1000 }, [`${at}.plugins["argoproj-labs/gatewayAPI"]`]],
    [{ managedRoutes: [{ name: 'beta' }] }, [at]],
  ]
  for (const [trafficRouting, paths] of rows) assert.deepEqual(pathsOf({ ...(trafficRouting && { trafficRouting }) }), paths)
})

test('what splits by pod count is refused nothing', () => {
  const steps = [{ setWeight: 20 }, { pause: {} }, { analysis: { templates: [{ templateName: 'smoke' }] } }]
  const antiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: {} }
  assert.deepEqual(pathsOf({ steps, antiAffinity, analysis: { templates: [{ templateName: 'smoke' }] } }), [])
})

test('ping-pong is refused at its place', () => {
  assert.deepEqual(pathsOf({ pingPong: { pingService: 'a', pongService: 'b' } }), ['spec.strategy.canary.pingPong'])
})
