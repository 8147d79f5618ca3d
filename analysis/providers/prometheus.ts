/** The provider `prometheus`: instant and range queries of a Prometheus or of what speaks its API. */
import { parseDuration } from '../../api/duration.ts'
import { timeEnv } from '../expr/argo.ts'
import { compileCondition, evaluate } from '../expr/compile.ts'
import { formatDecimal, parseFloat64 } from '../expr/go/numbers.ts'
import { FLOATS } from '../expr/go/types.ts'
import { sliceWith, typeName, type Value } from '../expr/run/values.ts'
import type { Measured } from '../measured.ts'
import { type Authenticate, type Authentication, readAuthentication } from './authentication.ts'
import { decoded, headers, object, optionalFlag, optionalText, reject, seconds, text } from './fields.ts'
import { type HttpAnswer, type HttpClient, type HttpRequest, isHttpUrl } from './http.ts'
import { asList, asObject, type Json, parseAnswer } from './json.ts'
import type { Provider } from './provider.ts'

const WHERE = 'provider.prometheus'
const EXAMPLE = '{"address": "http://prometheus.monitoring:9090", "query": "up"}'
const DEFAULT_TIMEOUT_S = 30

type Range = { readonly start: string; readonly end: string; readonly stepMs: number }

type Config = {
  readonly address: string
  readonly query: string
  readonly timeoutMs: number
  readonly isInsecure: boolean
  readonly headers: { readonly [name: string]: string }
  readonly authentication: Authentication
  readonly range?: Range
}

const readRange = (value: unknown): Range | undefined => {
  if (value === undefined || value === null) return undefined
  const where = `${WHERE}.rangeQuery`
  const fields = object(where, value, '{"start": "now() - duration(\\"5m\\")", "end": "now()", "step": "30s"}')
  const step = text(`${where}.step`, fields['step'], '30s')
  const stepMs = parseDuration(step) ?? 0
  if (stepMs <= 0) reject(`${where}.step`, step, 'a duration above 0, e.g. 30s')
  return {
    start: text(`${where}.start`, fields['start'], 'now() - duration("5m")'),
    end: text(`${where}.end`, fields['end'], 'now()'),
    stepMs,
  }
}

const readConfig = (value: unknown, defaultAddress: string | undefined): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const query = text(`${WHERE}.query`, fields['query'], 'up')
  const given = optionalText(`${WHERE}.address`, fields['address'])
  const address = given === '' ? (defaultAddress ?? '') : given
  if (!isHttpUrl(address))
    reject(`${WHERE}.address`, address === '' ? undefined : 'no URL', 'a URL, e.g. http://prometheus.monitoring:9090')
  const range = readRange(fields['rangeQuery'])
  const { sigv4, ...others } = readAuthentication(`${WHERE}.authentication`, fields['authentication'])
  return {
    address,
    query,
    timeoutMs: seconds(`${WHERE}.timeout`, fields['timeout'], DEFAULT_TIMEOUT_S),
    isInsecure: optionalFlag(`${WHERE}.insecure`, fields['insecure']),
    headers: headers(`${WHERE}.headers`, fields['headers']),
    // As in Argo Rollouts: only requests to Amazon's service are signed.
    authentication: sigv4 && address.includes('aps-workspaces') ? { ...others, sigv4 } : others,
    ...(range && { range }),
  }
}

/** Seconds since the epoch, with a fraction. */
const timeOf = (field: string, expression: string, now: number): string => {
  const compiled = compileCondition(expression, timeEnv)
  const done = 'problem' in compiled ? compiled : evaluate(compiled.program, timeEnv, now)
  if ('problem' in done) throw new Error(`failed to parse rangeQuery.${field} as time: ${done.problem.message}`)
  if (typeof done.value === 'object' && done.value?.kind === 'time') return String(Number(done.value.ns / 1_000_000n) / 1000)
  throw new Error(`failed to parse rangeQuery.${field} as time: expected time.Time, but got ${typeName(done.value)}`)
}

