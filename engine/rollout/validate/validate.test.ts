/** Every rule with the message that the tools of Argo Rollouts show; paths and texts are those of its validation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlueGreenStrategy, CanaryStrategy, Rollout, RolloutStrategy } from '../../../api/rollout.ts'
import { invalidSpecMessage, validateRollout } from './index.ts'

type Spec = Partial<Rollout['spec']>

const rollout = (strategy: RolloutStrategy, more: Spec = {}): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    strategy,
    ...more,
  },
})

const said = (of: Rollout): readonly string[] => validateRollout(of).map(({ path, message }) => `${path}: ${message}`)
const canary = (of: CanaryStrategy, more?: Spec) => said(rollout({ canary: of }, more))
const blueGreen = (of: BlueGreenStrategy, more?: Spec) => said(rollout({ blueGreen: of }, more))
const without = (field: keyof Rollout['spec'], of: Rollout): Rollout => {
  const { [field]: _, ...spec } = of.spec
  return { ...of, spec: { strategy: {}, ...spec } }
}

const PLUGIN = { plugins: { 'sluice/router': {} } }

test('a Rollout that can be run has nothing wrong', () => {
  const steps: CanaryStrategy['steps'] = [
    { setWeight: 20 },
    { pause: { duration: '1h30m' } },
    { pause: { duration: '30' } },
    { pause: {} },
    {
      analysis: {
        templates: [{ templateName: 'smoke' }],
        args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: "metadata.labels['x']" } } }],
      },
    },
    { experiment: { templates: [{ name: 'a', specRef: 'canary' }] } },
    { plugin: { name: 'example/step' } },
  ]
  assert.deepEqual(canary({ steps }), [])
  assert.deepEqual(canary({}), [])
  const routed: CanaryStrategy = {
    canaryService: 'a',
    stableService: 'b',
    trafficRouting: { ...PLUGIN, managedRoutes: [{ name: 'h' }], maxTrafficWeight: 1000 },
    steps: [
      { setWeight: 1000 },
      { setCanaryScale: { replicas: 1 } },
      { setHeaderRoute: { name: 'h', match: [{ headerName: 'X', headerValue: { exact: 'y' } }] } },
    ],
  }
  assert.deepEqual(canary(routed), [])
  assert.deepEqual(blueGreen({ activeService: 'web', previewService: 'web-preview', autoPromotionEnabled: false }), [])
})

test('the condition tells the first thing that is wrong', () => {
  const [first] = validateRollout(rollout({ canary: { steps: [{ setWeight: 110 }] } }))
  assert.ok(first)
  assert.equal(
    invalidSpecMessage('web', first),
    'The Rollout "web" is invalid: spec.strategy.steps[0].setWeight: Invalid value: 110: SetWeight needs to be between 0 and 100',
  )
})

test('selector, template and strategy must be there and fit', () => {
  assert.deepEqual(said(without('selector', rollout({ canary: {} }))), [
    "spec.selector: Required value: Rollout has missing field '.spec.selector'",
  ])
  assert.match(
    canary({}, { selector: {} }).join(),
    /^spec\.selector: Invalid value: \{\}: empty selector is invalid for deployment/,
  )
  assert.match(canary({}, { selector: { matchLabels: { app: 'other' } } }).join(), /`selector` does not match template `labels`/)
  assert.deepEqual(canary({}, { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } }), [
    'spec.template: Internal error: template must be empty for workload reference rollout',
  ])
  assert.deepEqual(said(rollout({})), [
    "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
  ])
  assert.deepEqual(said(rollout({ canary: {}, blueGreen: { activeService: 'a' } })), [
    'spec.strategy.strategy: Invalid value: "blueGreen: true canary: true": Multiple Strategies can not be listed',
  ])
  const labels = { metadata: { labels: { app: 'web' } } }
  assert.deepEqual(canary({}, { template: { ...labels, spec: { containers: [] } } }), [
    'spec.template.spec.containers: Required value',
  ])
  const job = { containers: [{ name: 'a' }], restartPolicy: 'Never' }
  assert.deepEqual(canary({}, { template: { ...labels, spec: job } }), [
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ])
  const debugged = { containers: [{ name: 'a' }], ephemeralContainers: [{ name: 'b' }] }
  assert.deepEqual(canary({}, { template: { ...labels, spec: debugged } }), [
    'spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template',
  ])
})

test('numbers are not below zero, and the deadline is beyond minReadySeconds', () => {
  for (const field of ['replicas', 'minReadySeconds', 'revisionHistoryLimit'] as const) {
    assert.deepEqual(canary({}, { [field]: -1 }), [`spec.${field}: Invalid value: -1: must be greater than or equal to 0`])
  }
  assert.deepEqual(canary({}, { progressDeadlineSeconds: 10, minReadySeconds: 10 }), [
    'spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds',
  ])
})

test('a blue-green strategy has two different Services', () => {
  assert.deepEqual(blueGreen({ activeService: '' }), [
    "spec.strategy.activeService: Required value: Rollout has missing field '.spec.strategy.blueGreen.activeService'",
  ])
  assert.match(
    blueGreen({ activeService: 'a', previewService: 'a' }).join(),
    /This rollout uses the same service for the active and preview services, but two different services are required\.$/,
  )
  assert.match(
    blueGreen({ activeService: 'a', scaleDownDelayRevisionLimit: 3 }, { revisionHistoryLimit: 2 }).join(),
    /scaleDownDelayRevisionLimit: Invalid value: 3: This rollout's revision history limit can not be smaller/,
  )
})

/** A canary and the message of its one violation. */
const CANARIES: readonly (readonly [CanaryStrategy, RegExp])[] = [
  [
    { maxSurge: 0, maxUnavailable: '0%' },
    /^spec\.strategy\.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero$/,
  ],
  [{ canaryService: 'a', stableService: 'a' }, /uses the same service for the stable and canary services, but two different/],
  [
    { trafficRouting: { nginx: {} }, canaryService: 'a' },
    /^spec\.strategy\.stableService: .*: Canary service and Stable service must to be set/,
  ],
  [{ scaleDownDelaySeconds: 5 }, /Invalid value: 5: Canary scaleDownDelaySeconds can only be used with traffic routing$/],
  [{ dynamicStableScale: true }, /Canary dynamicStableScale can only be used with traffic routing$/],
  [
    { trafficRouting: PLUGIN, dynamicStableScale: true, scaleDownDelaySeconds: 1 },
    /Canary dynamicStableScale cannot be used with scaleDownDelaySeconds$/,
  ],
  [
    { trafficRouting: { istio: { destinationRule: {} }, maxTrafficWeight: 10 } },
    /Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins$/,
  ],
  [
    { trafficRouting: { smi: {} }, canaryService: 'c', stableService: 's', pingPong: { pingService: 'a', pongService: 'b' } },
    /Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only$/,
  ],
  [
    { trafficRouting: PLUGIN, pingPong: { pingService: '', pongService: 'b' } },
    /pingService: Invalid value: "": Ping service and Pong service must to be set to use Ping-Pong feature$/,
  ],
  [{ trafficRouting: PLUGIN, pingPong: { pingService: 'a', pongService: 'a' } }, /same service for the ping and pong services/],
  [
    { trafficRouting: { alb: {} }, pingPong: { pingService: 'a', pongService: 'b' } },
    /Root service field is required for the configuration with ALB and ping-pong feature enabled$/,
  ],
  [{ antiAffinity: {} }, /antiAffinity: Invalid value: \{\}: AntiAffinity must have exactly one strategy listed$/],
  [
    { antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 0 } } },
    /antiAffinity\.weight: Invalid value: 0: AntiAffinity weight must be between 1-100$/,
  ],
]

