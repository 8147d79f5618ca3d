import { type Numbers, numbersReader } from '../../view/read-numbers.ts'
import { notThere, readRolloutView } from '../../view/read-objects.ts'
import { isInProgress, type RolloutView } from '../../view/rollout-view.ts'
import { watchView } from '../../view/watch-view.ts'
import { CliError, type Command, type Session } from '../command.ts'
import { readKind } from '../experiment-target.ts'
import { getOther } from '../get-other.ts'
import { liveNumbers } from '../live-numbers.ts'
import { fitRows, optionsOf, repaint } from '../output/paint.ts'
import { printObject } from '../output/print-object.ts'
import { renderGet } from '../output/render-get.ts'
import { joinKinds, parseTarget } from '../target.ts'

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

export const follow = async (session: Session, name: string): Promise<void> => {
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

/** A session that ends after so long, as by Ctrl-C. */
const withEnd = (session: Session, seconds: unknown): Session => {
  if (typeof seconds !== 'string' || !/^\d{1,7}$/.test(seconds))
    throw new CliError(`--timeout-seconds: ${JSON.stringify(seconds)} is no number of seconds, e.g. --timeout-seconds 60`, 2)
  if (Number(seconds) === 0) return session
  const end = session.now() + Number(seconds) * 1000
  const ending = new AbortController()
  session.signal.addEventListener('abort', () => ending.abort(), { once: true })
  return {
    ...session,
    signal: ending.signal,
    sleep: async ms => {
      await session.sleep(Math.max(0, Math.min(ms, end - session.now())))
      if (session.now() >= end) ending.abort()
    },
  }
}

export const get: Command = {
  name: 'get',
  summary: 'show an update: steps, weights, checks, Services, and the tree of versions and pods',
  argument: '<name>',
  takes: 'words',
  options: [
    { flags: '-w, --watch', description: 'follow it until Ctrl-C' },
    { flags: '--timeout-seconds <seconds>', description: 'follow it for so long; 0 is for ever', default: '0' },
  ],
  examples: ['get web', 'get web -w', 'get web -o yaml', 'get experiment web-2 -w', 'get analysisrun smoke-1'],
  run: async (given, _target, { watch, timeoutSeconds }, words) => {
    const session = withEnd(given, timeoutSeconds)
    const other = readKind(words)
    if (other !== undefined) return getOther(session, other, watch === true)
    const [target = '', second] = joinKinds(words)
    if (second !== undefined) throw new CliError(`get takes one name, and there are ${target} and ${second}`, 2)
    const name = parseTarget(target)
    await (watch === true ? follow(session, name) : once(session, name))
    return 0
  },
}
