/** The provider `graphite`: the points of the first series that a render query answers. */

import { parseFloat64 } from '../expr/go/numbers.ts'
import { FLOATS } from '../expr/go/types.ts'
import { sliceWith } from '../expr/run/values.ts'
import type { Measured } from '../measured.ts'
import { object, reject, text } from './fields.ts'
import { type HttpClient, isHttpUrl } from './http.ts'
import { asList, asObject } from './json.ts'
import { jsonOf, makeProvider } from './make-provider.ts'
import type { Provider } from './provider.ts'

const WHERE = 'provider.graphite'
const EXAMPLE = '{"address": "http://graphite.monitoring:9090", "query": "target=stats.timers.web.mean&from=-2min"}'
const TIMEOUT_MS = 30_000

type Config = { readonly address: string; readonly query: string }

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const address = text(`${WHERE}.address`, fields['address'], 'http://graphite.monitoring:9090')
  if (!isHttpUrl(address)) reject(`${WHERE}.address`, 'no URL', 'a URL, e.g. http://graphite.monitoring:9090')
  return { address, query: text(`${WHERE}.query`, fields['query'], 'target=stats.timers.web.mean&from=-2min') }
}

const urlOf = ({ address, query }: Config): string => {
  const url = new URL(address)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/render`
  // Queries may be written over several lines.
  const parameters = new URLSearchParams(query.replace(/\s+/g, ''))
  parameters.set('format', 'json')
  url.search = parameters.toString()
  return url.href
}

/** `[value, time]`; points without a value are left out. */
const pointOf = (pair: unknown): number[] => {
  const [value] = asList(pair)
  if (value === null || value === undefined) return []
  const number = typeof value === 'string' ? parseFloat64(value) : value
  if (typeof number !== 'number') throw new Error('the answer of Graphite has a point that is no number')
  return [number]
}

const read = (json: unknown): Measured => {
  const points = asList(asObject(asList(json)[0])['datapoints'])
  if (points.length === 0) throw new Error('no values found')
  const values = points.flatMap(pointOf)
  return { kind: 'value', value: `[${values.map(value => value.toFixed(6)).join(',')}]`, result: sliceWith(FLOATS, values) }
}

export const makeGraphiteProvider = ({ http }: { readonly http: HttpClient }): Provider =>
  makeProvider('graphite', readConfig, async config =>
    read(jsonOf('Graphite', await http.send({ url: urlOf(config), timeoutMs: TIMEOUT_MS }))),
  )
