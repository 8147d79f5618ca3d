/** A real Prometheus beside the demonstration, which scrapes the routers as a user's own would; and the AnalysisTemplate that asks it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeObject, Pod } from '../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { PODS } from '../kube/resources.ts'
import { freePort } from '../local/free-port.ts'
import { waitFor } from '../local/wait.ts'

/** Where every process of Sluice has its /metrics. */
const METRICS_PORT = 8081
export const TEMPLATE_NAME = 'web-by-prometheus'

export const isPrometheusInstalled = (): boolean => spawnSync('prometheus', ['--version']).status === 0

export type Prometheus = { readonly address: string; readonly stop: () => Promise<void> }

const routerTargets = async (client: KubeClient): Promise<readonly string[]> => {
  const { items } = await client.list<Pod>(PODS, {
    namespace: SLUICE_NAMESPACE,
    labelSelector: 'app.kubernetes.io/component=router',
  })
  return items.flatMap(({ status }) => (status?.podIP === undefined ? [] : [`${status.podIP}:${METRICS_PORT}`]))
}

const end = (child: ChildProcess): Promise<void> =>
  new Promise(resolve => {
    if (child.exitCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill()
  })

const count = async (address: string, query: string): Promise<number> => {
  const answer = await fetch(`${address}/api/v1/query?query=${encodeURIComponent(query)}`)
  const { data } = (await answer.json()) as {
    readonly data?: { readonly result?: readonly { readonly value: [number, string] }[] }
  }
  return Number(data?.result?.[0]?.value[1] ?? 0)
}

/** Starts one that scrapes each router once a second; resolves when it has numbers of all of them. */
export const startPrometheus = async (client: KubeClient, folder: string): Promise<Prometheus> => {
  mkdirSync(folder, { recursive: true })
  const targets = await routerTargets(client)
  const port = await freePort()
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'routers', static_configs: [{ targets }] }],
  }
  // YAML is a superset of JSON.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const options = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
    '--query.lookback-delta=5s',
  ]
  const child = spawn('prometheus', options, { cwd: folder, stdio: 'ignore' })
  const address = `http://127.0.0.1:${port}`
  try {
    await waitFor({ what: `Prometheus to scrape ${targets.length} routers` }, async () => {
      const up = await count(address, 'sum(up)')
      return targets.length > 0 && up === targets.length
    })
  } catch (error) {
    await end(child)
    throw error
  }
  return { address, stop: () => end(child) }
}

const requests = (classes: string): string =>
  `sum(rate(sluice_router_requests_total{namespace="default",rollout="web",version_role="canary",code_class${classes}}[8s]))`

/**
 * A check as users of Argo Rollouts write it: the share of good answers of the version under test over a few seconds. No requests yet is
 * neither good nor bad.
 */
export const prometheusTemplate = (address: string): KubeObject & { readonly spec: object } => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: TEMPLATE_NAME, namespace: 'default' },
  spec: {
    metrics: [
      {
        name: 'success-rate',
        interval: '2s',
        successCondition: 'len(result) > 0 && result[0] >= 0.95',
        failureCondition: 'len(result) > 0 && result[0] < 0.95',
        failureLimit: 1,
        inconclusiveLimit: 1000,
        provider: { prometheus: { address, query: `${requests('=~"2xx|3xx|4xx"')} / ${requests('!="abort"')}` } },
      },
    ],
  },
})