test('what a canary says fits together', () => {
  for (const [strategy, message] of CANARIES) {
    const found = canary(strategy)
    assert.equal(found.length, 1, JSON.stringify([strategy, found]))
    assert.match(found[0] ?? '', message)
  }
})

const HEADER = { name: 'h', match: [{ headerName: 'X', headerValue: { prefix: 'y' } }] }
const MANAGED = { managedRoutes: [{ name: 'h' }] }

/** A step, who routes, and the message of its one violation. */
const STEPS: readonly (readonly [NonNullable<CanaryStrategy['steps']>[number], CanaryStrategy['trafficRouting'], RegExp])[] = [
  [
    {},
    undefined,
    /steps\[0\]: Invalid value: "": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause$/,
  ],
  [{ pause: {}, plugin: { name: 'a' } }, undefined, /"step\.pause step\.plugin": Step must have one of the following set/],
  [{ setWeight: 101 }, undefined, /SetWeight needs to be between 0 and 100$/],
  [{ setWeight: 11 }, { ...PLUGIN, maxTrafficWeight: 10 }, /SetWeight needs to be between 0 and 10$/],
  [{ pause: { duration: '5d' } }, undefined, /pause\.duration: Invalid value: -1: Duration needs to be greater than 0$/],
  [{ pause: { duration: -5 } }, undefined, /Invalid value: -5: Duration needs to be greater than 0$/],
  [
    { setCanaryScale: { replicas: 1 } },
    undefined,
    /trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set$/,
  ],
  [{ setHeaderRoute: HEADER }, undefined, /SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix$/],
  [
    { setHeaderRoute: HEADER },
    PLUGIN,
    /Required value: Rollout has missing field 'spec\.strategy\.canary\.trafficRouting\.managedRoutes'$/,
  ],
  [
    { setHeaderRoute: { name: 'x' } },
    { ...PLUGIN, ...MANAGED },
    /"x": Steps define a route that does not exist in spec\.strategy/,
  ],
  [
    { setHeaderRoute: { name: 'h', match: [{ headerName: 'X', headerValue: {} }] } },
    { ...PLUGIN, ...MANAGED },
    /StringMatch value missed, match value must have one of the following: exact, regex, prefix$/,
  ],
  [
    { setHeaderRoute: { name: 'h', match: [{ headerName: 'X', headerValue: { exact: 'a', regex: 'b' } }] } },
    { ...PLUGIN, ...MANAGED },
    /StringMatch match value must have exactly one of the following: exact, regex, prefix$/,
  ],
  [{ setMirrorRoute: { name: 'h' } }, undefined, /SetMirrorRoute requires TrafficRouting, supports Istio and Plugins$/],
  [
    { experiment: { templates: [{ name: 'a', specRef: 'canary', weight: 5 }] } },
    undefined,
    /weight: Invalid value: 5: Experiment template weight cannot be set unless TrafficRouting is enabled$/,
  ],
  [
    { analysis: { args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.generation' } } }] } },
    undefined,
    /Analyses arguments must refer to valid object metadata supported by downwardAPI$/,
  ],
]

test('a step is of one kind and within what the router can do', () => {
  for (const [step, trafficRouting, message] of STEPS) {
    const found = canary({ steps: [step], ...(trafficRouting && { trafficRouting }) })
    assert.equal(found.length, 1, JSON.stringify([step, found]))
    assert.match(found[0] ?? '', message)
  }
})

test('with an ALB a header is compared as a whole', () => {
  const alb = { alb: { rootService: 'root' }, ...MANAGED }
  const found = canary({ canaryService: 'a', stableService: 'b', trafficRouting: alb, steps: [{ setHeaderRoute: HEADER }] })
  assert.match(found.join(), /SetHeaderRoute match value invalid\. ALB supports 'exact' value only$/)
})
