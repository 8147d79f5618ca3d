import type { Experiment } from '../../api/experiment.ts'
import { EXPERIMENTS } from '../../kube/resources.ts'
import { type Numbers, numbersReader } from '../../view/read-numbers.ts'
import { notThere, readObject, readRolloutView } from '../../view/read-objects.ts'
import { isInProgress, type RolloutView } from '../../view/rollout-view.ts'
import { watchView } from '../../view/watch-view.ts'
import { CliError, type Command, type Session, type Terminal } from '../command.ts'
import { type Named, readKind } from '../experiment-target.ts'
import { liveNumbers } from '../live-numbers.ts'
import { printObject } from '../output/print-object.ts'
import { renderExperiment } from '../output/render-experiments.ts'
import { renderGet } from '../output/render-get.ts'
import type { RenderOptions } from '../output/style.ts'
import { joinKinds, parseTarget } from '../target.ts'

const optionsOf = ({ terminal, format, now }: Session): RenderOptions => ({
  style: terminal.style,
  width: format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width,
  now: now(),
})

const once = async (session: Session, name: string): Promise<void> => {
  const { client, namespace } = await session.cluster()
  const view = await readRolloutView(client, namespace, name)
  const { terminal, format, sluiceNamespace, now } = session
  const main = view.rollout ?? view.deployment
  if ((format === 'json' || format === 'yaml') && main !== undefined) {
    terminal.write(printObject(main, format))
    return
  }
  const asked = isInProgress(view) ? await numbersReader({ client, sluiceNamespace, now })(view) : undefined
  const numbers = asked !== undefined && 'seconds' in asked ? asked : undefined
  terminal.write(`${renderGet(view, optionsOf(session), numbers).join('\n')}\n`)
}

/** A terminal is painted over from its top, each line to its end, so that nothing flickers. */
const repaint = (lines: readonly string[]): string => `\u001b[H${lines.map(line => `${line}\u001b[K`).join('\n')}\n\u001b[J`

/** What does not fit below the last line of the terminal is counted. */
const fitRows = (lines: readonly string[], { rows, style }: Terminal): readonly string[] => {
  const most = rows - 1
  if (lines.length <= most) return lines
  return [...lines.slice(0, most - 1), style.dim(`… ${lines.length - most + 1} more lines do not fit`)]
}

/** Everything but the ages and the numbers, which change by themselves. */
const contentOf = (view: RolloutView, session: Session): string => renderGet(view, { ...optionsOf(session), now: 0 }).join('\n')

/** Ages count on a terminal, and the numbers go on; elsewhere a page is printed when something happened. */
const showPage = (
  session: Session,
  view: RolloutView,
  { last, numbers }: { readonly last: string; readonly numbers: Numbers | undefined },
): string => {
  const { terminal } = session
  const content = contentOf(view, session)
  if (!terminal.isTerminal && content === last) return last
  const lines = renderGet(view, optionsOf(session), numbers)
  if (terminal.isTerminal) terminal.write(repaint(fitRows(lines, terminal)))
  else terminal.write(`${last === '' ? '' : '\n'}${lines.join('\n')}\n`)
  return content
}

/** Each state of the object once: JSON documents one after the other, YAML documents with `---` between. */
const showObject = ({ terminal, format }: Session, view: RolloutView, last: string): string => {
  const main = view.rollout ?? view.deployment
  const version = `${main?.kind} ${main?.metadata.resourceVersion}`
  if (main === undefined || version === last) return last
  const isYaml = format === 'yaml'
  terminal.write(`${isYaml && last !== '' ? '---\n' : ''}${printObject(main, isYaml ? 'yaml' : 'json')}`)
  return version
}

const follow = async (session: Session, name: string): Promise<void> => {
  const { client, namespace } = await session.cluster()
  const { terminal, signal, format, sluiceNamespace, now } = session
  const isObject = format === 'json' || format === 'yaml'
  const watched = await watchView(client, { namespace, name }, session.sleep)
  const numbers = liveNumbers(numbersReader({ client, sluiceNamespace, now }), now)
  let last = ''
  try {
    if (terminal.isTerminal && !isObject) terminal.write('\u001b[2J')
    while (!signal.aborted) {
      const view = watched.read()
      if (view === undefined) throw notThere(namespace, name)
      last = isObject ? showObject(session, view, last) : showPage(session, view, { last, numbers: numbers.newest(view) })
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
    await (watch === true ? follow(session, name) : once(session, name))
    return 0
  },
}
