/** The logs of both versions side by side, each line with whose it is. */
import { parseDuration } from '../../api/duration.ts'
import type { Pod } from '../../api/kubernetes.ts'
import { messageOf } from '../../kube/errors.ts'
import { type LogWish, linesOf, logPath } from '../../view/logs.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import { namesOfRoles, type RolloutView } from '../../view/rollout-view.ts'
import { CliError, type Cluster, type Command, type Session, type Values } from '../command.ts'
import { parseTarget } from '../target.ts'

type Wish = Omit<LogWish, 'namespace' | 'pod'> & { readonly only: string | undefined }

type Source = { readonly pod: string; readonly container: string; readonly role: string; readonly label: string }

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'

const containerOf = ({ metadata, spec }: Pod, wished: string | undefined): string =>
  wished ?? metadata.annotations?.[DEFAULT_CONTAINER] ?? spec.containers[0]?.name ?? ''

/** The pods of the versions that are something now; of an old one with nothing to do there is nothing to see. */
const sourcesOf = (view: RolloutView, { only, container }: Wish): readonly Source[] =>
  view.versions.flatMap(version => {
    const roles = namesOfRoles(version)
    const [role = 'old'] = roles
    if (only === undefined ? roles.length === 0 : !roles.includes(only)) return []
    return version.pods.map(pod => ({
      pod: pod.metadata.name,
      container: containerOf(pod, container),
      role,
      label: `${role} ${pod.metadata.name}`,
    }))
  })

const PAINTS = { canary: 'waiting', preview: 'waiting', stable: 'good', active: 'good' } as const

/** The answer says why there is nothing, where there is nothing. */
const printLog = async (
  session: Session,
  { stream, namespace }: Cluster,
  source: Source,
  wish: Wish,
): Promise<string | undefined> => {
  const { terminal, signal } = session
  const { only: _, ...fields } = wish
  const paint = terminal.style[PAINTS[source.role as keyof typeof PAINTS] ?? 'dim']
  try {
    const path = logPath({ ...fields, namespace, pod: source.pod, container: source.container })
    for await (const line of linesOf(stream(path, signal))) terminal.write(`${paint(source.label)} ${line}\n`)
    return undefined
  } catch (error) {
    return `${source.label}: ${messageOf(error)}`
  }
}

const once = async (session: Session, name: string, wish: Wish): Promise<number> => {
  const cluster = await session.cluster()
  const sources = sourcesOf(await readRolloutView(cluster.client, cluster.namespace, name), wish)
  if (sources.length === 0) throw new CliError(noPods(name, wish))
  const problems: string[] = []
  for (const source of sources)
    problems.push(...[await printLog(session, cluster, source, wish)].filter(text => text !== undefined))
  // One pod that has not started yet does not keep the others' logs from being seen.
  if (problems.length === sources.length) throw new CliError(problems.join('; '))
  for (const problem of problems) session.terminal.write(`${session.terminal.style.dim(problem)}\n`)
  return 0
}

const noPods = (name: string, { only }: Wish): string =>
  `${name} has no pods${only === undefined ? '' : ` that are ${only}`}; get ${name} shows what there is`

const LOOK_MS = 2000

/** Pods that come later are followed too, and one that could not be is tried again. */
const follow = async (session: Session, name: string, wish: Wish): Promise<number> => {
  const cluster = await session.cluster()
  const open = new Set<string>()
  const seen = new Set<string>()
  while (!session.signal.aborted) {
    for (const source of sourcesOf(await readRolloutView(cluster.client, cluster.namespace, name), wish)) {
      if (open.has(source.pod)) continue
      open.add(source.pod)
      // What was printed once is not printed again when a container has come back.
      const tailLines = seen.has(source.pod) ? { tailLines: 0 } : {}
      void printLog(session, cluster, source, { ...wish, ...tailLines }).then(problem => {
        open.delete(source.pod)
        if (problem === undefined) seen.add(source.pod)
      })
    }
    await session.sleep(LOOK_MS)
  }
  return 0
}

const numberOf = (values: Values, flag: 'tail'): number | undefined => {
  const text = values[flag]
  if (text === undefined) return undefined
  if (typeof text !== 'string' || !/^\d{1,7}$/.test(text))
    throw new CliError(`--${flag}: ${JSON.stringify(text)} is no number, e.g. --${flag} 100`, 2)
  return Number(text)
}

const secondsOf = (text: Values[string]): number | undefined => {
  if (text === undefined) return undefined
  const ms = typeof text === 'string' ? parseDuration(text) : undefined
  if (ms === undefined || ms <= 0) throw new CliError(`--since: ${JSON.stringify(text)} is no duration, e.g. --since 10m`, 2)
  return Math.ceil(ms / 1000)
}

const ROLES: readonly string[] = ['canary', 'stable', 'active', 'preview']

const wishOf = (values: Values): Wish => {
  const { only, container, previous, timestamps } = values
  if (only !== undefined && !ROLES.includes(String(only)))
    throw new CliError(`--only: ${JSON.stringify(only)} is no version, must be one of ${ROLES.join(', ')}, e.g. --only canary`, 2)
  const [tailLines, sinceSeconds] = [numberOf(values, 'tail'), secondsOf(values.since)]
  if (previous === true && values.follow === true)
    throw new CliError('--previous is of containers that have ended: there is nothing to follow; leave out -f', 2)
  return {
    only: typeof only === 'string' ? only : undefined,
    ...(typeof container === 'string' && { container }),
    ...(previous === true && { previous: true }),
    ...(values.follow === true && { follow: true }),
    ...(timestamps === true && { timestamps: true }),
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
  }
}

export const logs: Command = {
  name: 'logs',
  summary: 'print the logs of both versions, each line with whose it is',
  argument: '<name>',
  options: [
    { flags: '-f, --follow', description: 'go on until Ctrl-C, with pods that come later' },
    { flags: '-p, --previous', description: 'of the containers before their last restart' },
    { flags: '--only <version>', description: 'canary, stable, active or preview' },
    { flags: '-c, --container <name>', description: "container (the pod's first, or its default)" },
    { flags: '--tail <lines>', description: 'at most so many lines of the past of each pod' },
    { flags: '--since <duration>', description: 'not older than that' },
    { flags: '--timestamps', description: 'with the time of each line' },
  ],
  examples: ['logs web -f', 'logs web --only canary --previous', 'logs web --since 5m -c app'],
  run: async (session, target, values) => {
    const name = parseTarget(target)
    const wish = wishOf(values)
    return wish.follow === true ? follow(session, name, wish) : once(session, name, wish)
  },
}
