/** A real Prometheus in a folder of its own on a loopback port, and questions to it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../../../local/free-port.ts'
import { waitFor } from '../../../local/wait.ts'

export type Sample = { readonly labels: { readonly [label: string]: string }; readonly value: number }
export type Series = { readonly labels: { readonly [label: string]: string }; readonly values: readonly number[] }

export type Prometheus = {
  /** Throws with Prometheus' own words when it does not accept the expression. */
  readonly query: (expr: string) => Promise<readonly Sample[]>
  /** Every second from `from` on, in milliseconds, until now. */
  readonly queryRange: (expr: string, from: number) => Promise<readonly Series[]>
  /** What fires, with its texts filled in. */
  readonly alerts: () => Promise<readonly FiringAlert[]>
  readonly stop: () => Promise<void>
}

export type FiringAlert = { readonly state: string; readonly annotations: { readonly [name: string]: string } }

type Answer = {
  readonly status: string
  readonly error?: string
  readonly data: {
    readonly result: readonly {
      readonly metric: Sample['labels']
      readonly value: [number, string]
      readonly values: [number, string][]
    }[]
  }
}

/** A scalar is one sample without labels; that is how expressions like `vector(0)` and numbers come out alike. */
const ask = async (url: string, path: string, query: { readonly [name: string]: string }): Promise<Answer['data']['result']> => {
  const answer = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(query) })
  const body = (await answer.json()) as Answer
  if (body.status !== 'success') throw new Error(`${query['query']}: ${body.error}`)
  return body.data.result
}

export type Target = { readonly component: string; readonly addresses: readonly string[] }

export type PrometheusOptions = {
  /** Everything it writes goes here. */
  readonly folder: string
  readonly rulesFile: string
  readonly targets: readonly Target[]
}

/** As with the monitors of the chart: the labels that metrics have themselves stay. */
const configOf = ({ targets }: PrometheusOptions, rules: string): string =>
  stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    scrape_configs: targets.map(({ component, addresses }) => ({
      job_name: component,
      honor_labels: true,
      static_configs: [{ targets: addresses }],
    })),
  })

const launch = (folder: string, port: number): ChildProcess =>
  spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { PATH: process.env['PATH'] ?? '' } },
  )

/** Resolves when it has taken the rules and scraped every target. */
export const startPrometheus = async (options: PrometheusOptions): Promise<Prometheus> => {
  const { folder, rulesFile, targets } = options
  const rules = join(folder, 'rules.yml')
  writeFileSync(rules, readFileSync(rulesFile))
  writeFileSync(join(folder, 'prometheus.yml'), configOf(options, rules))
  const port = await freePort()
  const child = launch(folder, port)
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  const query = async (expr: string): Promise<readonly Sample[]> =>
    (await ask(url, 'query', { query: expr })).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  const prometheus: Prometheus = {
    query,
    queryRange: async (expr, from) => {
      const range = { start: String(from / 1000), end: String(Date.now() / 1000), step: '1s' }
      const found = await ask(url, 'query_range', { query: expr, ...range })
      return found.map(({ metric, values }) => ({ labels: metric, values: values.map(([, value]) => Number(value)) }))
    },
    alerts: async () => {
      const answer = (await (await fetch(`${url}/api/v1/alerts`)).json()) as {
        readonly data: { readonly alerts: readonly FiringAlert[] }
      }
      return answer.data.alerts.filter(({ state }) => state === 'firing')
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
  const count = targets.flatMap(({ addresses }) => addresses).length
  try {
    await waitFor(
      { what: `Prometheus to scrape ${count} targets`, timeoutMs: 30_000 },
      async () => (await query('sum(up)'))[0]?.value === count,
    )
  } catch (error) {
    await prometheus.stop()
    throw error
  }
  return prometheus
}
