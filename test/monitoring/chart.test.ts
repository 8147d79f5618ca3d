import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../api/kubernetes.ts'
import { DASHBOARDS } from '../../tools/monitoring/dashboards/index.ts'
import { RULES_FILE } from '../../tools/monitoring/generate.ts'
import { helm, ROOT, withoutHelm } from './tools.ts'

const skip = withoutHelm()
const ALL = ['serviceMonitor', 'podMonitor', 'rules', 'dashboards']
const KINDS = ['ServiceMonitor', 'PodMonitor', 'PrometheusRule']

type Rendered = KubeObject & { readonly spec?: unknown; readonly data?: { readonly [file: string]: string } }

const render = (...settings: readonly string[]): readonly Rendered[] => {
  const set = settings.flatMap(setting => ['--set', setting])
  const { status, output } = helm(['template', 'rel', join(ROOT, 'charts/sluice'), '--namespace', 'sys', ...set])
  assert.equal(status, 0, output)
  return parseAllDocuments(output)
    .map(document => document.toJS() as Rendered | null)
    .filter(object => object !== null)
}
const enabled = (...more: readonly string[]) => render(...ALL.map(part => `monitoring.${part}.enabled=true`), ...more)
const dashboardsIn = (objects: readonly Rendered[]) =>
  objects.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1')
const find = (objects: readonly Rendered[], kind: string) => objects.find(object => object.kind === kind)

test('nothing of monitoring is made unless it is asked for', { skip }, () => {
  const objects = render()
  assert.deepEqual(
    objects.filter(({ kind }) => KINDS.includes(kind)),
    [],
  )
  assert.deepEqual(dashboardsIn(objects), [])
  assert.ok(!objects.some(({ metadata }) => metadata.name.endsWith('-metrics')))
})

test('each dashboard is a ConfigMap that the sidecar finds, with the file as it is', { skip }, () => {
  const maps = dashboardsIn(enabled())
  assert.equal(maps.length, DASHBOARDS.length)
  for (const { metadata, data = {} } of maps) {
    assert.equal(metadata.annotations?.['grafana_folder'], 'Sluice')
    for (const [file, text] of Object.entries(data)) {
      const source = readFileSync(join(ROOT, 'charts/sluice/dashboards', file), 'utf8')
      assert.deepEqual(JSON.parse(text), JSON.parse(source))
    }
  }
})

test('the PrometheusRule holds the rules, and its runbooks are where the value says', { skip }, () => {
  const rule = find(
    enabled('monitoring.rules.runbookUrl=https://wiki.example/sluice', 'monitoring.rules.labels.release=prom'),
    'PrometheusRule',
  )
  assert.equal(rule?.metadata.labels?.['release'], 'prom')
  const source = readFileSync(join(ROOT, RULES_FILE), 'utf8').replaceAll('__RUNBOOKS__', 'https://wiki.example/sluice')
  assert.deepEqual(rule?.spec, parseAllDocuments(source)[0]?.toJS())
  assert.match(JSON.stringify(rule), /https:\/\/wiki\.example\/sluice#sluiceallroutersdown/)
})

test('without a dashboard there is nothing of it to be scraped', { skip }, () => {
  assert.ok(!enabled().some(({ metadata }) => metadata.name.endsWith('-dashboard-metrics')))
})

const matches = (selector: { readonly [label: string]: string }, labels: { readonly [label: string]: string } = {}): boolean =>
  Object.entries(selector).every(([label, value]) => labels[label] === value)

test('the monitors select the pods and Services of the release, keep the labels of the metrics, and scrape the port that is there', {
  skip,
}, () => {
  const objects = enabled('monitoring.podMonitor.interval=15s', 'dashboard.enabled=true')
  const services = objects.filter(({ kind, metadata }) => kind === 'Service' && metadata.labels?.['sluice.dev/metrics'])
  const pods = objects
    .filter(({ kind }) => kind === 'Deployment')
    .map(
      ({ spec }) =>
        (
          spec as {
            template: {
              metadata: { labels: { [label: string]: string } }
              spec: { containers: { ports: { name: string; containerPort: number }[] }[] }
            }
          }
        ).template,
    )
  const serviceMonitor = find(objects, 'ServiceMonitor')?.spec as {
    selector: { matchLabels: { [l: string]: string } }
    endpoints: object[]
  }
  const podMonitor = find(objects, 'PodMonitor')?.spec as {
    selector: { matchLabels: { [l: string]: string } }
    podMetricsEndpoints: object[]
  }
  assert.deepEqual(
    services.map(({ metadata }) => metadata.name),
    ['controller', 'webhook', 'dashboard'].map(component => `rel-sluice-${component}-metrics`),
  )
  for (const service of services) {
    assert.ok(matches(serviceMonitor.selector.matchLabels, service.metadata.labels))
    const { selector } = service.spec as { selector: { [label: string]: string } }
    const selected = pods.filter(({ metadata }) => matches(selector, metadata.labels))
    assert.equal(selected.length, 1, service.metadata.name)
    assert.ok(selected[0]?.spec.containers[0]?.ports.some(port => port.name === 'health' && port.containerPort === 8081))
  }
  assert.equal(pods.filter(({ metadata }) => matches(podMonitor.selector.matchLabels, metadata.labels)).length, 1)
  assert.deepEqual(serviceMonitor.endpoints, [{ port: 'health', path: '/metrics', honorLabels: true }])
  assert.deepEqual(podMonitor.podMetricsEndpoints, [{ port: 'health', path: '/metrics', honorLabels: true, interval: '15s' }])
})
