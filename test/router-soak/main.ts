/**
 * A router under load while everything changes under it, for so many seconds: weights, stickiness, header and mirror routes, pods that
 * come and go, and the Route's way out of the path and back; at the end SIGTERM, while another router takes over. Nothing may be lost and its
 * memory must not grow.
 *   node test/router-soak/main.ts --seconds 300
 * Prints a line every ten seconds, at the end one line of JSON; ends with 1 when a request failed, when the memory grew by more than 10 %
 * after the warm-up, or when the drain did not come to its end.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { RouteSpec } from '../../api/route.ts'
import { startLoad } from '../../router/testing/load.ts'
import { startPod, type TestPod } from '../../router/testing/pods.ts'
import type { Change, Command, Said } from './soaked-router.ts'
import { growthOf } from './verdict.ts'

const CHANGE_MS = 200
const SAMPLE_MS = 1_000
const PROGRESS_SAMPLES = 10
/** The first part of the time, in which buffers and compiled code come to their size. */
const WARM_UP = 0.3
const MAX_GROWTH = 0.1
/** For so long only the router that took over serves. */
const AFTER_MS = 2_000
/** A pod that has left the table serves on for so long, as one that was told to end does. */
const POD_LINGERS_MS = 1_500

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '300' } } })
const seconds = Number(values.seconds)
if (!(seconds >= 10)) {
  console.error(`--seconds is ${JSON.stringify(values.seconds)}, must be a number of at least 10, e.g. 300`)
  process.exit(2)
}

const startOne = (text: string): Promise<TestPod> => startPod((req, res) => void req.resume().on('end', () => res.end(text)))

const hear = async (child: ChildProcess): Promise<Said> => {
  const [said] = (await once(child, 'message')) as [Said]
  return said
}
/** A router, and where it listens. */
const startRouter = async () => {
  const child = fork(join(import.meta.dirname, 'soaked-router.ts'), { execArgv: ['--expose-gc'] })
  const { port } = await hear(child)
  return { child, port }
}
const soaked = await startRouter()
const measure = (): Promise<Said> => {
  const said = hear(soaked.child)
  soaked.child.send({ measure: true } satisfies Command)
  return said
}

const SPECS: readonly Partial<RouteSpec>[] = [
  {},
  { sticky: { by: 'cookie' } },
  { headerRoutes: [{ name: 'h', hash: 'v2', match: [{ path: { regex: '/[0-3]/.*' } }] }] },
  { mirrorRoutes: [{ name: 'm', hash: 'v2', percent: 30, match: [{}] }] },
  { endpoints: 'draining' },
  { affinity: 'client-ip' },
]

const pods = { v1: [await startOne('v1'), await startOne('v1')], v2: [await startOne('v2'), await startOne('v2')] }
const portsOf = (some: readonly TestPod[]): readonly number[] => some.map(({ port }) => port)

/** The oldest pod of a version is replaced; it leaves once nobody sends to it any more. */
const replaceOne = async (version: 'v1' | 'v2'): Promise<void> => {
  const fresh = await startOne(version)
  const [oldest, ...others] = pods[version]
  pods[version] = [...others, fresh]
  if (oldest) setTimeout(() => void oldest.close(), POD_LINGERS_MS)
}

let changes = 0
let lastChange: Change | undefined
const changeOn = async (): Promise<void> => {
  changes += 1
  if (changes % 5 === 0) await replaceOne(changes % 2 === 0 ? 'v1' : 'v2')
  const change: Change = {
    v1: portsOf(pods.v1),
    v2: portsOf(pods.v2),
    weight: (changes * 37) % 101,
    spec: SPECS[changes % SPECS.length] ?? {},
  }
  lastChange = change
  soaked.child.send({ change } satisfies Command)
}

/** Where new connections go. */
let taker = soaked.port
/** Another router takes over, and the one that was soaked is told to end while its clients go on; how it ended and after how long. */
const replaceRouter = async () => {
  const fresh = await startRouter()
  if (lastChange) fresh.child.send({ change: { ...lastChange, spec: {} } } satisfies Command)
  await hearRoute(fresh.child)
  const exited = once(soaked.child, 'exit') as Promise<[number | null]>
  const from = performance.now()
  soaked.child.kill('SIGTERM')
  taker = fresh.port
  const [code] = await exited
  const ms = Math.round(performance.now() - from)
  await wait(AFTER_MS)
  return { code, ms, stop: () => fresh.child.kill() }
}
/** What a router is told is in force when it has answered what came behind it. */
const hearRoute = (child: ChildProcess): Promise<Said> => {
  const said = hear(child)
  child.send({ measure: true } satisfies Command)
  return said
}

await changeOn()
await wait(100)
const load = startLoad({ port: () => taker, faithful: true, workers: 16 })
const startedAt = performance.now()
const elapsed = () => (performance.now() - startedAt) / 1_000
const changing = (async () => {
  while (elapsed() < seconds) {
    await wait(CHANGE_MS)
    await changeOn()
  }
})()

const samples: { readonly at: number; readonly said: Said }[] = []
while (elapsed() < seconds) {
  await wait(SAMPLE_MS)
  const sample = { at: elapsed(), said: await measure() }
  samples.push(sample)
  if (samples.length % PROGRESS_SAMPLES !== 0) continue
  const { rssBytes, connections } = sample.said
  const line = `${load.requests()} requests, ${load.failures.length} failed, ${changes} changes, ${connections} connections, ${Math.round(rssBytes / 1024 / 1024)} MiB`
  console.log(`${Math.round(sample.at)} s: ${line}`)
}
await changing
const last = await measure()
const leaving = await replaceRouter()
await load.stop()
leaving.stop()
const memory = growthOf(samples.filter(({ at }) => at >= seconds * WARM_UP).map(({ said }) => said.rssBytes))
const passed = load.failures.length === 0 && memory.growth <= MAX_GROWTH && leaving.code === 0
for (const failure of load.failures.slice(0, 10)) console.log(failure)
console.log(
  JSON.stringify({
    passed,
    seconds,
    requests: load.requests(),
    failures: load.failures.length,
    upstreamFailures: last.upstreamFailures,
    changes,
    memory,
    drain: { exitCode: leaving.code, ms: leaving.ms },
  }),
)
process.exit(passed ? 0 : 1)
