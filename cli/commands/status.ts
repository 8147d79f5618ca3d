import { parseDuration } from '../../api/duration.ts'
import type { Deployment } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../../kube/resources.ts'
import { type Phase, phaseOf } from '../../view/phase.ts'
import { notThere, readObject } from '../../view/read-objects.ts'
import { CliError, type Command, type Session } from '../command.ts'
import { parseTarget } from '../target.ts'

const POLL_MS = 500

const readPhase = async (session: Session, name: string): Promise<Phase> => {
  const { client, namespace } = await session.cluster()
  const [rollout, deployment] = await Promise.all([
    readObject<Rollout>(client, ROLLOUTS, namespace, name),
    readObject<Deployment>(client, DEPLOYMENTS, namespace, name),
  ])
  if (rollout === undefined && deployment === undefined) throw notThere(namespace, name)
  return phaseOf({ name, ...(rollout && { rollout }), ...(deployment && { deployment }) })
}

const render = ({ word, sentence }: Phase): string => (sentence === '' ? word : `${word} - ${sentence}`)

/** A number is seconds, as in `kubectl rollout status`; 0 is for ever. */
const parseTimeout = (text: string): number => {
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text)
  if (ms === undefined || ms < 0) throw new CliError(`--timeout: ${JSON.stringify(text)} is no duration, e.g. --timeout 10m`)
  return ms === 0 ? Number.POSITIVE_INFINITY : ms
}

const degraded = (name: string, phase: Phase): CliError =>
  new CliError(`${name} is degraded: ${phase.sentence === '' ? `kubectl sluice get ${name} shows why` : phase.sentence}`)

/** Prints each new state until one is final. */
const waitForEnd = async (session: Session, name: string, timeoutMs: number): Promise<number> => {
  const end = session.now() + timeoutMs
  let last = ''
  for (;;) {
    const phase = await readPhase(session, name)
    const text = render(phase)
    if (text !== last) session.terminal.write(`${text}\n`)
    last = text
    if (phase.word === 'Healthy') return 0
    if (phase.word === 'Degraded') throw degraded(name, phase)
    if (session.signal.aborted) return 130
    if (session.now() >= end) throw new CliError(`${name} was not healthy in time: ${text}`)
    await session.sleep(Math.min(POLL_MS, Math.max(0, end - session.now())))
  }
}

export const status: Command = {
  name: 'status',
  summary: 'wait until an update has ended; exits 0 when healthy, 1 when degraded or too late',
  argument: '<name>',
  options: [
    { flags: '-w, --watch', description: 'wait for the end (what it does anyway)' },
    { flags: '--no-watch', description: 'print the present state and do not wait; exits 1 only when degraded' },
    { flags: '-t, --timeout <duration>', description: 'longest wait; 0 is for ever', default: '0' },
  ],
  examples: ['status web', 'status web --timeout 10m'],
  run: async (session, target, { watch, timeout }) => {
    const name = parseTarget(target)
    const timeoutMs = parseTimeout(String(timeout))
    if (watch !== false) return waitForEnd(session, name, timeoutMs)
    const phase = await readPhase(session, name)
    session.terminal.write(`${render(phase)}\n`)
    if (phase.word === 'Degraded') throw degraded(name, phase)
    return 0
  },
}
