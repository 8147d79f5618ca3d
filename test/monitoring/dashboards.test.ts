import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { anchorOf } from '../../tools/monitoring/alerts/alert.ts'
import { ALERTS } from '../../tools/monitoring/alerts/index.ts'
import { readCatalogue } from '../../tools/monitoring/catalogue.ts'
import { RECORDING_RULES } from '../../tools/monitoring/recording-rules.ts'
import { allExpressions, metricsIn, type RenderedPanel, readDashboards } from './expressions.ts'
import { ROOT } from './tools.ts'

const dataPanels = (panels: readonly RenderedPanel[]): readonly RenderedPanel[] => panels.filter(({ type }) => type !== 'row')

test('the metrics of an expression are found', () => {
  assert.deepEqual(
    metricsIn(
      'sum by (le, a_b) (rate(x_bucket{c_d="e_f",g=~"h_i"}[2m])) / on (j_k) group_left (l_m) (n_total > 0) or vector(0) and a:b_c:d',
    ),
    ['x_bucket', 'n_total', 'a:b_c:d'],
  )
})

test('every metric that a dashboard, a rule or an alert reads is exported or recorded', async () => {
  const catalogue = await readCatalogue()
  const series = new Set([
    ...catalogue.flatMap(({ name, type }) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map(end => `${name}${end}`) : [name],
    ),
    ...RECORDING_RULES.map(({ record }) => record),
  ])
  for (const { where, expr } of allExpressions()) {
    const metrics = metricsIn(expr)
    assert.ok(metrics.length > 0, `${where}: no metric in ${expr}`)
    for (const metric of metrics) assert.ok(series.has(metric), `${where}: nobody exports ${metric}`)
  }
})

test('names are as Prometheus wants them: our prefix, base units, counters end in _total and nothing else does', async () => {
  const ours = (await readCatalogue()).filter(({ name }) => name.startsWith('sluice_'))
  assert.ok(ours.length > 40)
  for (const { name, type, help } of ours) {
    assert.match(name, /^sluice_[a-z0-9_]+$/)
    assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes|percent|kb)(_|$)/)
    assert.ok(help.length > 10, name)
  }
})

test('no metric has a label whose values a client could make up', async () => {
  const allowed = new Set(
    'namespace rollout service name version version_role code_class code grpc_code phase result reason check strategy stable canary traffic_router method resource kind decision action outcome status component node ready type space worker state'.split(
      ' ',
    ),
  )
  for (const { name, labels } of await readCatalogue())
    for (const label of labels) assert.ok(allowed.has(label) || !name.startsWith('sluice_'), `${name}: ${label}`)
})

test('every panel says what it shows, has a unit, and asks the data source of the variable', () => {
  for (const { title, panels } of readDashboards()) {
    for (const panel of dataPanels(panels)) {
      const where = `${title}: ${panel.title}`
      assert.ok((panel.description ?? '').length > 10, where)
      assert.ok(panel.fieldConfig?.defaults.unit, where)
      assert.ok((panel.targets ?? []).length > 0, where)
    }
    const sources = JSON.stringify(panels).match(/"uid":"[^"]*"/g) ?? []
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
    assert.deepEqual([...new Set(sources)], ['"uid":"${datasource}"'], title)
  }
})

test('panels lie side by side on 24 columns, none over another, and titles and uids are unique', () => {
  const dashboards = readDashboards()
  assert.equal(new Set(dashboards.map(({ uid }) => uid)).size, dashboards.length)
  for (const { title, panels } of dashboards) {
    const taken = new Set<string>()
    for (const { gridPos, title: panel } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, `${title}: ${panel}`)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(!taken.has(`${x}/${y}`), `${title}: ${panel} lies on another`)
          taken.add(`${x}/${y}`)
        }
    }
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, title)
    const titles = dataPanels(panels).map(panel => panel.title)
    assert.equal(new Set(titles).size, titles.length, title)
  }
})

test('every alert has its runbook where its runbook_url points to', () => {
  const headings = readFileSync(join(ROOT, 'docs/monitoring.md'), 'utf8')
    .split('\n')
    .flatMap(line => /^### (\w+)$/.exec(line)?.[1]?.toLowerCase() ?? [])
  for (const alert of ALERTS) assert.ok(headings.includes(anchorOf(alert)), alert.name)
})
