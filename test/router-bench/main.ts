/**
 * The router beside nginx, haproxy and http-proxy: node test/router-bench/main.ts [--seconds N] [--rounds N] [--only smallGet,...]
 * [--connections 1,64,512] [--profile DIRECTORY] [--two-workers]. See README.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { deadPort } from '../../router/testing/pods.ts'
import { measure, median, type Scenario, type Turn } from './measure.ts'
import { startAnswerPod, startGrpcPod, startUploadPod } from './pods.ts'
import { isInstalled, type ProxyName, type Running, type Setting, startProxy } from './proxies.ts'
import { benchTwoWorkers } from './two-workers.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    connections: { type: 'string', default: '1,64,512' },
    proxies: { type: 'string', default: 'sluice,nginx,haproxy,http-proxy' },
    profile: { type: 'string' },
    'two-workers': { type: 'boolean', default: false },
  },
})
const MANY_CONNECTIONS = 100
const MANY_SECONDS = 3
const NAMES: readonly ProxyName[] = ['sluice', 'nginx', 'haproxy', 'http-proxy']
const cores = availableParallelism()
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
const connections = values.connections.split(',').map(Number)
/** A turn with many connections is longer, or it is about making them. */
const secondsFor = (count: number): number => (count > MANY_CONNECTIONS ? Math.max(seconds, MANY_SECONDS) : seconds)

const missing = ['wrk', 'nginx'].filter(tool => !isInstalled(tool))
if (missing.length > 0) {
  console.error(`${missing.join(' and ')} must be installed: tools/setup bench (as root)`)
  process.exit(1)
}
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const upload = join(directory, 'upload.lua')
writeFileSync(upload, 'wrk.method = "POST"\nwrk.body = string.rep("x", 65536)\n')

const call = join(directory, 'call.bin')
writeFileSync(call, Buffer.concat([Buffer.from([0, 0, 0, 0, 5]), Buffer.from('hello')]))

const SCENARIOS: readonly (Scenario & { readonly pod: 'answers' | 'uploads' | 'grpc' })[] = [
  { name: 'smallGet', path: '/small', pod: 'answers' },
  { name: 'answer64k', path: '/large', pod: 'answers' },
  { name: 'upload64k', path: '/', script: upload, pod: 'uploads' },
  { name: 'grpcUnary', path: '/shop.Echo/Say', message: call, pod: 'grpc' },
]
const wanted = values.only?.split(',')
const scenarios = SCENARIOS.filter(({ name }) => wanted?.includes(name) ?? true).filter(({ name, message }) => {
  if (message === undefined || isInstalled('h2load')) return true
  console.log(`h2load is not installed: ${name} is left out`)
  return false
})

type Turns = Map<ProxyName, Turn[]>

const inTurns = async (scenario: Scenario, proxies: readonly Running[], count: number): Promise<Turns> => {
  const turns: Turns = new Map(proxies.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one.
    for (let i = 0; i < proxies.length; i++) {
      const proxy = proxies[(i + round) % proxies.length]
      if (proxy)
        turns.get(proxy.name)?.push(await measure(scenario, { ...proxy, connections: count, seconds: secondsFor(count), cores }))
    }
  }
  return turns
}

const round3 = (value: number): number => Number(value.toFixed(3))

/** Medians first, then ratios: the rounds of a noisy machine are not pairs. */
const judge = (turns: Turns) => {
  const of = (name: ProxyName, field: keyof Turn) => median((turns.get(name) ?? []).map(turn => turn[field]))
  const ratio = (field: keyof Turn, other: ProxyName) => round3(of('sluice', field) / of(other, field))
  const ratios = {
    ratioNginx: ratio('cpuPerRequest', 'nginx'),
    ratioHaproxy: ratio('cpuPerRequest', 'haproxy'),
    ratioHttpProxy: ratio('cpuPerRequest', 'http-proxy'),
    throughputRatioNginx: ratio('requestsPerSecond', 'nginx'),
    p99RatioNginx: ratio('p99Ms', 'nginx'),
  }
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => Number.isFinite(value)))
}

const tell = (title: string, turns: Turns): void => {
  for (const [name, list] of turns) {
    const of = (field: keyof Turn) => median(list.map(turn => turn[field]))
    const errors = list.reduce((sum, turn) => sum + turn.errors, 0)
    console.log(
      `${title.padEnd(22)} ${name.padEnd(10)} ${of('cpuPerRequest').toFixed(1).padStart(7)} us CPU per request ${of('requestsPerSecond').toFixed(0).padStart(7)}/s${Number.isNaN(of('p99Ms')) ? '' : `  p99 ${of('p99Ms').toFixed(2)} ms`}${errors > 0 ? `  ${errors} ERRORS` : ''}`,
    )
  }
}

const pods = { answers: await deadPort(), uploads: await deadPort(), grpc: await deadPort() }
const running = [
  await startAnswerPod(directory, pods.answers, cores),
  await startUploadPod(pods.uploads),
  await startGrpcPod(pods.grpc, cores),
]
const result: Record<string, object> = {}
for (const pod of ['answers', 'uploads', 'grpc'] as const) {
  const own = scenarios.filter(scenario => scenario.pod === pod)
  if (own.length === 0) continue
  const proxies: Running[] = []
  for (const name of NAMES.filter(one => values.proxies.split(',').includes(one))) {
    const setting: Setting = {
      kind: pod === 'grpc' ? 'grpc' : 'http',
      directory: values.profile ?? directory,
      podPort: pods[pod],
      port: await deadPort(),
      cores,
      profile: values.profile !== undefined,
    }
    const proxy = await startProxy(name, setting)
    if (proxy) proxies.push(proxy)
    else if (pod !== 'grpc') console.log(`${name} is not installed: left out`)
  }
  // A just-in-time compiler is done with its work after some ten thousand requests.
  for (const proxy of proxies) await measure(own[0] ?? SCENARIOS[0]!, { ...proxy, connections: 64, seconds: 3, cores })
  for (const scenario of own) {
    for (const count of connections) {
      const turns = await inTurns(scenario, proxies, count)
      tell(`${scenario.name}, ${count} conn.`, turns)
      result[count === 64 ? scenario.name : `${scenario.name}${count}`] = judge(turns)
      console.log(`${''.padEnd(22)} ${JSON.stringify(result[count === 64 ? scenario.name : `${scenario.name}${count}`])}`)
    }
  }
  for (const proxy of proxies) proxy.stop()
}
for (const { stop } of running) stop()
if (wanted?.includes('smallGet') ?? true) {
  const twoWorkers = await benchTwoWorkers({ directory, cores, rounds, seconds, anyway: values['two-workers'] })
  if (twoWorkers) result['twoWorkers'] = twoWorkers
}
// nginx removes its files itself.
await new Promise(resolve => setTimeout(resolve, 500))
rmSync(directory, { recursive: true, force: true })
// On a machine that is full a process in Node loses more than a small one: the reader should know.
console.log(JSON.stringify({ ...result, processors: cores, load: round3(loadavg()[0] ?? 0) }))
process.exit(0)
