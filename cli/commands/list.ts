import type { Experiment } from '../../api/experiment.ts'
import type { Deployment } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import { DEPLOYMENTS, EXPERIMENTS, ROLLOUTS } from '../../kube/resources.ts'
import { joinByName } from '../../view/join-by-name.ts'
import { readList } from '../../view/read-objects.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { printList } from '../output/print-object.ts'
import { renderExperiments } from '../output/render-experiments.ts'
import { renderList } from '../output/render-list.ts'

type Wish = { readonly only: string | undefined }

/** As `--timestamps` of Argo Rollouts: when it was so, above each page that is printed. */
const stamped = (session: Session, read: () => Promise<string>) => async (): Promise<string> => {
  const page = await read()
  return `${new Date(session.now()).toISOString().slice(0, 19)}Z\n${page}`
}

/** The page, or the data for a program. */
const rolloutsPage = async (session: Session, { only }: Wish): Promise<string> => {
  const { client, namespace } = await session.cluster()
  const where = session.allNamespaces ? {} : { namespace }
  const [rollouts, deployments] = await Promise.all([
    readList<Rollout>(client, ROLLOUTS, where),
    readList<Deployment>(client, DEPLOYMENTS, where),
  ])
  const { format } = session
  const isMeant = ({ name }: { readonly name: string }) => only === undefined || name === only
  if (format === 'json' || format === 'yaml')
    return printList(
      rollouts.filter(({ metadata }) => isMeant(metadata)),
      format,
    )
  const views = joinByName(rollouts, deployments).filter(isMeant)
  if (views.length === 0) return `nothing is managed by Sluice ${placeOf(session, namespace)}\n`
  return `${renderList(views, { ...optionsOf(session), withNamespace: session.allNamespaces }).join('\n')}\n`
}

const experimentsPage = async (session: Session, { only }: Wish): Promise<string> => {
  const { client, namespace } = await session.cluster()
  const all = await readList<Experiment>(client, EXPERIMENTS, session.allNamespaces ? {} : { namespace })
  const experiments = all.filter(({ metadata }) => only === undefined || metadata.name === only)
  const { format } = session
  if (format === 'json' || format === 'yaml') return printList(experiments, format)
  if (experiments.length === 0) return `there is no Experiment ${placeOf(session, namespace)}\n`
  return `${renderExperiments(experiments, { ...optionsOf(session), withNamespace: session.allNamespaces }).join('\n')}\n`
}

const placeOf = (session: Session, namespace: string): string =>
  session.allNamespaces ? 'in any namespace' : `in namespace ${namespace}; -A looks in all`

const optionsOf = ({ terminal, format, now }: Session) => ({
  style: terminal.style,
  width: format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width,
  now: now(),
})

const PAGES: { readonly [what: string]: (session: Session, wish: Wish) => Promise<string> } = {
  '': rolloutsPage,
  rollouts: rolloutsPage,
  rollout: rolloutsPage,
  ro: rolloutsPage,
  experiments: experimentsPage,
  experiment: experimentsPage,
  exp: experimentsPage,
}

const WATCH_MS = 2000

const withoutTime = (page: string): string => page.replace(/^\d{4}-\d\d-\d\dT[\d:]{8}Z\n/, '')

/** A terminal is painted over; elsewhere a page is printed when it differs. */
const follow = async ({ terminal, signal, sleep }: Session, read: () => Promise<string>): Promise<void> => {
  let last = ''
  while (!signal.aborted) {
    const page = await read()
    if (terminal.isTerminal) terminal.write(`\u001b[H\u001b[2J${page}`)
    // The time alone makes no other page.
    else if (withoutTime(page) !== withoutTime(last)) terminal.write(`${last === '' ? '' : '\n'}${page}`)
    last = page
    await sleep(WATCH_MS)
  }
}

const run = async (session: Session, what: string, { name, watch, timestamps }: Values): Promise<number> => {
  const page = Object.hasOwn(PAGES, what) ? PAGES[what] : undefined
  if (page === undefined)
    throw new CliError(`${JSON.stringify(what)} cannot be listed; list takes rollouts (what it does anyway) or experiments`, 2)
  const readPage = () => page(session, { only: typeof name === 'string' ? name : undefined })
  const read = timestamps === true && !['json', 'yaml'].includes(session.format) ? stamped(session, readPage) : readPage
  if (watch === true) await follow(session, read)
  else session.terminal.write(await read())
  return 0
}

export const list: Command = {
  name: 'list',
  summary: 'list what Sluice manages and what each waits for, or experiments',
  argument: '[what]',
  takes: 'words',
  options: [
    { flags: '--name <name>', description: 'only the one of this name' },
    { flags: '-w, --watch', description: 'follow it until Ctrl-C' },
    { flags: '--timestamps', description: 'with the time above each page' },
  ],
  examples: ['list', 'list -A', 'list -o json', 'list experiments'],
  run,
}
