/** The provider `skywalking`: a GraphQL query over the last minutes, which has the variable `$duration`. */
import { parseDuration } from '../../api/duration.ts'
import { compactJson, toExprValue } from '../expr/run/json.ts'
import type { Measured } from '../measured.ts'
import { object, optionalText, reject, text } from './fields.ts'
import { type HttpClient, isHttpUrl } from './http.ts'
import { asList, asObject } from './json.ts'
import { jsonOf, makeProvider } from './make-provider.ts'
import type { Provider } from './provider.ts'

const WHERE = 'provider.skywalking'
const EXAMPLE =
  '{"address": "http://skywalking-oap:12800", "query": "query queryData($duration: Duration!) {...}", "interval": "3m"}'
const TIMEOUT_MS = 30_000
const DEFAULT_INTERVAL = '5m'

type Config = { readonly address: string; readonly query: string; readonly intervalMs: number }

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const address = text(`${WHERE}.address`, fields['address'], 'http://skywalking-oap:12800')
  if (!isHttpUrl(address)) reject(`${WHERE}.address`, 'no URL', 'a URL, e.g. http://skywalking-oap:12800')
  const interval = optionalText(`${WHERE}.interval`, fields['interval']) || DEFAULT_INTERVAL
  const intervalMs = parseDuration(interval) ?? reject(`${WHERE}.interval`, interval, 'a duration, e.g. 3m')
  return { address, query: text(`${WHERE}.query`, fields['query'], 'query queryData($duration: Duration!) {...}'), intervalMs }
}

/** `2006-01-02 1504`, in UTC. */
const minute = (ms: number): string => {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 13)}${iso.slice(14, 16)}`
}

const read = (json: unknown): Measured => {
  const { data, errors } = asObject(json)
  const [first] = asList(errors)
  if (first !== undefined) throw new Error(`graphql: ${String(asObject(first)['message'])}`)
  if (data === null || data === undefined) throw new Error('no results returned from SkyWalking query')
  const result = toExprValue(data)
  return { kind: 'value', value: compactJson(result), result }
}

export const makeSkyWalkingProvider = ({ http }: { readonly http: HttpClient }): Provider =>
  makeProvider('skywalking', readConfig, async ({ address, query, intervalMs }, { now }) => {
    const duration = { start: minute(now - intervalMs), end: minute(now), step: 'MINUTE' }
    const answer = await http.send({
      method: 'POST',
      url: `${address.replace(/\/+$/, '')}/graphql`,
      headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json; charset=utf-8' },
      body: JSON.stringify({ query, variables: { duration } }),
      mayRepeat: true,
      timeoutMs: TIMEOUT_MS,
    })
    return read(jsonOf('SkyWalking', answer))
  })
