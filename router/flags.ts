/** The command line and environment of a router, decoded. Pure. */
import { parseArgs } from 'node:util'
import { LOG_LEVELS, type LogLevel } from '../kube/log.ts'
import type { Place } from './zone.ts'

export type Settings = {
  readonly pod: {
    readonly namespace: string
    readonly name: string
    readonly ip: string
    /** Where clients are listened for: the pod's address, or all of them (`::`) where it has one of each family. */
    readonly listen: string
  }
  /** Undefined: the ServiceAccount's files. */
  readonly kubeconfig: string | undefined
  readonly adminPort: number
  readonly healthPort: number
  readonly stateDir: string | undefined
  readonly quietMs: number
  readonly drainMs: number
  readonly lingerMs: number
  readonly upstreamTimeoutMs: number
  readonly maxEjectedPercent: number
  readonly maxConnections: number
  /** Where this router is; undefined: that makes no difference. */
  readonly place: Place | undefined
  readonly fastLane: boolean
  /** Processes that serve; 1: the one that there is anyway. `auto`: by the number of processors. */
  readonly workers: number | 'auto'
  readonly logLevel: LogLevel
}

export const USAGE = `Usage: node router/main.ts [flags]
  --admin-port PORT                 HTTPS for the controller: /routes and /buckets (8444)
  --health-port PORT                plain HTTP: /healthz, /readyz and /metrics (8081)
  --state-dir DIRECTORY             keep the last good routes here, for a start without the API server (none)
  --quiet-seconds SECONDS           after SIGTERM, serve on as before for so long (3)
  --drain-seconds SECONDS           and then let requests and connections end for so long (25)
  --linger-seconds SECONDS          keep the ports of a Route that is gone open for so long (5)
  --upstream-timeout-seconds SECONDS  a pod must begin its answer within this; 0: no limit (0)
  --max-ejected-percent NUMBER      of a version's pods, leave out at most so many that cannot be reached; one always stays (50)
  --max-connections NUMBER          connections of clients on one port, of each worker where there are any (10000)
  --zone ZONE                       where this router is; pods of the same zone are preferred, see --same-zone (ROUTER_ZONE)
  --same-zone hints|zone|off        hints: where the Service asks for it (trafficDistribution); zone: always (hints)
  --fast-lane on|off                HTTP/1.1 on raw sockets where that is safe; off: all of it through Node's server (on)
  --workers NUMBER|auto             processes that serve: 1, this one alone; more, so many beside this one, which then only leads;
                                    auto, one for each processor, at most 8 (1)
  --log-level LEVEL                 debug, info, warn or error (info)
Environment: POD_NAME, POD_NAMESPACE, POD_IP (required); POD_IPS (all, for dual stack); KUBECONFIG (else the files of the pod's ServiceAccount); SLUICE_FAST_LANE=off; ROUTER_ZONE (the zone of its node, see --zone)
`

const MOST_WORKERS = 64

const OPTIONS = {
  'admin-port': { type: 'string', default: '8444' },
  'health-port': { type: 'string', default: '8081' },
  'state-dir': { type: 'string' },
  'quiet-seconds': { type: 'string', default: '3' },
  'drain-seconds': { type: 'string', default: '25' },
  'linger-seconds': { type: 'string', default: '5' },
  'upstream-timeout-seconds': { type: 'string', default: '0' },
  'max-ejected-percent': { type: 'string', default: '50' },
  'max-connections': { type: 'string', default: '10000' },
  zone: { type: 'string' },
  'same-zone': { type: 'string', default: 'hints' },
  'fast-lane': { type: 'string' },
  workers: { type: 'string', default: '1' },
  'log-level': { type: 'string', default: 'info' },
} as const

type Environment = { readonly [name: string]: string | undefined }

