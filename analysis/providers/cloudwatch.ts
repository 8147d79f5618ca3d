/** The provider `cloudWatch`: GetMetricData over the last minutes, in Amazon's JSON protocol. */
import { parseDuration } from '../../api/duration.ts'
import { FLOATS } from '../expr/go/types.ts'
import { show } from '../expr/run/show.ts'
import { anys, sliceWith, stringMap, type Value } from '../expr/run/values.ts'
import { UTC } from '../expr/time/civil.ts'
import type { Measured } from '../measured.ts'
import { type AwsSource, signAws } from './authentication.ts'
import { type Fields, object, optionalText, reject, rejectQuietly } from './fields.ts'
import type { HttpClient } from './http.ts'
import { asList, asObject, type Json, parseAnswer } from './json.ts'
import { jsonOf, makeProvider } from './make-provider.ts'
import type { Provider } from './provider.ts'

const WHERE = 'provider.cloudWatch'
const EXAMPLE = '{"interval": "30m", "metricDataQueries": [{"id": "rate", "expression": "errors / requests"}]}'
const DEFAULT_INTERVAL = '5m'
const TIMEOUT_MS = 30_000

type Config = { readonly intervalMs: number; readonly queries: readonly Json[] }

/** `metricName` to `MetricName`, through all levels: so the fields are called in Amazon's protocol. */
const capitalised = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(capitalised)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, of]) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}`, capitalised(of)]),
  )
}

const period = (where: string, value: unknown): number => {
  const number = Number(value)
  return Number.isInteger(number) && number > 0 ? number : reject(where, value, 'a whole number of seconds, e.g. 300')
}

/** Periods may be written as texts. */
const readQuery = (value: unknown, i: number): Json => {
  const where = `${WHERE}.metricDataQueries[${i}]`
  const fields = object(where, value, '{"id": "rate", "expression": "errors / requests"}')
  if (optionalText(`${where}.id`, fields['id']) === '') rejectQuietly(`${where}.id`, 'a text that is not empty, e.g. rate')
  const withPeriod = (of: Fields, at: string) =>
    of['period'] === undefined ? of : { ...of, period: period(`${at}.period`, of['period']) }
  const stat = fields['metricStat']
  const metricStat = stat
    ? { metricStat: withPeriod(object(`${where}.metricStat`, stat, '{"metric": {}}'), `${where}.metricStat`) }
    : {}
  return capitalised({ ...withPeriod(fields, where), ...metricStat }) as Json
}

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const interval = optionalText(`${WHERE}.interval`, fields['interval']) || DEFAULT_INTERVAL
  const intervalMs = parseDuration(interval) ?? 0
  if (intervalMs <= 0) reject(`${WHERE}.interval`, interval, 'a duration above 0, e.g. 30m')
  const queries = asList(fields['metricDataQueries'])
  if (queries.length === 0) rejectQuietly(`${WHERE}.metricDataQueries`, `a list that is not empty, e.g. ${EXAMPLE}`)
  return { intervalMs, queries: queries.map(readQuery) }
}

const numbersOf = (value: unknown): readonly number[] => asList(value).filter(one => typeof one === 'number')

const textOf = (value: unknown): Value => (typeof value === 'string' ? value : null)

/** As conditions see it: with Amazon's names, e.g. `result[0].Values`. */
const resultOf = (one: Json): Value => {
  const times = numbersOf(one['Timestamps']).map(
    (seconds): Value => ({ kind: 'time', ns: BigInt(Math.round(seconds * 1000)) * 1_000_000n, location: UTC }),
  )
  return stringMap([
    ['Id', textOf(one['Id'])],
    ['Label', textOf(one['Label'])],
    ['StatusCode', textOf(one['StatusCode'])],
    ['Timestamps', anys(times)],
    ['Values', sliceWith(FLOATS, numbersOf(one['Values']))],
  ])
}

const read = (json: unknown): Measured => {
  const answer = asObject(json)
  if (!Array.isArray(answer['MetricDataResults'])) throw new Error('the answer of CloudWatch has no MetricDataResults')
  const results = asList(answer['MetricDataResults']).map(asObject)
  const messages = asList(answer['Messages']).map(message =>
    String(asObject(message)['Value'] ?? asObject(message)['Code'] ?? ''),
  )
  return {
    kind: 'value',
    value: show(anys(results.map(one => sliceWith(FLOATS, numbersOf(one['Values']))))),
    result: anys(results.map(resultOf)),
    ...(messages.length > 0 ? { metadata: { messages: messages.join('; ') } } : {}),
  }
}

/** Amazon says what is wrong with a query in `__type` and `message`. */
const complaint = (body: string): string | undefined => {
  const { __type: type, message } = asObject(parseAnswer(body)?.json)
  return typeof type === 'string' ? `${type.split('#').at(-1)}${typeof message === 'string' ? `: ${message}` : ''}` : undefined
}

export type CloudWatchOptions = {
  readonly http: HttpClient
  readonly aws: AwsSource
  readonly region?: string
  /** Instead of Amazon's own of the region. */
  readonly endpoint?: string
}

export const makeCloudWatchProvider = ({ http, aws, region, endpoint }: CloudWatchOptions): Provider =>
  makeProvider('cloudWatch', readConfig, async ({ intervalMs, queries }, { now }) => {
    if (!region) throw new Error('the AWS region is not configured for the controller (AWS_REGION)')
    const access = await aws({ region, profile: '', roleArn: '' }, now)
    const second = Math.floor(now / 1000)
    const request = {
      method: 'POST',
      url: endpoint ?? `https://monitoring.${region}.amazonaws.com/`,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData' },
      body: JSON.stringify({ StartTime: second - Math.floor(intervalMs / 1000), EndTime: second, MetricDataQueries: queries }),
      mayRepeat: true,
      timeoutMs: TIMEOUT_MS,
    } as const
    const answer = await http.send(await signAws(request, 'monitoring', access))
    if (answer.status === 400) throw new Error(`CloudWatch: ${complaint(answer.body) ?? 'the query is wrong'}`)
    return read(jsonOf('CloudWatch', answer))
  })
