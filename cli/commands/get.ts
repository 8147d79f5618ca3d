import type { Experiment } from '../../api/experiment.ts'
import { EXPERIMENTS } from '../../kube/resources.ts'
import { CliError, type Command, type Session } from '../command.ts'
import { type Named, readKind } from '../experiment-target.ts'
import { printObject } from '../output/print-object.ts'
import { renderExperiment } from '../output/render-experiments.ts'
import { renderGet } from '../output/render-get.ts'
import type { RenderOptions } from '../output/style.ts'
import { notThere, readObject, readRolloutView } from '../read-objects.ts'
import { joinKinds, parseTarget } from '../target.ts'
import type { RolloutView } from '../view.ts'
import { watchView } from '../watch-view.ts'

const optionsOf = ({ terminal, format, now }: Session): RenderOptions => ({
  style: terminal.style,
  width: format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width,
  now: now(),
})

const once = async (session: Session, name: string): Promise<void> => {
  const { client, namespace } = await session.cluster()
  const view = await readRolloutView(client, namespace, name)
  const { terminal, format } = session
  const main = view.rollout ?? view.deployment
  if ((format === 'json' || format === 'yaml') && main !== undefined) terminal.write(printObject(main, format))
  else terminal.write(`${renderGet(view, optionsOf(session)).join('\n')}\n`)
}

/** A terminal is painted over from its top, each line to its end, so that nothing flickers. */
const repaint = (lines: readonly string[]): string => `\u001b[H${lines.map(line => `${line}\u001b[K`).join('\n')}\n\u001b[J`

/** Everything but the ages, which change by themselves. */
const contentOf = (view: RolloutView, session: Session): string => renderGet(view, { ...optionsOf(session), now: 0 }).join('\n')

/** Ages count on a terminal; elsewhere a page is printed when something happened. */
const follow = async (session: Session, name: string): Promise<void> => {
  const { client, namespace } = await session.cluster()
  const { terminal, signal } = session
  const watched = await watchView(client, { namespace, name }, session.sleep)
  let last = ''
  try {
    if (terminal.isTerminal) terminal.write('\u001b[2J')
    while (!signal.aborted) {
      const view = watched.read()
      if (view === undefined) throw notThere(namespace, name)
      const content = contentOf(view, session)
      const lines = renderGet(view, optionsOf(session))
      if (terminal.isTerminal) terminal.write(repaint(lines.slice(0, terminal.rows - 1)))
      else if (content !== last) terminal.write(`${last === '' ? '' : '\n'}${lines.join('\n')}\n`)
      last = content
      // A burst of events is one picture.
      await session.sleep(100)
      await watched.changed(900)
    }
  } finally {
    await watched.stop()
  }
}

const getExperiment = async (session: Session, { resource, names }: Named): Promise<number> => {
  const { client, namespace } = await session.cluster()
  const [name = ''] = names
  if (resource.kind !== EXPERIMENTS.kind)
    throw new CliError(`an AnalysisRun is shown with its update: get NAME, or explain NAME`, 2)
  const found = await readObject<Experiment>(client, EXPERIMENTS, namespace, name)
  if (found === undefined)
    throw new CliError(`there is no Experiment ${name} in namespace ${namespace}; list experiments shows what there is`)
  const { terminal, format } = session
  if (format === 'json' || format === 'yaml') terminal.write(printObject(found, format))
  else terminal.write(`${renderExperiment(found, optionsOf(session)).join('\n')}\n`)
  return 0
}

export const get: Command = {
  name: 'get',
  summary: 'show an update: steps, weights, checks, Services, and the tree of versions and pods',
  argument: '<name>',
  takes: 'words',
  options: [{ flags: '-w, --watch', description: 'follow it until Ctrl-C' }],
  examples: ['get web', 'get web -w', 'get web -o yaml', 'get experiment web-2'],
  run: async (session, _target, { watch }, words) => {
    const experiment = readKind(words)
    if (experiment !== undefined) return getExperiment(session, experiment)
    const [target = '', second] = joinKinds(words)
    if (second !== undefined) throw new CliError(`get takes one name, and there are ${target} and ${second}`, 2)
    const name = parseTarget(target)
    if (watch === true && (session.format === 'json' || session.format === 'yaml'))
      throw new CliError(`--watch shows a page; to follow the object run: kubectl get rollout ${name} -w -o ${session.format}`)
    await (watch === true ? follow(session, name) : once(session, name))
    return 0
  },
}
