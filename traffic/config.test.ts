/** What is told to people about `trafficRouting` that is wrong or that Sluice does not run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanaryStrategy, Rollout } from '../api/rollout.ts'
import { checkRouting } from '../engine/rollout/traffic/choose.ts'
import { TRAFFIC_PROVIDERS } from './registry.ts'

const told = (canary: CanaryStrategy): readonly string[] => {
  const rollout: Rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web' },
    spec: { strategy: { canary } },
  }
  return checkRouting(rollout, TRAFFIC_PROVIDERS).map(({ path, message }) => `${path}: ${message}`)
}

const AT = 'spec.strategy.canary'
const withConfig = (config: unknown, more: Partial<CanaryStrategy> = {}) =>
  told({ stableService: 'web', trafficRouting: { plugins: { 'sluice/router': config } }, ...more })

test('the stable Service is enough', () => {
  assert.deepEqual(withConfig({}), [])
  assert.deepEqual(withConfig({ services: ['web'], sticky: { header: 'X-User' }, mode: 'always', router: 'shared' }), [])
})

test('time-outs are Go durations, and connecting has an end', () => {
  assert.deepEqual(withConfig({ timeouts: { connect: '1s', response: '30s', idle: 'off' } }), [])
  for (const timeouts of [{ connect: 'off' }, { response: 30 }, { idle: '2 minutes' }, { read: '1s' }, '30s'])
    assert.match(
      withConfig({ timeouts })[0] ?? '',
      /timeouts: Invalid value: .* must be connect, response and idle .* e\.g\. timeouts: /,
    )
})

test('each provider that Sluice does not run is named, with its config, what is allowed and an example', () => {
  const allowed =
    'allowed: plugins["sluice/router"], or none at all (the traffic is split by somebody else); e.g. trafficRouting: {plugins: {"sluice/router": {}}}'
  assert.deepEqual(told({ trafficRouting: { nginx: { stableIngress: 'web' }, plugins: { 'argoproj-labs/gatewayAPI': {} } } }), [
    `${AT}.trafficRouting.nginx: Invalid value: {"stableIngress":"web"}: Sluice runs no traffic provider "nginx"; ${allowed}`,
    `${AT}.trafficRouting.plugins["argoproj-labs/gatewayAPI"]: Invalid value: {}: Sluice runs no traffic provider "argoproj-labs/gatewayAPI"; ${allowed}`,
  ])
  for (const name of ['istio', 'alb', 'smi', 'ambassador', 'apisix', 'traefik', 'appMesh'])
    assert.match(told({ trafficRouting: { [name]: {} } })[0] ?? '', new RegExp(`runs no traffic provider "${name}"`))
})

test('without a Service that callers use nothing can be split', () => {
  assert.deepEqual(told({ trafficRouting: { plugins: { 'sluice/router': {} } } }), [
    `${AT}.stableService: Invalid value: "": sluice/router splits the traffic of the stable Service, or of those in ${AT}.trafficRouting.plugins["sluice/router"].services; e.g. stableService: web`,
  ])
})

test('a Service that leads to one version only is not one that callers use', () => {
  assert.match(
    withConfig({ services: ['web-canary'] }, { canaryService: 'web-canary' })[0] ?? '',
    /services: Invalid value: "web-canary": this Service leads to one version only/,
  )
})

test('ping-pong needs trafficRouting, and a Service beside the two', () => {
  const pingPong = { pingService: 'ping', pongService: 'pong' }
  assert.match(told({ pingPong })[0] ?? '', /pingPong: Invalid value: .*: pingPong needs trafficRouting; e\.g\. /)
  assert.match(
    withConfig({}, { pingPong })[0] ?? '',
    /services: Invalid value: .*callers need one that does not: name it, e\.g\. services: \[web\]/,
  )
  assert.deepEqual(withConfig({ services: ['web'] }, { pingPong }), [])
})

test('a field that is not known, and a value that does not fit, are told with what is allowed', () => {
  const here = `${AT}.trafficRouting.plugins["sluice/router"]`
  assert.deepEqual(withConfig({ service: 'web' }), [
    `${here}.service: Invalid value: "web": allowed fields: router, services, sticky, timeouts, mode; e.g. {services: [web]}`,
  ])
  assert.deepEqual(withConfig({ router: 'sidecar' }), [
    `${here}.router: Invalid value: "sidecar": must be auto or shared, e.g. router: shared`,
  ])
  assert.deepEqual(withConfig({ sticky: 'header' }), [
    `${here}.sticky: Invalid value: "header": must be cookie, ip or {header: NAME}, e.g. sticky: {header: X-User}`,
  ])
  assert.deepEqual(withConfig('yes'), [`${here}: Invalid value: "yes": must be an object, e.g. {services: [web]}`])
})

test('weights that can not be told to routers are refused', () => {
  const trafficRouting = { plugins: { 'sluice/router': {} }, maxTrafficWeight: 300 }
  assert.deepEqual(told({ stableService: 'web', trafficRouting }), [
    `${AT}.trafficRouting.maxTrafficWeight: Invalid value: 300: must divide 10000, since sluice/router splits by hundredths of a percent; e.g. maxTrafficWeight: 1000`,
  ])
})

test('a regular expression that no router takes is refused at its step, before an update waits for it', () => {
  const steps = [
    { setHeaderRoute: { name: 'beta', match: [{ headerName: 'X-User', headerValue: { regex: '(a+)+\\1' } }] } },
    { setMirrorRoute: { name: 'copies', percentage: 200, match: [{ path: { prefix: '/' } }] } },
  ]
  const [header = '', mirror = ''] = withConfig({}, { steps })
  assert.match(header, /steps\[0\]\.setHeaderRoute: Invalid value: .*regex/)
  assert.match(mirror, /steps\[1\]\.setMirrorRoute: Invalid value: .*percentage 200 must be a whole number from 0 to 100/)
})

test('routes of steps need a provider that routes', () => {
  const steps = [{ setHeaderRoute: { name: 'beta' } }]
  assert.match(
    told({ trafficRouting: {}, steps })[0] ?? '',
    /steps\[0\]\.setHeaderRoute: Invalid value: .*: setHeaderRoute needs a traffic provider; allowed: /,
  )
})