/** What is wrong stands in `problems`, one line each. */
export const readSettings = (
  args: readonly string[],
  env: Environment,
): { readonly settings: Settings } | { readonly problems: readonly string[] } => {
  const problems: string[] = []
  const values = parseFlags(args, problems)
  if (!values) return { problems }
  const required = (name: string): string => {
    const value = env[name] ?? ''
    if (value === '') problems.push(`${name} is not set; the pod gives it from its own metadata, e.g. fieldRef metadata.name`)
    return value
  }
  const whole = (name: keyof typeof OPTIONS, max: number): number => numberOf(values, name, { max, isWhole: true, problems })
  const milliseconds = (name: keyof typeof OPTIONS): number =>
    Math.round(1000 * numberOf(values, name, { max: 86_400, isWhole: false, problems }))
  const level = LOG_LEVELS.find(known => known === values['log-level'])
  if (!level) problems.push(`--log-level is ${JSON.stringify(values['log-level'])}, must be one of ${LOG_LEVELS.join(', ')}`)
  const fastLane = values['fast-lane'] ?? (env['SLUICE_FAST_LANE'] || 'on')
  if (fastLane !== 'on' && fastLane !== 'off')
    problems.push(`--fast-lane (or SLUICE_FAST_LANE) is ${JSON.stringify(fastLane)}, must be on or off, e.g. on`)
  const settings: Settings = {
    pod: { namespace: required('POD_NAMESPACE'), name: required('POD_NAME'), ip: required('POD_IP'), listen: listenOn(env) },
    kubeconfig: env['KUBECONFIG'] || undefined,
    adminPort: whole('admin-port', 65_535),
    healthPort: whole('health-port', 65_535),
    stateDir: values['state-dir'] || undefined,
    quietMs: milliseconds('quiet-seconds'),
    drainMs: milliseconds('drain-seconds'),
    lingerMs: milliseconds('linger-seconds'),
    upstreamTimeoutMs: milliseconds('upstream-timeout-seconds'),
    maxEjectedPercent: whole('max-ejected-percent', 100),
    maxConnections: whole('max-connections', 1_000_000),
    place: placeOf(values, env, problems),
    fastLane: fastLane !== 'off',
    workers: workersOf(values.workers ?? '', problems),
    logLevel: level ?? 'info',
  }
  return problems.length > 0 ? { problems } : { settings }
}

const workersOf = (text: string, problems: string[]): Settings['workers'] => {
  if (text === 'auto') return text
  const workers = Number(text)
  if (!/^\d+$/.test(text) || workers < 1 || workers > MOST_WORKERS)
    problems.push(`--workers is ${JSON.stringify(text)}, must be auto or a whole number from 1 to ${MOST_WORKERS}, e.g. 2`)
  return workers
}

/** `auto` on a large machine: each worker takes memory, and a router is rarely the only pod of its node. */
const MOST_BY_ITSELF = 8

/** How many worker processes there are to be beside this one: 0, or at least 2. `processors`: those that this process may use. */
export const workerProcesses = (workers: Settings['workers'], processors: number): number => {
  const wanted = workers === 'auto' ? Math.min(processors, MOST_BY_ITSELF) : workers
  return wanted > 1 ? wanted : 0
}

const placeOf = (values: Values, env: Environment, problems: string[]): Place | undefined => {
  const zone = values.zone ?? env['ROUTER_ZONE'] ?? ''
  const prefer = values['same-zone']
  if (prefer === 'hints' || prefer === 'zone') return zone === '' ? undefined : { zone, prefer }
  if (prefer !== 'off') problems.push(`--same-zone is ${JSON.stringify(prefer)}, must be hints, zone or off, e.g. hints`)
  return undefined
}

const listenOn = (env: Environment): string => {
  const all = (env['POD_IPS'] ?? '').split(',').filter(ip => ip !== '')
  const isDual = all.some(ip => ip.includes(':')) && all.some(ip => !ip.includes(':'))
  return isDual ? '::' : (env['POD_IP'] ?? '')
}

type Values = { readonly [name in keyof typeof OPTIONS]?: string | undefined }

const parseFlags = (args: readonly string[], problems: string[]): Values | undefined => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

type Rule = { readonly max: number; readonly isWhole: boolean; readonly problems: string[] }

const numberOf = (values: Values, name: keyof typeof OPTIONS, { max, isWhole, problems }: Rule): number => {
  const text = values[name] ?? ''
  const value = Number(text)
  const fits = /^\d+(\.\d+)?$/.test(text) && value <= max && (!isWhole || Number.isInteger(value))
  const option = OPTIONS[name]
  const example = 'default' in option ? option.default : '1'
  if (!fits)
    problems.push(
      `--${name} is ${JSON.stringify(text)}, must be a ${isWhole ? 'whole ' : ''}number from 0 to ${max}, e.g. ${example}`,
    )
  return value
}