const requestOf = (config: Config, now: number): { readonly path: string; readonly form: URLSearchParams } => {
  const { query, range } = config
  if (!range) return { path: '/api/v1/query', form: new URLSearchParams({ query, time: String(now / 1000) }) }
  const [start, end] = [timeOf('start', range.start, now), timeOf('end', range.end, now)]
  return { path: '/api/v1/query_range', form: new URLSearchParams({ query, start, end, step: String(range.stepMs / 1000) }) }
}

/** `[time, "value"]`. */
const sample = (pair: unknown): number => {
  const value = parseFloat64(String(asList(pair)[1] ?? '0'))
  if (typeof value !== 'number') throw new Error('the answer has a sample that is no number')
  return value
}

const measuredOf = (data: Json): { readonly value: string; readonly result: Value } => {
  const list = asList(data['result'])
  const many = (samples: readonly number[]) => ({
    value: `[${samples.map(formatDecimal).join(',')}]`,
    result: sliceWith(FLOATS, samples),
  })
  if (data['resultType'] === 'scalar') return { value: formatDecimal(sample(list)), result: sample(list) }
  if (data['resultType'] === 'vector') return many(list.map(one => sample(asObject(one)['value'])))
  if (data['resultType'] === 'matrix') return many(list.flatMap(one => asList(asObject(one)['values']).map(sample)))
  throw new Error('Prometheus metric type not supported')
}

const read = ({ status, body }: HttpAnswer, where: string): Measured => {
  const parsed = parseAnswer(body)
  const answer = parsed && asObject(parsed.json)
  if (answer?.['status'] === 'error') throw new Error(`${String(answer['errorType'])}: ${String(answer['error'])}`)
  if (status !== 200 || answer?.['status'] !== 'success') {
    throw new Error(`${where} answered ${status}${answer ? '' : ', not in the form of the Prometheus API'}`)
  }
  const warnings = asList(answer['warnings']).map(warning => JSON.stringify(String(warning)))
  const metadata = warnings.length > 0 ? { metadata: { warnings: warnings.join(', ') } } : {}
  return { kind: 'value', ...measuredOf(asObject(answer['data'])), ...metadata }
}

export type PrometheusOptions = {
  readonly http: HttpClient
  readonly authenticate: Authenticate
  /** Where metrics without an address are asked. */
  readonly defaultAddress?: string
}

/** Servers that know no POST for queries answer so. */
const NO_POST: ReadonlySet<number> = new Set([405, 501])

export const makePrometheusProvider = ({ http, authenticate, defaultAddress }: PrometheusOptions): Provider => {
  const query = async (config: Config, now: number): Promise<Measured> => {
    const { path, form } = requestOf(config, now)
    const url = `${config.address.replace(/\/+$/, '')}${path}`
    const { timeoutMs, isInsecure } = config
    const ask = async (one: HttpRequest): Promise<HttpAnswer> => http.send(await authenticate(one, config.authentication, now))
    const posted = { ...config.headers, 'content-type': 'application/x-www-form-urlencoded' }
    const first = await ask({
      method: 'POST',
      url,
      headers: posted,
      body: form.toString(),
      mayRepeat: true,
      timeoutMs,
      isInsecure,
    })
    if (!NO_POST.has(first.status)) return read(first, path)
    return read(await ask({ url: `${url}?${form}`, headers: config.headers, timeoutMs, isInsecure }), path)
  }
  return {
    name: 'prometheus',
    // As Argo Rollouts names it.
    describe: config => {
      const text = typeof config === 'object' && config !== null && 'query' in config ? config.query : undefined
      return typeof text === 'string' && text !== '' ? { ResolvedPrometheusQuery: text } : {}
    },
    measure: async request => {
      const read_ = decoded(() => readConfig(request.config, defaultAddress))
      if ('problem' in read_) return { kind: 'error', message: read_.problem }
      try {
        return await query(read_.config, request.now)
      } catch (error) {
        return { kind: 'error', message: error instanceof Error ? error.message : String(error) }
      }
    },
  }
}
