/** The provider `datadog`: the last point of a query (v1), or one scalar of queries and a formula (v2). */
import { parseDuration } from '../../api/duration.ts'
import { formatDecimal } from '../expr/go/numbers.ts'
import type { Measured } from '../measured.ts'
import { type Fields, object, optionalFlag, optionalText, reject, rejectQuietly } from './fields.ts'
import { type HttpClient, type HttpRequest, isHttpUrl } from './http.ts'
import { asList, asObject } from './json.ts'
import { jsonOf, makeProvider } from './make-provider.ts'
import type { MeasureRequest, Provider } from './provider.ts'
import type { SecretData, SecretSource } from './secrets.ts'

const WHERE = 'provider.datadog'
const EXAMPLE = '{"apiVersion": "v2", "interval": "5m", "query": "sum:requests.errors{service:web}"}'
const DEFAULT_ADDRESS = 'https://api.datadoghq.com'
const DEFAULT_SECRET = 'datadog'

type Queries = { readonly [name: string]: string }

type Config = {
  readonly isV2: boolean
  readonly queries: Queries
  readonly formula: string
  readonly aggregator: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly secret: { readonly name: string; readonly isNamespaced: boolean; readonly isNamed: boolean }
}

const readDuration = (name: string, value: unknown, otherwise: string): number => {
  const given = optionalText(`${WHERE}.${name}`, value) || otherwise
  const ms = parseDuration(given) ?? 0
  return ms > 0 ? ms : reject(`${WHERE}.${name}`, given, `a duration above 0, e.g. ${otherwise}`)
}

const readQueries = (fields: Fields): Queries => {
  const query = optionalText(`${WHERE}.query`, fields['query'])
  const given =
    fields['queries'] === undefined || fields['queries'] === null
      ? {}
      : object(`${WHERE}.queries`, fields['queries'], '{"a": "sum:x{*}"}')
  const names = Object.keys(given)
  if (query === '' && names.length === 0) rejectQuietly(`${WHERE}.query`, `there, or queries, e.g. ${EXAMPLE}`)
  if (query !== '' && names.length > 0) rejectQuietly(`${WHERE}.query`, 'left out when there are queries')
  return query === ''
    ? Object.fromEntries(names.map(name => [name, optionalText(`${WHERE}.queries.${name}`, given[name])]))
    : { query }
}

const checkTogether = (isV2: boolean, fields: Fields, queries: Queries, formula: string, aggregator: string): void => {
  const count = Object.keys(queries).length
  if (!isV2 && !fields['query']) rejectQuietly(`${WHERE}.query`, 'there with apiVersion v1, which has no queries')
  if (!isV2 && aggregator !== '') rejectQuietly(`${WHERE}.aggregator`, 'left out with apiVersion v1')
  if (formula !== '' && !fields['queries']) rejectQuietly(`${WHERE}.formula`, 'left out when there are no queries')
  if (formula === '' && count > 1) rejectQuietly(`${WHERE}.formula`, 'there when there are several queries, e.g. "a / b"')
}

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const version = optionalText(`${WHERE}.apiVersion`, fields['apiVersion']) || 'v1'
  if (version !== 'v1' && version !== 'v2') reject(`${WHERE}.apiVersion`, version, 'v1 or v2')
  const queries = readQueries(fields)
  const [formula, aggregator] = [
    optionalText(`${WHERE}.formula`, fields['formula']),
    optionalText(`${WHERE}.aggregator`, fields['aggregator']),
  ]
  checkTogether(version === 'v2', fields, queries, formula, aggregator)
  const secret = fields['secretRef'] ? object(`${WHERE}.secretRef`, fields['secretRef'], '{"name": "datadog"}') : {}
  return {
    isV2: version === 'v2',
    queries,
    formula,
    aggregator,
    intervalMs: readDuration('interval', fields['interval'], '5m'),
    timeoutMs: readDuration('requestTimeout', fields['requestTimeout'], '10s'),
    secret: {
      name: optionalText(`${WHERE}.secretRef.name`, secret['name']) || DEFAULT_SECRET,
      isNamespaced: optionalFlag(`${WHERE}.secretRef.namespaced`, secret['namespaced']),
      isNamed: Boolean(fields['secretRef']),
    },
  }
}

