import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisTemplate } from '../api/analysis-run.ts'
import { makeTemplateProblems, templateProblem } from './template-problems.ts'
import { metric } from './testing/runs.ts'

const template = (spec: AnalysisTemplate['spec']): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'smoke' },
  spec,
})

const ROWS: readonly (readonly [what: string, spec: AnalysisTemplate['spec'], problem: RegExp | undefined])[] = [
  ['a right template', { metrics: [metric()] }, undefined],
  ['nothing to measure', { metrics: [] }, /^no metrics specified$/],
  ['only other templates', { templates: [{ templateName: 'x' }] }, undefined],
  ['no provider', { metrics: [metric({ provider: {} })] }, /^metrics\[0\]: no provider specified$/],
  ['a number that an argument gives', { metrics: [metric({ count: '{{args.n}}', interval: '1s' })] }, undefined],
  [
    'a condition that is no expression',
    { metrics: [metric({ successCondition: 'result[0 > 1' })] },
    /^metric m: successCondition: unexpected token/,
  ],
  [
    'an argument with value and valueFrom',
    { metrics: [metric()], args: [{ name: 'a', value: '1', valueFrom: {} }] },
    /^arg 'a' has both Value and ValueFrom fields$/,
  ],
  ['a rule for nothing', { metrics: [metric()], dryRun: [{ metricName: 'x' }] }, /^dryRun\[0\]: Rule didn't match any metric/],
  ['a pattern of RE2', { metrics: [metric()], dryRun: [{ metricName: '(?i)^M$' }] }, undefined],
  [
    'what is no pattern of RE2',
    { metrics: [metric()], dryRun: [{ metricName: '(?=m)' }] },
    /^dryRun\[0\]: Rule didn't match any metric name\(s\): error parsing regexp: /,
  ],
]
for (const [what, spec, problem] of ROWS) {
  test(`${what}: ${problem === undefined ? 'no problem' : String(problem)}`, () => {
    const found = templateProblem(template(spec))
    if (problem === undefined) assert.equal(found, undefined)
    else assert.match(found ?? '', problem)
  })
}

test('a template is looked at once for as long as it stays the same object', () => {
  let reads = 0
  const one = template({ metrics: [] })
  const counting = {
    ...one,
    get spec() {
      reads += 1
      return one.spec
    },
  }
  const problems = makeTemplateProblems()
  assert.equal(problems.get(counting), 'no metrics specified')
  assert.equal(problems.get(counting), 'no metrics specified')
  assert.equal(reads, 1)
})
