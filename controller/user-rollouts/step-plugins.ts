/**
 * Asks step plugins, over HTTP or as programs, in one JSON language (docs/step-plugins.md). No pass over a Rollout waits for an answer: it
 * is kept until the planner has taken it into the status. A question whose answer was lost with this process is asked again.
 */
import { asObject, type Json } from '../../analysis/providers/json.ts'
import { type AskPlugin, makeAsk, type PluginOptions } from '../../analysis/providers/plugin.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { PluginAnswer, PluginCall, PluginsSeen } from '../../engine/rollout/plugin/call.ts'
import { messageOf } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'

export type StepPlugins = {
  /** `key`: NAMESPACE/NAME of the Rollout. */
  readonly seen: (key: string) => PluginsSeen
  /** Nothing for a question that is under way or answered. */
  readonly ask: (key: string, call: PluginCall, rollout: Rollout) => void
  /** These answers are in the status, or about something that is gone. */
  readonly taken: (key: string, answers: readonly PluginAnswer[]) => void
  /** The Rollout is gone. */
  readonly forget: (key: string) => void
}

export type StepPluginOptions = {
  /** By name; `disabled` in place of an address: steps with it are passed over. */
  readonly addresses: ReadonlyMap<string, string>
  readonly asking: PluginOptions
  readonly clock: { readonly now: () => number }
  readonly log: Pick<Logger, 'info'>
  /** An answer came. */
  readonly onAnswer: (key: string) => void
}

const API_VERSION = 'sluice.dev/step-plugin/v1'
export const DISABLED = 'disabled'
/** Programs and requests under way at a time; further ones wait. */
const AT_ONCE = 10
const LONGEST_WAIT_S = 3600
/** It is stored in the Rollout, beside everything else of it. */
const MAX_STATUS = 16 * 1024
const PHASES = ['Running', 'Successful', 'Failed', 'Error'] as const

const requestOf = ({ operation, index, name, config, status, executions }: PluginCall, rollout: Rollout, now: number): string =>
  JSON.stringify({
    apiVersion: API_VERSION,
    operation,
    step: { index, plugin: name },
    config: config ?? {},
    ...(status !== undefined && { status }),
    executions,
    now: new Date(now).toISOString(),
    rollout,
  })

const waitOf = (given: unknown): number | undefined => {
  if (given === undefined || given === null) return undefined
  if (typeof given === 'number' && given >= 1 && given <= LONGEST_WAIT_S) return given
  throw new Error(`its afterSeconds is ${JSON.stringify(given)}, it must be a number from 1 to ${LONGEST_WAIT_S}, e.g. 30`)
}

const statusOf = (given: unknown): unknown => {
  const size = given === undefined ? 0 : Buffer.byteLength(JSON.stringify(given))
  if (size > MAX_STATUS) throw new Error(`its status has ${size} bytes, it may have at most ${MAX_STATUS}`)
  return given ?? undefined
}

/** Throws an Error that says what is wrong with it. */
const readAnswer = (id: string, answer: Json): PluginAnswer => {
  const phase = PHASES.find(one => one === (answer['phase'] ?? 'Successful'))
  if (phase === undefined)
    throw new Error(`its phase is ${JSON.stringify(answer['phase'])}, it must be one of ${PHASES.join(', ')}`)
  const message = answer['message']
  const afterSeconds = waitOf(answer['afterSeconds'])
  const status = statusOf(answer['status'])
  return {
    id,
    phase,
    ...(typeof message === 'string' && { message }),
    ...(afterSeconds !== undefined && { afterSeconds }),
    ...(status !== undefined && { status }),
  }
}

type Job = { readonly key: string; readonly call: PluginCall; readonly rollout: Rollout }

export const makeStepPlugins = ({ addresses, asking, clock, log, onAnswer }: StepPluginOptions): StepPlugins => {
  const working = [...addresses].filter(([, address]) => address !== DISABLED)
  const asks: ReadonlyMap<string, AskPlugin> = new Map(working.map(([name, address]) => [name, makeAsk(asking, address)]))
  const names = [...asks.keys()]
  const disabled = [...addresses.keys()].filter(name => !asks.has(name))
  /** By Rollout and question; undefined while it is under way. */
  const known = new Map<string, Map<string, PluginAnswer | undefined>>()
  const waiting: Job[] = []
  let atWork = 0

  const askOne = async ({ call, rollout }: Job): Promise<PluginAnswer> => {
    try {
      const ask = asks.get(call.name)
      if (ask === undefined) throw new Error('the controller does not know it')
      return readAnswer(call.id, asObject(await ask(requestOf(call, rollout, clock.now()))))
    } catch (error) {
      return { id: call.id, phase: 'Error', message: messageOf(error) }
    }
  }

  const work = async (job: Job): Promise<void> => {
    atWork += 1
    const answer = await askOne(job)
    atWork -= 1
    log.info('a step plugin answered', { rollout: job.key, call: job.call.id, phase: answer.phase })
    known.get(job.key)?.set(job.call.id, answer)
    onAnswer(job.key)
    startNext()
  }

  const startNext = (): void => {
    if (atWork >= AT_ONCE) return
    const next = waiting.shift()
    if (next !== undefined) void work(next)
  }

  return {
    seen: key => ({
      names,
      disabled,
      answers: [...(known.get(key)?.values() ?? [])].filter(answer => answer !== undefined),
    }),
    ask: (key, call, rollout) => {
      const ofRollout = known.get(key) ?? new Map<string, PluginAnswer | undefined>()
      if (ofRollout.has(call.id)) return
      known.set(key, ofRollout.set(call.id, undefined))
      waiting.push({ key, call, rollout })
      startNext()
    },
    taken: (key, answers) => {
      const ofRollout = known.get(key)
      for (const { id } of answers) ofRollout?.delete(id)
      if (ofRollout?.size === 0) known.delete(key)
    },
    forget: key => void known.delete(key),
  }
}
