/** Small GETs through two workers of the router and two of nginx: what a second processor brings to each. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deadPort } from '../../router/testing/pods.ts'
import { measure, median, type Turn } from './measure.ts'
import { startAnswerPod } from './pods.ts'
import { nginxConfig, type Running, type Setting, startAs } from './proxies.ts'

const WORKERS = 2
/** Two for the proxy, two for the load and the pod. */
const PROCESSORS = 4

export type TwoWorkersOptions = {
  readonly directory: string
  readonly cores: number
  readonly rounds: number
  readonly seconds: number
  /** Also where there are too few processors: then all share those that there are. */
  readonly anyway: boolean
}

/** Processes whose parent is `pid`. */
const childrenOf = (pid: number): readonly number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(one => parentOf(one) === pid)

/** Undefined when the process is gone. */
const parentOf = (pid: number): number | undefined => {
  try {
    // The name in brackets may hold anything.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1])
  } catch {
    return undefined
  }
}

const commandOf = (name: 'sluice' | 'nginx', { directory, podPort, port }: Setting): readonly string[] => {
  if (name === 'sluice')
    return [process.execPath, join(import.meta.dirname, 'sluice-workers.ts'), String(podPort), String(port), String(WORKERS)]
  const file = join(directory, `nginx-${port}.conf`)
  const one = nginxConfig({ kind: 'http', directory, podPort, port, cores: 1, profile: false })
  writeFileSync(file, one.replace('master_process off; worker_processes 1;', `master_process on; worker_processes ${WORKERS};`))
  return ['nginx', '-c', file, '-p', directory, '-e', 'stderr']
}

const describeTurns = (name: string, turns: readonly Turn[]): string => {
  const of = (field: keyof Turn) => median(turns.map(turn => turn[field]))
  return `${`smallGet, ${WORKERS} workers`.padEnd(22)} ${name.padEnd(10)} ${of('cpuPerRequest').toFixed(1).padStart(7)} us CPU per request ${of('requestsPerSecond').toFixed(0).padStart(7)}/s  p99 ${of('p99Ms').toFixed(2)} ms`
}

/** Prints a line for each; undefined, with a line that says why, where the machine has too few processors. */
export const benchTwoWorkers = async (options: TwoWorkersOptions): Promise<object | undefined> => {
  const { directory, cores, rounds, seconds, anyway } = options
  if (cores < PROCESSORS && !anyway) {
    console.log(
      `two workers: left out, they need ${PROCESSORS} processors and this machine has ${cores} (--two-workers: all the same)`,
    )
    return undefined
  }
  const isRoomy = cores >= PROCESSORS
  const [forProxy, forLoad]: readonly [string | undefined, string] = isRoomy ? ['0,1', '2,3'] : [undefined, `0-${cores - 1}`]
  const podPort = await deadPort()
  const pod = await startAnswerPod(directory, podPort, cores, forLoad)
  const proxies: Running[] = []
  for (const name of ['sluice', 'nginx'] as const) {
    const setting: Setting = { kind: 'http', directory, podPort, port: await deadPort(), cores, profile: false }
    proxies.push(await startAs(name, { port: setting.port, line: commandOf(name, setting), pin: forProxy }))
  }
  const ask = (proxy: Running, turnSeconds: number) => {
    const { pid, port } = proxy
    const load = { port, pid, also: childrenOf(pid), connections: 64, cores, seconds: turnSeconds, on: forLoad }
    return measure({ name: 'smallGet', path: '/small' }, load)
  }
  // For the compiler to be done.
  for (const proxy of proxies) await ask(proxy, 3)
  const turns = await inTurns(proxies, rounds, proxy => ask(proxy, seconds))
  for (const proxy of proxies) proxy.stop()
  pod.stop()
  for (const [name, list] of turns) console.log(describeTurns(name, list))
  return { ...ratiosOf(turns), ...(isRoomy ? {} : { crowded: true }) }
}

const inTurns = async (
  proxies: readonly Running[],
  rounds: number,
  ask: (proxy: Running) => Promise<Turn>,
): Promise<ReadonlyMap<string, readonly Turn[]>> => {
  const turns = new Map<string, Turn[]>(proxies.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const proxy of round % 2 === 0 ? proxies : proxies.toReversed()) turns.get(proxy.name)?.push(await ask(proxy))
  return turns
}

const ratiosOf = (turns: ReadonlyMap<string, readonly Turn[]>): object => {
  const of = (name: string, field: keyof Turn) => median((turns.get(name) ?? []).map(turn => turn[field]))
  const ratio = (field: keyof Turn) => Number((of('sluice', field) / of('nginx', field)).toFixed(3))
  return { throughputRatioNginx: ratio('requestsPerSecond'), ratioNginx: ratio('cpuPerRequest') }
}
