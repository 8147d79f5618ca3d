/** The provider `kayenta`: Spinnaker's canary analysis, which takes its time and gives a score from 0 to 100. */
import type { Measured } from '../measured.ts'
import { type Fields, object, optionalText, reject, text } from './fields.ts'
import { type HttpClient, isHttpUrl } from './http.ts'
import { asList, asObject } from './json.ts'
import { jsonOf, makeProvider } from './make-provider.ts'
import type { Provider } from './provider.ts'

const WHERE = 'provider.kayenta'
const EXAMPLE = '{"address": "http://kayenta.monitoring:8090", "application": "web", "canaryConfigName": "web", "scopes": []}'
/** Both as Argo Rollouts has them. */
const TIMEOUT_MS = 15_000
const RESUME_MS = 15_000
const EXECUTION = 'canaryExecutionId'

type Config = {
  readonly address: string
  readonly application: string
  readonly canaryConfigName: string
  readonly accounts: { readonly [name in 'metricsAccountName' | 'configurationAccountName' | 'storageAccountName']: string }
  readonly pass: number
  readonly marginal: number
  readonly scopes: { readonly [name: string]: unknown }
}

const share = (where: string, value: unknown): number =>
  Number.isInteger(value) ? (value as number) : reject(where, value, 'a whole number from 0 to 100, e.g. 90')

const readScopes = (value: unknown): Config['scopes'] => {
  if (!Array.isArray(value))
    return reject(`${WHERE}.scopes`, value, 'a list, e.g. [{"name": "default", "controlScope": {}, "experimentScope": {}}]')
  return Object.fromEntries(
    value.map((one: unknown, i) => {
      const where = `${WHERE}.scopes[${i}]`
      const { name, controlScope, experimentScope }: Fields = object(where, one, '{"name": "default"}')
      return [text(`${where}.name`, name, 'default'), { controlScope, experimentScope }]
    }),
  )
}

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const address = text(`${WHERE}.address`, fields['address'], 'http://kayenta.monitoring:8090')
  if (!isHttpUrl(address)) reject(`${WHERE}.address`, address, 'a URL, e.g. http://kayenta.monitoring:8090')
  const threshold = object(`${WHERE}.threshold`, fields['threshold'], '{"pass": 90, "marginal": 75}')
  const account = (name: keyof Config['accounts']) => optionalText(`${WHERE}.${name}`, fields[name])
  return {
    address: address.replace(/\/+$/, ''),
    application: text(`${WHERE}.application`, fields['application'], 'web'),
    canaryConfigName: text(`${WHERE}.canaryConfigName`, fields['canaryConfigName'], 'web'),
    accounts: {
      metricsAccountName: account('metricsAccountName'),
      configurationAccountName: account('configurationAccountName'),
      storageAccountName: account('storageAccountName'),
    },
    pass: share(`${WHERE}.threshold.pass`, threshold['pass']),
    marginal: share(`${WHERE}.threshold.marginal`, threshold['marginal']),
    scopes: readScopes(fields['scopes']),
  }
}

const findConfig = async (http: HttpClient, config: Config): Promise<string> => {
  // Argo Rollouts looks the configuration up by the name of the storage account.
  const query = new URLSearchParams({
    application: config.application,
    configurationAccountName: config.accounts.storageAccountName,
  })
  const answer = await http.send({ url: `${config.address}/canaryConfig?${query}`, timeoutMs: TIMEOUT_MS })
  const found = asList(jsonOf('Kayenta', answer))
    .map(asObject)
    .find(one => one['name'] === config.canaryConfigName)
  if (typeof found?.['id'] !== 'string') {
    throw new Error(`Kayenta has no canary configuration ${JSON.stringify(config.canaryConfigName)} for ${config.application}`)
  }
  return found['id']
}

const start = async (http: HttpClient, config: Config): Promise<Measured> => {
  const id = await findConfig(http, config)
  const query = new URLSearchParams({ application: config.application, ...config.accounts })
  const answer = await http.send({
    method: 'POST',
    url: `${config.address}/canary/${encodeURIComponent(id)}?${query}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ scopes: config.scopes, thresholds: { pass: config.pass, marginal: config.marginal } }),
    timeoutMs: TIMEOUT_MS,
  })
  const execution = asObject(jsonOf('Kayenta', answer))[EXECUTION]
  if (typeof execution !== 'string' || execution === '') throw new Error('Invalid canaryExecutionId')
  return { kind: 'pending', metadata: { [EXECUTION]: execution }, afterMs: RESUME_MS }
}

const phaseOf = (score: number, { pass, marginal }: Config): 'Successful' | 'Inconclusive' | 'Failed' => {
  if (score >= pass) return 'Successful'
  return score >= marginal ? 'Inconclusive' : 'Failed'
}

const look = async (http: HttpClient, config: Config, begun: { readonly [key: string]: string }): Promise<Measured> => {
  const url = `${config.address}/canary/${encodeURIComponent(begun[EXECUTION] ?? '')}`
  const answer = asObject(jsonOf('Kayenta', await http.send({ url, timeoutMs: TIMEOUT_MS })))
  if (typeof answer['complete'] !== 'boolean') throw new Error('Missing Complete Status')
  if (!answer['complete']) return { kind: 'pending', metadata: begun, afterMs: RESUME_MS }
  const score = asObject(asObject(asObject(answer['result'])['judgeResult'])['score'])['score']
  if (typeof score !== 'number') throw new Error('Missing Score')
  const whole = Math.trunc(score)
  return { kind: 'phase', phase: phaseOf(whole, config), value: String(whole) }
}

export const makeKayentaProvider = ({ http }: { readonly http: HttpClient }): Provider =>
  makeProvider('kayenta', readConfig, (config, { begun }) => (begun ? look(http, config, begun) : start(http, config)))
