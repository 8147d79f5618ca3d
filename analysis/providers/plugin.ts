/** Metric providers of others: asked over HTTP, or run as a program, in one JSON language; docs/analysis-plugins.md. */
import { compactJson, toExprValue } from '../expr/run/json.ts'
import type { Measured } from '../measured.ts'
import type { HttpClient } from './http.ts'
import { asObject, type Json, parseAnswer } from './json.ts'
import { jsonOf } from './make-provider.ts'
import type { MeasureRequest, Provider } from './provider.ts'

/** Sends a request to a plugin; rejects with an Error that says what was wrong. */
export type AskPlugin = (request: string) => Promise<unknown>

/** Runs a program with a text as its input; resolves with its output, rejects when it fails or takes too long. */
export type RunProgram = (program: string, input: string, timeoutMs: number) => Promise<string>

export type PluginOptions = { readonly http: HttpClient; readonly run: RunProgram }

const TIMEOUT_MS = 30_000
const LONGEST_WAIT_S = 3600
const API_VERSION = 'sluice.dev/metric-plugin/v1'

const requestOf = (action: 'measure' | 'end', { metric, begun, ...rest }: MeasureRequest): string =>
  JSON.stringify({
    apiVersion: API_VERSION,
    action,
    namespace: rest.namespace,
    analysisRun: rest.run,
    metric: metric.name,
    number: rest.number,
    config: rest.config ?? {},
    since: new Date(rest.since).toISOString(),
    now: new Date(rest.now).toISOString(),
    ...(begun && { begun }),
  })

const PHASES = ['Successful', 'Failed', 'Inconclusive'] as const

/** It stands in the status of the run, and goes back to the plugin as it was. */
const LONGEST_METADATA = 16_384

const textsIn = (value: unknown): { readonly [key: string]: string } => {
  const texts = Object.entries(asObject(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const length = texts.reduce((sum, [key, text]) => sum + key.length + text.length, 0)
  if (length > LONGEST_METADATA)
    throw new Error(`its metadata has ${length} characters, it must have at most ${LONGEST_METADATA}`)
  return Object.fromEntries(texts)
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : compactJson(toExprValue(value)))

/** Exactly one of `value`, `phase`, `pending` and `error`. */
const read = (answer: Json): Measured => {
  const given = ['value', 'phase', 'pending', 'error'].filter(name => answer[name] !== undefined && answer[name] !== null)
  const metadata = textsIn(answer['metadata'])
  const noted = Object.keys(metadata).length > 0 ? { metadata } : {}
  const message = typeof answer['message'] === 'string' ? { message: answer['message'] } : {}
  if (typeof answer['error'] === 'string') return { kind: 'error', message: answer['error'] }
  const phase = PHASES.find(one => one === answer['phase'])
  if (phase) {
    const value = answer['value'] === undefined ? {} : { value: shown(answer['value']) }
    return { kind: 'phase', phase, ...value, ...message, ...noted }
  }
  if (given.includes('phase'))
    throw new Error(`its phase is ${JSON.stringify(answer['phase'])}, it must be one of ${PHASES.join(', ')}`)
  const seconds = asObject(answer['pending'])['afterSeconds']
  if (given.includes('pending')) {
    if (typeof seconds !== 'number' || !(seconds >= 1 && seconds <= LONGEST_WAIT_S)) {
      throw new Error(
        `its pending.afterSeconds is ${JSON.stringify(seconds) ?? 'missing'}, it must be a number from 1 to ${LONGEST_WAIT_S}, e.g. 15`,
      )
    }
    return { kind: 'pending', metadata, afterMs: seconds * 1000 }
  }
  if (!given.includes('value')) throw new Error('its answer has none of value, phase, pending and error')
  return { kind: 'value', value: shown(answer['value']), result: toExprValue(answer['value']), ...noted }
}

const askWith = async (name: string, ask: AskPlugin, action: 'measure' | 'end', request: MeasureRequest): Promise<Measured> => {
  try {
    return read(asObject(await ask(requestOf(action, request))))
  } catch (error) {
    return { kind: 'error', message: `plugin ${name}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** How the plugin of this address is asked: a POST that must be answered with 200 and JSON, or a program. */
export const makeAsk = ({ http, run }: PluginOptions, address: string): AskPlugin => {
  if (!address.startsWith('exec:')) {
    return async body => {
      const headers = { 'content-type': 'application/json' }
      return jsonOf('the plugin', await http.send({ method: 'POST', url: address, headers, body, timeoutMs: TIMEOUT_MS }))
    }
  }
  return async body => {
    const parsed = parseAnswer(await run(address.slice('exec:'.length), body, TIMEOUT_MS))
    if (!parsed) throw new Error('its output is no JSON')
    return parsed.json
  }
}

/** @param address `http://...`, `https://...` or `exec:/path/of/a/program` */
export const makePluginProvider = (name: string, address: string, options: PluginOptions): Provider => {
  const ask = makeAsk(options, address)
  return {
    name,
    measure: request => askWith(name, ask, 'measure', request),
    end: async request => (request.begun ? askWith(name, ask, 'end', request) : { kind: 'phase', phase: 'Successful' }),
  }
}
