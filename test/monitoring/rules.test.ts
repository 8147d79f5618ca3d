import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { ALERTS } from '../../tools/monitoring/alerts/index.ts'
import { RULES_FILE } from '../../tools/monitoring/generate.ts'
import { ALERT_CASES, type Scenario } from './alert-cases.ts'
import { ROOT, run, withoutPrometheus } from './tools.ts'

const RULES = join(ROOT, RULES_FILE)
const skip = withoutPrometheus()

test('Prometheus accepts the rules', { skip }, () => {
  const { status, output } = run('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', RULES])
  assert.equal(status, 0, output)
})

const quote = (labels: { readonly [label: string]: string }): string =>
  `{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')}}`

/** `labels` are those of the alert that fires, undefined when none may. The states of alerts are series themselves. */
const testOf = (alert: string, { when, input, at }: Scenario, labels?: { readonly [label: string]: string }) => ({
  name: `${alert}: ${when}`,
  interval: '1m',
  input_series: Object.entries(input).map(([series, values]) => ({ series, values })),
  promql_expr_test: [
    {
      expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
      eval_time: at,
      exp_samples:
        labels === undefined
          ? []
          : [
              {
                labels: `ALERTS${quote({ alertname: alert, alertstate: 'firing', severity: severityOf(alert), ...labels })}`,
                value: 1,
              },
            ],
    },
  ],
})

const severityOf = (name: string): string => ALERTS.find(alert => alert.name === name)?.severity ?? ''

test('every alert has a case in which it fires and one in which it stays silent', () => {
  assert.deepEqual(ALERT_CASES.map(({ alert }) => alert).sort(), ALERTS.map(({ name }) => name).sort())
  for (const { alert, fires, silent } of ALERT_CASES) assert.ok(fires.length > 0 && silent.length > 0, alert)
})

test('every alert fires when it should and stays silent when not', { skip }, t => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-rules-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'test.yaml')
  const tests = ALERT_CASES.flatMap(({ alert, fires, silent }) => [
    ...fires.map(scenario => testOf(alert, scenario, scenario.labels)),
    ...silent.map(scenario => testOf(alert, scenario)),
  ])
  writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }))
  const { status, output } = run('promtool', ['test', 'rules', file])
  assert.equal(status, 0, output)
})

test('an alert that cannot fire is found out by these tests', { skip }, t => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-rules-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'test.yaml')
  const wrong = testOf(
    'SluiceAllRoutersDown',
    { when: 'nothing is wrong', input: { sluice_controller_fail_open: '0x9' }, at: '5m' },
    {},
  )
  writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: '1m', tests: [wrong] }))
  assert.notEqual(run('promtool', ['test', 'rules', file]).status, 0)
})