const v2Body = ({ queries, formula, aggregator, intervalMs }: Config, second: number): string => {
  const attributes = {
    from: second * 1000 - intervalMs,
    to: second * 1000,
    queries: Object.entries(queries).map(([name, query]) => ({
      aggregator: aggregator || 'last',
      data_source: 'metrics',
      name,
      query,
    })),
    formulas: formula === '' ? [] : [{ formula }],
  }
  return JSON.stringify({ data: { attributes, type: 'scalar_request' } })
}

const requestOf = (config: Config, secret: SecretData, now: number): HttpRequest => {
  const { 'api-key': apiKey = '', 'app-key': appKey = '', address = DEFAULT_ADDRESS } = secret
  if (apiKey === '' || appKey === '') throw new Error('API or App token not found')
  if (!isHttpUrl(address)) throw new Error(`the address in Secret ${config.secret.name} (or DD_ADDRESS) is no URL`)
  const headers = { 'content-type': 'application/json', 'dd-api-key': apiKey, 'dd-application-key': appKey }
  const [base, second, { timeoutMs }] = [address.replace(/\/+$/, ''), Math.floor(now / 1000), config]
  if (config.isV2) {
    return {
      method: 'POST',
      url: `${base}/api/v2/query/scalar`,
      headers,
      body: v2Body(config, second),
      mayRepeat: true,
      timeoutMs,
    }
  }
  const from = second - Math.floor(config.intervalMs / 1000)
  const query = new URLSearchParams({ query: config.queries['query'] ?? '', from: String(from), to: String(second) })
  return { url: `${base}/api/v1/query?${query}`, headers, timeoutMs }
}

/** No point is nil to conditions, which `default` and `isNil` are for. */
const measured = (value: unknown, empty: unknown): Measured =>
  typeof value === 'number'
    ? { kind: 'value', value: formatDecimal(value), result: value }
    : { kind: 'value', value: JSON.stringify(empty ?? []), result: null }

const readV1 = (json: unknown): Measured => {
  const { series } = asObject(json)
  if (!Array.isArray(series)) throw new Error('the answer of Datadog has no series')
  const points = asList(asObject(series[0])['pointlist'])
  const last = asList(points.at(-1))
  if (points.length > 0 && last.length !== 2) throw new Error('Datapoint does not have 2 values')
  return measured(last[1], series)
}

const readV2 = (json: unknown): Measured => {
  const data = asObject(asObject(json)['data'])
  if (typeof data['errors'] === 'string' && data['errors'] !== '')
    throw new Error(`There were errors in your query: ${data['errors']}`)
  const { columns } = asObject(data['attributes'])
  if (!Array.isArray(columns)) throw new Error('the answer of Datadog has no columns')
  const [column] = asList(columns)
  const values = asObject(column)['values']
  return measured(asList(values)[0], values)
}

export type DatadogOptions = {
  readonly http: HttpClient
  readonly secrets: SecretSource
  /** The controller's own, with the keys that the Secret has; for metrics that name no Secret. */
  readonly own?: SecretData
}

/** From DD_API_KEY, DD_APP_KEY and DD_ADDRESS; undefined where a key is missing. */
export const readDatadogSettings = (env: { readonly [name: string]: string | undefined }): SecretData | undefined => {
  const { DD_API_KEY: apiKey, DD_APP_KEY: appKey, DD_ADDRESS: address } = env
  return apiKey && appKey ? { 'api-key': apiKey, 'app-key': appKey, ...(address && { address }) } : undefined
}

export const makeDatadogProvider = ({ http, secrets, own }: DatadogOptions): Provider =>
  makeProvider('datadog', readConfig, async (config, { namespace, now }: MeasureRequest) => {
    const { name, isNamespaced, isNamed } = config.secret
    const stored = () => (isNamespaced ? secrets.ofNamespace(namespace, name) : secrets.own(name))
    const secret = own && !isNamed ? own : await stored()
    const json = jsonOf('Datadog', await http.send(requestOf(config, secret, now)))
    return config.isV2 ? readV2(json) : readV1(json)
  })
