/**
 * `make demo`: a cluster, Sluice, an app with users; a good version that is promoted and a bad one that is rolled back.
 * Flags: --once ends by itself, exits 0 only when all came out right, and prints one JSON object as its last line; --rate=N requests per second;
 * --judge=prometheus has the versions judged by a real Prometheus that scrapes the routers, instead of by the routers' own numbers.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeLogger } from '../kube/log.ts'
import { apply } from '../local/apply.ts'
import { withDashboard } from '../local/dashboard.ts'
import { untilInterrupted } from '../local/interrupt.ts'
import { up } from '../local/up.ts'
import { isPrometheusInstalled, prometheusTemplate, startPrometheus, TEMPLATE_NAME } from './prometheus.ts'
import { type Ending, roll, type Stage, ship, untilAtRest } from './story.ts'
import { isCorrect, renderSummary, summarise } from './summary.ts'
import { makeTerminal } from './terminal.ts'
import { startTraffic, type Traffic } from './traffic.ts'

const ROUTERS = 2
const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    rate: { type: 'string', default: '200' },
    judge: { type: 'string', default: 'router' },
  },
})
if (values.judge !== 'router' && values.judge !== 'prometheus') {
  console.error(`--judge is ${values.judge}, it must be router or prometheus, e.g. --judge=prometheus`)
  process.exit(2)
}
if (values.judge === 'prometheus' && !isPrometheusInstalled()) {
  console.log(
    '--judge=prometheus: prometheus is not installed (tools/setup prometheus does so on Debian as root); nothing was run',
  )
  process.exit(0)
}
const root = resolve(import.meta.dirname, '..')
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
const terminal = makeTerminal(process.stdout, () => performance.now())
const say = (line: string) => terminal.say(line)

const cluster = await up({
  stateDir,
  root,
  node: process.execPath,
  routers: ROUTERS,
  log: makeLogger({ component: 'cluster', level: 'error' }),
  say,
})
const dashboard = values.once ? undefined : await withDashboard(cluster, say)
const prometheus = values.judge === 'prometheus' ? await startPrometheus(cluster.client, join(stateDir, 'prometheus')) : undefined
if (prometheus !== undefined) {
  await apply(cluster.client, [prometheusTemplate(prometheus.address)])
  say(`  a Prometheus at ${prometheus.address} scrapes the routers and judges`)
}
const stage: Stage = {
  client: cluster.client,
  terminal,
  root,
  node: process.execPath,
  ...(prometheus !== undefined && { analysis: `template/${TEMPLATE_NAME}` }),
}

const play = async (): Promise<{ readonly good: Ending; readonly bad: Ending; readonly traffic: Traffic }> => {
  say('applying demo/web.yaml: 4 pods of v1 and a Service')
  await ship(stage, { name: 'v1', failEvery: 0 })
  const url = await untilAtRest(stage)
  say(`users now ask ${url} ${values.rate} times a second`)
  const traffic = startTraffic(url, Number(values.rate))
  await sleep(2000)
  say('shipping v2, which is good')
  const good = await roll(stage, traffic, { name: 'v2', failEvery: 0 })
  say(`v2: ${good.phase}`)
  say('shipping v3, in which one answer in five is a 500')
  const bad = await roll(stage, traffic, { name: 'v3', failEvery: 5 })
  say(`v3: ${bad.phase}`)
  await sleep(2000)
  return { good, bad, traffic }
}

const { good, bad, traffic } = await play()
const interrupted = values.once ? undefined : untilInterrupted()
const answers = await traffic.stop()
const summary = summarise({ answers, good, bad, routers: ROUTERS })
for (const line of renderSummary(answers, summary)) say(line)
if (interrupted !== undefined) {
  say(
    `\nThe cluster stays up until Ctrl-C. In another terminal:\n  export KUBECONFIG=${cluster.kubeconfig}\n  kubectl get deployments,rollouts,pods,services`,
  )
  await interrupted
}
await dashboard?.stop()
await prometheus?.stop()
await cluster.stop()
rmSync(stateDir, { recursive: true, force: true })
if (values.once) console.log(JSON.stringify(summary))
process.exit(isCorrect(summary) ? 0 : 1)
