/** The provider `newRelic`: an NRQL query over NerdGraph. */
import { compactJson, toExprValue } from '../expr/run/json.ts'
import type { Measured } from '../measured.ts'
import { object, optionalText, seconds, text } from './fields.ts'
import { type HttpClient, isHttpUrl } from './http.ts'
import { asList, asObject } from './json.ts'
import { jsonOf, makeProvider } from './make-provider.ts'
import type { Provider } from './provider.ts'
import type { SecretData, SecretSource } from './secrets.ts'

const WHERE = 'provider.newRelic'
const EXAMPLE = '{"query": "FROM Transaction SELECT percentage(count(*), WHERE httpResponseCode != 500) AS successRate"}'
const DEFAULT_SECRET = 'newrelic'
const DEFAULT_TIMEOUT_S = 5
/** For the way there and back, besides the time that the query itself is given. */
const EXTRA_MS = 25_000

const HOSTS: { readonly [region: string]: string } = {
  us: 'https://api.newrelic.com/graphql',
  eu: 'https://api.eu.newrelic.com/graphql',
}

const NERDGRAPH = `query ($query: Nrql!, $accountId: Int!, $timeout: Seconds!) {
  actor { account(id: $accountId) { nrql(query: $query, timeout: $timeout) { results } } }
}`

type Config = { readonly profile: string; readonly query: string; readonly timeoutMs: number }

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  return {
    profile: optionalText(`${WHERE}.profile`, fields['profile']) || DEFAULT_SECRET,
    query: text(`${WHERE}.query`, fields['query'], 'FROM Transaction SELECT count(*)'),
    timeoutMs: seconds(`${WHERE}.timeout`, fields['timeout'], DEFAULT_TIMEOUT_S),
  }
}

const readSecret = (profile: string, secret: SecretData) => {
  const { 'personal-api-key': key = '', 'account-id': account = '', region = 'us', 'base-url-nerdgraph': base } = secret
  if (key === '' || account === '') throw new Error('account ID or personal API key not found')
  if (!/^\d+$/.test(account)) throw new Error(`the account-id in Secret ${profile} is no number`)
  const url = base || HOSTS[region.toLowerCase()]
  if (!isHttpUrl(url)) throw new Error(`the region in Secret ${profile} must be us or eu, or its base-url-nerdgraph a URL`)
  return { key, account: Number(account), url }
}

const read = (json: unknown): Measured => {
  const { data, errors } = asObject(json)
  const [first] = asList(errors)
  if (first !== undefined) throw new Error(`New Relic: ${String(asObject(first)['message'])}`)
  const account = asObject(asObject(asObject(data)['actor'])['account'])
  const results = asList(asObject(account['nrql'])['results'])
  const [only] = results
  if (only === undefined || (results.length === 1 && Object.keys(asObject(only)).length === 0)) {
    throw new Error('no results returned from NRQL query')
  }
  const result = toExprValue(results.length === 1 ? only : results)
  return { kind: 'value', value: compactJson(result), result }
}

export type NewRelicOptions = { readonly http: HttpClient; readonly secrets: SecretSource }

export const makeNewRelicProvider = ({ http, secrets }: NewRelicOptions): Provider =>
  makeProvider('newRelic', readConfig, async ({ profile, query, timeoutMs }) => {
    const { key, account, url } = readSecret(profile, await secrets.own(profile))
    const answer = await http.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', 'api-key': key },
      body: JSON.stringify({ query: NERDGRAPH, variables: { accountId: account, query, timeout: timeoutMs / 1000 } }),
      mayRepeat: true,
      timeoutMs: timeoutMs + EXTRA_MS,
    })
    return read(jsonOf('New Relic', answer))
  })
