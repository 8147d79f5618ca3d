/** The load, and what it cost the proxy. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Scenario = { readonly name: string; readonly path: string; readonly script?: string }

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

/** The processor that the proxy does not have. */
const pinned = (cores: number): readonly string[] => (cores > 1 ? ['taskset', '-c', '1'] : [])

export type Load = {
  readonly port: number
  readonly pid: number
  readonly connections: number
  readonly seconds: number
  readonly cores: number
}

export const measure = async (scenario: Scenario, { port, pid, connections, seconds, cores }: Load): Promise<Turn> => {
  const before = cpuOf(pid)
  const [command = 'wrk', ...args] = [
    ...pinned(cores),
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...(scenario.script ? ['-s', scenario.script] : []),
    `http://127.0.0.1:${port}${scenario.path}`,
  ]
  const { stdout } = await run(command, args)
  return readTurn(stdout, cpuOf(pid) - before)
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
