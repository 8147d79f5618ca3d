/** The provider `wavefront`: of each series of a query, the point that is nearest to the time of the measurement. */
import { FLOATS } from '../expr/go/types.ts'
import { sliceWith } from '../expr/run/values.ts'
import type { Measured } from '../measured.ts'
import { object, reject, text } from './fields.ts'
import type { HttpClient } from './http.ts'
import { asList, asObject } from './json.ts'
import { jsonOf, makeProvider } from './make-provider.ts'
import type { Provider } from './provider.ts'
import type { SecretSource } from './secrets.ts'

const WHERE = 'provider.wavefront'
const EXAMPLE = '{"address": "example.wavefront.com", "query": "sum(rate(ts(\\"web.errors\\")))"}'
/** Its keys are addresses, its values their tokens. */
const SECRET = 'wavefront-api-tokens'
const TIMEOUT_MS = 30_000

type Config = { readonly address: string; readonly query: string }

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const address = text(`${WHERE}.address`, fields['address'], 'example.wavefront.com')
  if (!/^[A-Za-z0-9.-]+(?::\d+)?$/.test(address))
    reject(`${WHERE}.address`, address, 'a host without https://, e.g. example.wavefront.com')
  return { address, query: text(`${WHERE}.query`, fields['query'], 'ts("web.errors")') }
}

type Point = { readonly time: number; readonly value: number; readonly drift: number }

/** Points are `[seconds, value]`. */
const nearest = (series: unknown, second: number): Point => {
  let best: Point = { time: 0, value: 0, drift: Number.POSITIVE_INFINITY }
  for (const pair of asList(asObject(series)['data'])) {
    const [time, value] = asList(pair)
    if (typeof time !== 'number' || typeof value !== 'number')
      throw new Error('the answer of Wavefront has a point that is no number')
    if (Math.abs(time - second) < Math.abs(best.drift)) best = { time, value, drift: time - second }
  }
  return best
}

const shown = (texts: readonly string[]): string => (texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(',')}]`)

const read = (json: unknown, second: number): Measured => {
  const { timeseries, warnings, errorType, errorMessage } = asObject(json)
  if (typeof errorType === 'string' && errorType !== '') throw new Error(`Wavefront: ${errorType}: ${String(errorMessage)}`)
  const points = asList(timeseries).map(series => nearest(series, second))
  const [only] = points
  if (!only) throw new Error('No TimeSeries found in response from Wavefront')
  return {
    kind: 'value',
    value: shown(points.map(({ value }) => value.toFixed(2))),
    result:
      points.length === 1
        ? only.value
        : sliceWith(
            FLOATS,
            points.map(({ value }) => value),
          ),
    metadata: {
      ...(typeof warnings === 'string' && warnings !== '' ? { warnings } : {}),
      timestamps: shown(points.map(({ time }) => String(Math.trunc(time)))),
      drift: shown(points.map(({ drift }) => String(Number.isFinite(drift) ? Math.trunc(drift) : 0))),
    },
  }
}

export type WavefrontOptions = { readonly http: HttpClient; readonly secrets: SecretSource }

export const makeWavefrontProvider = ({ http, secrets }: WavefrontOptions): Provider =>
  makeProvider('wavefront', readConfig, async ({ address, query }, { now }) => {
    const token = (await secrets.own(SECRET))[address]
    if (!token) throw new Error('API token not found')
    const second = Math.floor(now / 1000)
    const at = String(second * 1000)
    const parameters = new URLSearchParams({ q: query, s: at, e: at, p: '1', g: 's', i: 'true' })
    const answer = await http.send({
      url: `https://${address}/api/v2/chart/api?${parameters}`,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      timeoutMs: TIMEOUT_MS,
    })
    return read(jsonOf('Wavefront', answer), second)
  })
