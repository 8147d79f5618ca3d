import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AnalysisTemplate, Metric } from '../api/analysis-run.ts'
import { analysisProblems } from './analysis-problems.ts'
import { findTemplates, mergeTemplates } from './analysis-templates.ts'

const metric = (name: string, more: Partial<Metric> = {}): Metric => ({ name, provider: { web: { url: 'http://a' } }, ...more })

const template = (name: string, spec: AnalysisTemplate['spec'] = {}, kind = 'AnalysisTemplate'): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: { name },
  spec: { metrics: [metric(name)], ...spec },
})

const ref = (templateName: string, clusterScope?: boolean) => ({ templateName, ...(clusterScope && { clusterScope }) })
const namesOf = (templates: readonly AnalysisTemplate[]) => templates.map(({ kind, metadata }) => `${kind} ${metadata.name}`)

describe('finding templates', () => {
  const seen = {
    namespace: 'shop',
    analysisTemplates: [
      template('all', { metrics: [], templates: [ref('one'), ref('two', true)] }),
      template('one', { templates: [ref('all'), ref('gone')] }),
    ],
    clusterAnalysisTemplates: [template('two', { templates: [ref('one', true)] }, 'ClusterAnalysisTemplate')],
  }

  test('takes those that a template names, each once, also in a circle; those of the cluster come last', () => {
    const { templates, missing } = findTemplates(seen, [ref('two', true), ref('all')])
    assert.deepEqual(namesOf(templates), ['AnalysisTemplate all', 'AnalysisTemplate one', 'ClusterAnalysisTemplate two'])
    assert.deepEqual(missing, [
      'ClusterAnalysisTemplate one is not in the cluster',
      'AnalysisTemplate gone is not in namespace shop',
    ])
  })

  test('a template of the namespace is not one of the cluster with its name', () => {
    assert.deepEqual(findTemplates(seen, [ref('two')]).missing, ['AnalysisTemplate two is not in namespace shop'])
  })
})

describe('merging templates', () => {
  const secret = { secretKeyRef: { name: 's', key: 'k' } }

  test('puts metrics, arguments, dry runs and retentions together', () => {
    const one = template('one', { args: [{ name: 'a', value: '1' }, { name: 'b' }], dryRun: [{ metricName: 'one' }] })
    const two = template('two', {
      args: [{ name: 'b', value: '2' }, { name: 'c' }],
      measurementRetention: [{ metricName: 'two', limit: 1 }],
    })
    assert.deepEqual(mergeTemplates([one, two], { args: [{ name: 'c', valueFrom: secret }], dryRun: [{ metricName: 'two' }] }), {
      metrics: [metric('one'), metric('two')],
      args: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
        { name: 'c', valueFrom: secret },
      ],
      dryRun: [{ metricName: 'one' }, { metricName: 'two' }],
      measurementRetention: [{ metricName: 'two', limit: 1 }],
    })
  })

  test('a given value takes the place of a default, whatever kind either is; what no template declares is left out', () => {
    const declared = template('one', {
      args: [
        { name: 'a', value: '1' },
        { name: 'b', valueFrom: secret },
      ],
    })
    const args = [
      { name: 'a', valueFrom: secret },
      { name: 'b', value: '2' },
      { name: 'x', value: '3' },
    ]
    const merged = mergeTemplates([declared], { args })
    assert.deepEqual('args' in merged && merged.args, args.slice(0, 2))
  })

  const ROWS: readonly (readonly [what: string, templates: readonly AnalysisTemplate[], problem: string])[] = [
    [
      'a metric in both',
      [template('one'), template('two', { metrics: [metric('one')] })],
      "two metrics have the same name 'one'",
    ],
    [
      'two defaults of one argument',
      [template('one', { args: [{ name: 'a', value: '1' }] }), template('two', { args: [{ name: 'a', value: '2' }] })],
      "Argument `a` specified multiple times with different values: '1', '2'",
    ],
    ['an argument without a value', [template('one', { args: [{ name: 'a' }] })], 'args.a was not resolved'],
    [
      'a dry run twice',
      [template('one', { dryRun: [{ metricName: 'x' }] }), template('two', { dryRun: [{ metricName: 'x' }] })],
      "two Dry-Run metric rules have the same name 'x'",
    ],
    [
      'a retention twice',
      [
        template('one', {
          measurementRetention: [
            { metricName: 'x', limit: 1 },
            { metricName: 'x', limit: 2 },
          ],
        }),
      ],
      "two Measurement Retention metric rules have the same name 'x'",
    ],
  ]
  for (const [what, templates, problem] of ROWS) {
    test(`${what}: ${problem}`, () => assert.deepEqual(mergeTemplates(templates), { problem }))
  }
})

describe('a strategy', () => {
  const seen = (...analysisTemplates: readonly AnalysisTemplate[]) => ({ namespace: 'shop', analysisTemplates })
  const step = { analysis: { templates: [ref('one')] } }

  test('may measure without end in the background, but not in a step, where that is said with its place', () => {
    const endless = seen(template('one', { metrics: [metric('rate', { interval: '1m' })] }))
    assert.deepEqual(analysisProblems(endless, { analysis: { templates: [ref('one')] } }, []), [])
    assert.deepEqual(analysisProblems(endless, {}, [{ setWeight: 5 }, step]), [
      'spec.strategy.canary.steps[1].analysis.templates: AnalysisTemplate one has metric rate which runs indefinitely. Invalid value for count: <nil>',
    ])
  })

  test('a count ends it, and one that an argument gives may', () => {
    for (const count of [3, '3', '{{args.n}}']) {
      assert.deepEqual(
        analysisProblems(seen(template('one', { metrics: [metric('m', { interval: '1m', count })] })), {}, [step]),
        [],
      )
    }
  })

  test('says what is wrong with a template that it names, and nothing of one that is missing', () => {
    const one = template('one')
    const problems = { ...seen(one), templateProblems: new Map([[one, 'metrics[0]: no provider specified']]) }
    assert.deepEqual(analysisProblems(problems, {}, [step]), [
      'spec.strategy.canary.steps[0].analysis.templates: AnalysisTemplate one: metrics[0]: no provider specified',
    ])
    assert.deepEqual(analysisProblems(seen(), {}, [step]), [])
  })
})
