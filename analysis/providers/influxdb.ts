/** The provider `influxdb`: the values that a Flux query answers. */
import { show } from '../expr/run/show.ts'
import { anys } from '../expr/run/values.ts'
import type { Measured } from '../measured.ts'
import { valuesOfCsv } from './annotated-csv.ts'
import { object, optionalText, text } from './fields.ts'
import { type HttpAnswer, type HttpClient, isHttpUrl } from './http.ts'
import { makeProvider } from './make-provider.ts'
import type { Provider } from './provider.ts'
import type { SecretSource } from './secrets.ts'

const WHERE = 'provider.influxdb'
const EXAMPLE = '{"profile": "my-influxdb", "query": "from(bucket: \\"app\\") |> range(start: -15m)"}'
const DEFAULT_SECRET = 'influxdb'
const TIMEOUT_MS = 30_000

type Config = { readonly profile: string; readonly query: string }

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  return {
    profile: optionalText(`${WHERE}.profile`, fields['profile']) || DEFAULT_SECRET,
    query: text(`${WHERE}.query`, fields['query'], 'from(bucket: "app") |> range(start: -15m)'),
  }
}

const DIALECT = { annotations: ['datatype', 'group', 'default'], delimiter: ',', header: true }

const read = ({ status, body }: HttpAnswer): Measured => {
  if (status !== 200) throw new Error(`received non 2xx response code: ${status} from InfluxDB`)
  const table = valuesOfCsv(body)
  if ('problem' in table) throw new Error(`InfluxDB: ${table.problem}`)
  if (table.values.length === 0) throw new Error('no results returned from flux query')
  const result = anys(table.values)
  return { kind: 'value', value: show(result), result }
}

export type InfluxOptions = { readonly http: HttpClient; readonly secrets: SecretSource }

export const makeInfluxProvider = ({ http, secrets }: InfluxOptions): Provider =>
  makeProvider('influxdb', readConfig, async ({ profile, query }) => {
    const { authToken = '', org = '', address = '' } = await secrets.own(profile)
    if (authToken === '' || org === '' || address === '') throw new Error('authToken, org, or address not found')
    if (!isHttpUrl(address)) throw new Error(`the address in Secret ${profile} is no URL`)
    const answer = await http.send({
      method: 'POST',
      url: `${address.replace(/\/+$/, '')}/api/v2/query?${new URLSearchParams({ org })}`,
      headers: { authorization: `Token ${authToken}`, 'content-type': 'application/json', accept: 'text/csv' },
      body: JSON.stringify({ query, type: 'flux', dialect: DIALECT }),
      mayRepeat: true,
      timeoutMs: TIMEOUT_MS,
    })
    return read(answer)
  })
