/** The provider `web`: the JSON (or text) that an HTTP endpoint answers. */
import { compactJson, toExprValue } from '../expr/run/json.ts'
import type { Measured } from '../measured.ts'
import { type Authenticate, type Authentication, readAuthentication } from './authentication.ts'
import { decoded, headers, object, optionalFlag, optionalText, reject, rejectQuietly, seconds, text } from './fields.ts'
import { type HttpAnswer, type HttpClient, isHttpUrl } from './http.ts'
import { parseAnswer } from './json.ts'
import { findByJsonPath, type JsonPath, parseJsonPath } from './jsonpath.ts'
import type { Provider } from './provider.ts'

const WHERE = 'provider.web'
const EXAMPLE = '{"url": "http://web.default/metrics", "jsonPath": "{$.ok}"}'
const DEFAULT_TIMEOUT_S = 10
const METHODS = ['GET', 'POST', 'PUT'] as const
type Method = (typeof METHODS)[number]

type Config = {
  readonly method: Method
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: string
  readonly timeoutMs: number
  readonly isInsecure: boolean
  readonly path: JsonPath
  readonly authentication: Authentication
}

const readPath = (value: unknown): JsonPath => {
  const given = optionalText(`${WHERE}.jsonPath`, value)
  const parsed = parseJsonPath(given === '' ? '{$}' : given)
  return 'path' in parsed
    ? parsed.path
    : reject(`${WHERE}.jsonPath`, given, `a JSONPath of kubectl, e.g. {$.data.ok} (${parsed.problem})`)
}

const readMethod = (value: unknown): Method => {
  const method = value === undefined || value === '' ? 'GET' : value
  return METHODS.find(one => one === method) ?? reject(`${WHERE}.method`, value, `one of ${METHODS.join(', ')}`)
}

const readBody = (method: Method, body: string, json: unknown): string | undefined => {
  const hasJson = json !== undefined && json !== null
  if (body !== '' && hasJson) rejectQuietly(`${WHERE}.body`, 'left out when there is a jsonBody')
  if (body === '' && !hasJson) return undefined
  if (method === 'GET') rejectQuietly(`${WHERE}.${hasJson ? 'jsonBody' : 'body'}`, 'left out with method GET; use POST or PUT')
  return hasJson ? JSON.stringify(json) : body
}

const readConfig = (value: unknown): Config => {
  const fields = object(WHERE, value, EXAMPLE)
  const url = text(`${WHERE}.url`, fields['url'], 'http://web.default/metrics')
  if (!isHttpUrl(url)) rejectQuietly(`${WHERE}.url`, 'a URL, e.g. http://web.default/metrics')
  const method = readMethod(fields['method'])
  const body = readBody(method, optionalText(`${WHERE}.body`, fields['body']), fields['jsonBody'])
  const hasJson = fields['jsonBody'] !== undefined && fields['jsonBody'] !== null
  return {
    method,
    url,
    headers: { ...headers(`${WHERE}.headers`, fields['headers']), ...(hasJson ? { 'content-type': 'application/json' } : {}) },
    ...(body === undefined ? {} : { body }),
    timeoutMs: seconds(`${WHERE}.timeoutSeconds`, fields['timeoutSeconds'], DEFAULT_TIMEOUT_S),
    isInsecure: optionalFlag(`${WHERE}.insecure`, fields['insecure']),
    path: readPath(fields['jsonPath']),
    authentication: readAuthentication(`${WHERE}.authentication`, fields['authentication']),
  }
}

/** Argo Rollouts takes a body that is no JSON for a success whatever the conditions say; here they are asked about the text. */
const read = ({ status, body }: HttpAnswer, path: JsonPath): Measured => {
  if (status < 200 || status >= 300) return { kind: 'error', message: `received non 2xx response code: ${status}` }
  const parsed = parseAnswer(body)
  if (!parsed) return { kind: 'value', value: body, result: toExprValue(body) }
  const found = findByJsonPath(path, parsed.json)
  if ('problem' in found) return { kind: 'error', message: `Could not find JSONPath in body: ${found.problem}` }
  if (found.values.length === 0) return { kind: 'error', message: 'result of web metric produced no value' }
  const result = toExprValue(found.values[0])
  return { kind: 'value', value: compactJson(result), result }
}

export const makeWebProvider = ({
  http,
  authenticate,
}: {
  readonly http: HttpClient
  readonly authenticate: Authenticate
}): Provider => ({
  name: 'web',
  measure: async request => {
    const config = decoded(() => readConfig(request.config))
    if ('problem' in config) return { kind: 'error', message: config.problem }
    const { authentication, path, ...one } = config.config
    try {
      return read(await http.send(await authenticate(one, authentication, request.now)), path)
    } catch (error) {
      return { kind: 'error', message: error instanceof Error ? error.message : String(error) }
    }
  },
})
