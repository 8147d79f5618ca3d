/**
 * `make chaos SEED=n`: 20 rollouts under load on the in-process cluster while parts of it are killed at random moments. Ends with one
 * JSON object and exits 0 only when Sluice dropped nothing and every rollout ended where it should.
 * Flags: --seed=N (random when absent), --rollouts=N, --rate=N requests per second.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startTraffic } from '../../demo/traffic.ts'
import { makeLogger } from '../../kube/log.ts'
import { up } from '../../local/up.ts'
import { type App, deploy, rollOne } from './app.ts'
import { blame, type Kill } from './blame.ts'
import { startKilling } from './killer.ts'
import { makeRandom } from './random.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, rollouts: { type: 'string', default: '20' }, rate: { type: 'string', default: '100' } },
})
const seed = Number(values.seed || Date.now() % 100_000)
const random = makeRandom(seed)
const root = resolve(import.meta.dirname, '../..')
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-chaos-'))
const say = (line: string) => console.log(line)
say(`seed ${seed}`)
const cluster = await up({
  stateDir,
  root,
  node: process.execPath,
  routers: 2,
  log: makeLogger({ component: 'cluster', level: 'error' }),
  say,
})
const { client } = cluster

const apps: readonly App[] = await Promise.all(
  ['red', 'blue'].map(name => deploy({ client, root, node: process.execPath }, name)),
)
const traffic = apps.map(app => startTraffic(app.url, Number(values.rate)))
const kills: Kill[] = []
const killer = startKilling({ cluster, random, say, note: kill => kills.push(kill), apps: apps.map(app => app.name) })

const perApp = Math.ceil(Number(values.rollouts) / apps.length)
const ends = await Promise.all(
  apps.map(async app => {
    const wrong: string[] = []
    for (let i = 0; i < perApp; i += 1) {
      // Every third is bad, the first one is not: something has to be stable first.
      const bad = i % 3 === 2
      const problem = await rollOne(client, app, `v${i + 2}`, bad)
      say(`${app.name} v${i + 2} (${bad ? 'bad' : 'good'}): ${problem ?? (bad ? 'rolled back' : 'promoted')}`)
      if (problem !== undefined) wrong.push(problem)
    }
    return wrong
  }),
)
await killer.stop()
const answers = (await Promise.all(traffic.map(one => one.stop()))).flat()
const verdict = blame(answers, kills)
for (const answer of verdict.droppedBySluice.slice(0, 20))
  say(`dropped at ${new Date(answer.at).toISOString()}: ${answer.status} ${answer.error}`)
const redials = cluster.proxyStats().redials
await cluster.stop()
rmSync(stateDir, { recursive: true, force: true })
const result = {
  rollouts: perApp * apps.length,
  droppedBySluice: verdict.droppedBySluice.length,
  wrongEnds: ends.flat().length,
  requests: answers.length,
  lostInKilledRouters: verdict.lostInKilledRouters.length,
  lostInKilledPods: verdict.lostInKilledPods.length,
  redialledByServiceProxy: redials,
  kills: Object.fromEntries(
    ['controller', 'webhook', 'router', 'pod', 'watches'].map(victim => [
      victim,
      kills.filter(kill => kill.victim === victim).length,
    ]),
  ),
  seed,
}
console.log(JSON.stringify(result))
process.exit(result.droppedBySluice === 0 && result.wrongEnds === 0 ? 0 : 1)
