/**
 * A router under load while everything changes under it, for so many seconds: weights, stickiness, header and mirror routes, pods that
 * come and go, and the Route's way out of the path and back. Nothing may be lost and its memory must not grow.
 *   node test/router-soak/main.ts --seconds 300
 * Prints a line every ten seconds, at the end one line of JSON; ends with 1 when a request failed, or when the memory grew by more
 * than 10 % after the warm-up.
 */
import { fork } from 'node:child_process'
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
/** A pod that has left the table serves on for so long, as one that was told to end does. */
const POD_LINGERS_MS = 1_500

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '300' } } })
const seconds = Number(values.seconds)
if (!(seconds >= 10)) {
  console.error(`--seconds is ${JSON.stringify(values.seconds)}, must be a number of at least 10, e.g. 300`)
  process.exit(2)
}

const startOne = (text: string): Promise<TestPod> => startPod((req, res) => void req.resume().on('end', () => res.end(text)))

const child = fork(join(import.meta.dirname, 'soaked-router.ts'), { execArgv: ['--expose-gc'] })
const tell = (command: Command): void => void child.send(command)
const hear = async (): Promise<Said> => {
  const [said] = (await once(child, 'message')) as [Said]
  return said
}
const measure = (): Promise<Said> => {
  const said = hear()
  tell({ measure: true })
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
const changeOn = async (): Promise<void> => {
  changes += 1
  if (changes % 5 === 0) await replaceOne(changes % 2 === 0 ? 'v1' : 'v2')
  const change: Change = {
    v1: portsOf(pods.v1),
    v2: portsOf(pods.v2),
    weight: (changes * 37) % 101,
    spec: SPECS[changes % SPECS.length] ?? {},
  }
  tell({ change })
}

const { port } = await hear()
await changeOn()
await wait(100)
const load = startLoad({ port: () => port, workers: 16 })
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
await load.stop()
const last = await measure()
const memory = growthOf(samples.filter(({ at }) => at >= seconds * WARM_UP).map(({ said }) => said.rssBytes))
const passed = load.failures.length === 0 && memory.growth <= MAX_GROWTH
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
  }),
)
process.exit(passed ? 0 : 1)
