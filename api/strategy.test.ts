import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readSettings } from './annotations.ts'
import { ROLLOUT_STRATEGY } from './rollout-strategy.ts'
import { decode } from './schema/decode.ts'
import { makeStrategy } from './strategy.ts'

const strategyOf = (annotations: Readonly<Record<string, string>>) => {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`sluice.dev/${key}`, value]))
  const read = readSettings(prefixed, { decodeYaml: text => parse(text) })
  assert.ok(read.optedIn && read.settings, JSON.stringify('problems' in read && read.problems))
  return makeStrategy(read.settings)
}

const router = { router: 'auto', mode: 'on-demand', checks: ['success-rate >= 99%'] }
const all = { setWeight: 100 }
const routed = (config: object = router) => ({ plugins: { 'sluice/router': config } })
const pause = (duration: string) => ({ pause: { duration } })

const rows: readonly {
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
  readonly canary: object
}[] = [
  {
    name: 'the default canary',
    annotations: { strategy: 'canary' },
    canary: {
      steps: [{ setWeight: 5 }, pause('2m'), { setWeight: 25 }, pause('2m'), { setWeight: 50 }, pause('2m'), all],
      trafficRouting: routed(),
    },
  },
  {
    name: 'the default blue-green',
    annotations: { strategy: 'blue-green' },
    canary: { steps: [{ setCanaryScale: { weight: 100 } }, all, pause('2m')], trafficRouting: routed() },
  },
  {
    name: 'blue-green that waits for a person before the switch',
    annotations: { strategy: 'blue-green', steps: 'header(X-Preview=yes), analysis(smoke), pause' },
    canary: {
      steps: [
        { setCanaryScale: { weight: 100 } },
        {
          setHeaderRoute: { name: 'header-x-preview-yes', match: [{ headerName: 'X-Preview', headerValue: { exact: 'yes' } }] },
        },
        { analysis: { templates: [{ templateName: 'smoke' }] } },
        { pause: {} },
        all,
      ],
      trafficRouting: { ...routed(), managedRoutes: [{ name: 'header-x-preview-yes' }] },
    },
  },
  {
    name: 'a last 100% is implied',
    annotations: { strategy: 'canary', steps: '20%, pause' },
    canary: { steps: [{ setWeight: 20 }, { pause: {} }, all], trafficRouting: routed() },
  },
  {
    name: 'a wait after 100% keeps the old version for so long',
    annotations: { strategy: 'canary', steps: '20%, 1m30s, 100%, 10m' },
    canary: { steps: [{ setWeight: 20 }, pause('1m30s'), all, pause('10m')], trafficRouting: routed() },
  },
  {
    name: 'sizes of the canary',
    annotations: { strategy: 'canary', steps: 'scale(25%), scale(3), 0%, 100%' },
    canary: {
      steps: [{ setCanaryScale: { weight: 25 } }, { setCanaryScale: { replicas: 3 } }, { setWeight: 0 }, all],
      trafficRouting: routed(),
    },
  },
  {
    name: 'cookies and query parameters, exactly, by prefix and by expression',
    annotations: {
      strategy: 'canary',
      steps: 'cookie(beta=on), query(group^=test-), header(X-Team~=a|b), query(q~=x{1,2}=), pause',
    },
    canary: {
      steps: [
        { setHeaderRoute: { name: 'cookie-beta-on', match: [{ headerName: 'cookie(beta)', headerValue: { exact: 'on' } }] } },
        {
          setHeaderRoute: {
            name: 'query-group-^test-',
            match: [{ headerName: 'query(group)', headerValue: { prefix: 'test-' } }],
          },
        },
        { setHeaderRoute: { name: 'header-x-team-~a|b', match: [{ headerName: 'X-Team', headerValue: { regex: 'a|b' } }] } },
        { setHeaderRoute: { name: 'query-q-~x{1,2}=', match: [{ headerName: 'query(q)', headerValue: { regex: 'x{1,2}=' } }] } },
        { pause: {} },
        { setWeight: 100 },
      ],
      trafficRouting: {
        ...routed(),
        managedRoutes: ['cookie-beta-on', 'query-group-^test-', 'header-x-team-~a|b', 'query-q-~x{1,2}='].map(name => ({ name })),
      },
    },
  },
  {
    name: 'shares below 1 % as whole numbers out of 10,000',
    annotations: { strategy: 'canary', steps: '0.05%, 1h, scale(50%), 25%' },
    canary: {
      steps: [
        { setWeight: 5 },
        { pause: { duration: '1h' } },
        { setCanaryScale: { weight: 50 } },
        { setWeight: 2500 },
        { setWeight: 10_000 },
      ],
      trafficRouting: { ...routed(), maxTrafficWeight: 10_000 },
    },
  },
  {
    name: 'a header value with a comma',
    annotations: { strategy: 'canary', steps: 'header(X-Tags=a,b), 1h' },
    canary: {
      steps: [
        { setHeaderRoute: { name: 'header-x-tags-a,b', match: [{ headerName: 'X-Tags', headerValue: { exact: 'a,b' } }] } },
        pause('1h'),
        all,
      ],
      trafficRouting: { ...routed(), managedRoutes: [{ name: 'header-x-tags-a,b' }] },
    },
  },
  {
    name: 'checks go to the router, templates into the background analysis',
    annotations: {
      strategy: 'canary',
      steps: '50%',
      analysis: 'p99 <= 500ms, template/smoke, p95 < stable * 1.1, template/errors',
    },
    canary: {
      steps: [{ setWeight: 50 }, all],
      trafficRouting: routed({ ...router, checks: ['p99 <= 500ms', 'p95 < stable * 1.1'] }),
      analysis: { templates: [{ templateName: 'smoke' }, { templateName: 'errors' }] },
    },
  },
  {
    name: 'all settings of the router',
    annotations: {
      strategy: 'canary',
      steps: '50%',
      router: 'shared',
      'router-mode': 'always',
      services: 'web,api',
      sticky: 'header/X-User',
      analysis: 'none',
    },
    canary: {
      steps: [{ setWeight: 50 }, all],
      trafficRouting: routed({
        router: 'shared',
        mode: 'always',
        services: ['web', 'api'],
        sticky: { header: 'X-User' },
        checks: [],
      }),
    },
  },
  {
    name: 'no router',
    annotations: { strategy: 'canary', steps: '50%', router: 'none' },
    canary: { steps: [{ setWeight: 50 }, all], trafficRouting: routed({ router: 'none', mode: 'on-demand', checks: [] }) },
  },
  {
    name: 'a whole canary in YAML',
    annotations: {
      strategy: 'canary',
      analysis: 'template/smoke',
      sticky: 'cookie',
      spec: [
        'canary:',
        '  maxSurge: 1',
        '  maxUnavailable: 0',
        '  analysis:',
        '    templates: [{templateName: errors}]',
        '    startingStep: 2',
        '  trafficRouting: {managedRoutes: [{name: beta}]}',
        '  steps:',
        '  - setHeaderRoute: {name: beta, match: [{headerName: X-Beta, headerValue: {regex: "^y"}}]}',
        '  - setWeight: 10',
        '  - pause: {duration: 90}',
      ].join('\n'),
    },
    canary: {
      maxSurge: 1,
      maxUnavailable: 0,
      steps: [
        { setHeaderRoute: { name: 'beta', match: [{ headerName: 'X-Beta', headerValue: { regex: '^y' } }] } },
        { setWeight: 10 },
        { pause: { duration: 90 } },
      ],
      trafficRouting: { ...routed({ ...router, checks: [], sticky: 'cookie' }), managedRoutes: [{ name: 'beta' }] },
      analysis: { startingStep: 2, templates: [{ templateName: 'errors' }, { templateName: 'smoke' }] },
    },
  },
]

for (const { name, annotations, canary } of rows) {
  test(`${name} becomes a strategy that the Rollout's own schema accepts`, () => {
    const strategy = strategyOf(annotations)
    assert.deepEqual(strategy, { canary })
    assert.deepEqual(decode(ROLLOUT_STRATEGY, strategy), { value: strategy })
  })
}

test('a spec that nobody decoded is not guessed', () => {
  const read = readSettings({ 'sluice.dev/strategy': 'canary', 'sluice.dev/spec': 'canary: {}' })
  assert.ok(read.optedIn && read.settings)
  const { settings } = read
  assert.throws(() => makeStrategy(settings), /sluice.dev\/spec was not decoded/)
})
