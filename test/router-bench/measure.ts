/** The load, and what it cost the proxy. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Scenario = {
  readonly name: string
  readonly path: string
  readonly script?: string
  /** A gRPC message: it is posted over HTTP/2, by h2load instead of wrk. */
  readonly message?: string
}

export type Turn = {
  /** Of the proxy's process, in microseconds. */
  readonly cpuPerRequest: number
  readonly requestsPerSecond: number
  readonly p99Ms: number
  /** Answers that were not 2xx or 3xx, and connections that broke. */
  readonly errors: number
}

/** Time on a processor of all threads of a process since it began, in microseconds (/proc/PID/task/TID/schedstat, first number, ns). */
const cpuOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000,
    0,
  )

/** The processors that the proxy does not have. */
const pinned = (cores: number, on = '1'): readonly string[] => (cores > 1 ? ['taskset', '-c', on] : [])

export type Load = {
  readonly port: number
  readonly pid: number
  /** Further processes of the proxy. */
  readonly also?: readonly number[]
  /** Processors for the load, as taskset has them; the second one when absent. */
  readonly on?: string
  readonly connections: number
  readonly seconds: number
  readonly cores: number
}

export const measure = async (scenario: Scenario, load: Load): Promise<Turn> => {
  if (scenario.message !== undefined) return measureGrpc(scenario, scenario.message, load)
  const { port, pid, also = [], connections, seconds, cores, on } = load
  const cpu = () => [pid, ...also].reduce((sum, one) => sum + cpuOf(one), 0)
  const before = cpu()
  const [command = 'wrk', ...args] = [
    ...pinned(cores, on),
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...(scenario.script ? ['-s', scenario.script] : []),
    `http://127.0.0.1:${port}${scenario.path}`,
  ]
  const { stdout } = await run(command, args)
  return readTurn(stdout, cpu() - before)
}

/** So many calls at once on each of the connections. */
const STREAMS = 16

/** `connections` is how many calls are under way at once. */
const measureGrpc = async (scenario: Scenario, message: string, load: Load): Promise<Turn> => {
  const { port, pid, connections, seconds, cores } = load
  const before = cpuOf(pid)
  const streams = Math.min(STREAMS, connections)
  const [command = 'h2load', ...args] = [
    ...pinned(cores),
    'h2load',
    `-c${Math.ceil(connections / streams)}`,
    `-m${streams}`,
    `-D${seconds}`,
    '-d',
    message,
    '-H',
    'content-type: application/grpc',
    '-H',
    'te: trailers',
    `http://127.0.0.1:${port}${scenario.path}`,
  ]
  const { stdout } = await run(command, args)
  return readH2load(stdout, cpuOf(pid) - before, seconds)
}

const readH2load = (text: string, cpu: number, seconds: number): Turn => {
  const [, done = 0, succeeded = 0] = (/(\d+) done, (\d+) succeeded/.exec(text) ?? []).map(Number)
  const [, failed = 0, errored = 0, timeout = 0] = (/(\d+) failed, (\d+) errored, (\d+) timeout/.exec(text) ?? []).map(Number)
  return {
    cpuPerRequest: cpu / done,
    requestsPerSecond: succeeded / seconds,
    // h2load tells no percentile.
    p99Ms: Number.NaN,
    errors: failed + errored + timeout,
  }
}

const readTurn = (text: string, cpu: number): Turn => {
  const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0)
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? []
  return {
    cpuPerRequest: cpu / requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0),
    p99Ms: toMs(/99%\s+([\d.]+)(us|ms|s)/.exec(text)),
    errors: [/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0, ...socketErrors].reduce<number>(
      (sum, one) => sum + Number(one),
      0,
    ),
  }
}

const UNIT_MS = { us: 0.001, ms: 1, s: 1000 } as const

const toMs = (match: RegExpExecArray | null): number => {
  const unit = match?.[2]
  return Number(match?.[1] ?? Number.NaN) * (unit === 'us' || unit === 's' ? UNIT_MS[unit] : UNIT_MS.ms)
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
