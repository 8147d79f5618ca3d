/** Credentials of a request: OAuth 2 client credentials, basic, AWS signatures. None of them ever stands in a message. */
import { AwsV4Signer } from 'aws4fetch'
import { type Fields, object, optionalText, rejectQuietly } from './fields.ts'
import type { HttpClient, HttpRequest } from './http.ts'
import { isHttpUrl, shownUrl } from './http.ts'

export type OAuth2 = {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
}
export type SigV4 = { readonly region: string; readonly profile: string; readonly roleArn: string }
export type Basic = { readonly username: string; readonly password: string }
export type Authentication = { readonly oauth2?: OAuth2; readonly sigv4?: SigV4; readonly basic?: Basic }

export type AwsCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
/** Keys, and the region to sign for. */
export type AwsAccess = AwsCredentials & { readonly region: string }
/** Rejects with an Error that says what is missing. */
export type AwsSource = (wanted: SigV4, now: number) => Promise<AwsAccess>

const oauth2Of = (where: string, fields: Fields): OAuth2 | undefined => {
  const [tokenUrl, clientId, clientSecret] = ['tokenUrl', 'clientId', 'clientSecret'].map(name =>
    optionalText(`${where}.${name}`, fields[name]),
  ) as [string, string, string]
  if (tokenUrl === '') return undefined
  if (clientId === '' || clientSecret === '') rejectQuietly(where, 'complete: tokenUrl, clientId and clientSecret')
  if (!isHttpUrl(tokenUrl)) rejectQuietly(`${where}.tokenUrl`, 'a URL, e.g. https://login.example/token')
  const { scopes = [] } = fields
  const isList = Array.isArray(scopes) && scopes.every(scope => typeof scope === 'string')
  return {
    tokenUrl,
    clientId,
    clientSecret,
    scopes: isList ? (scopes as string[]) : rejectQuietly(`${where}.scopes`, 'a list of texts'),
  }
}

const basicOf = (where: string, fields: Fields): Basic | undefined => {
  const [username, password] = ['username', 'password'].map(name => optionalText(`${where}.${name}`, fields[name])) as [
    string,
    string,
  ]
  return username === '' ? undefined : { username, password }
}

const sigv4Of = (where: string, fields: Fields): SigV4 | undefined => {
  const [region, profile, roleArn] = ['region', 'profile', 'roleArn'].map(name =>
    optionalText(`${where}.${name}`, fields[name]),
  ) as [string, string, string]
  return region + profile + roleArn === '' ? undefined : { region, profile, roleArn }
}

/** The field `authentication`; throws as the readers of fields.ts do. */
export const readAuthentication = (where: string, value: unknown): Authentication => {
  if (value === undefined || value === null) return {}
  const fields = object(
    where,
    value,
    '{"oauth2": {"tokenUrl": "https://login.example/token", "clientId": "a", "clientSecret": "b"}}',
  )
  const part = (name: string): Fields =>
    fields[name] === undefined || fields[name] === null ? {} : object(`${where}.${name}`, fields[name], '{}')
  const oauth2 = oauth2Of(`${where}.oauth2`, part('oauth2'))
  const basic = basicOf(`${where}.basicAuth`, part('basicAuth'))
  const sigv4 = sigv4Of(`${where}.sigv4`, part('sigv4'))
  return { ...(oauth2 && { oauth2 }), ...(basic && { basic }), ...(sigv4 && { sigv4 }) }
}

type Token = { readonly value: string; readonly until: number }

/** A token is asked for anew so long before it ends. */
const MARGIN_MS = 10_000
const NO_EXPIRY_MS = 60_000

const parseToken = (
  body: string,
): { readonly access_token?: unknown; readonly expires_in?: unknown; readonly token_type?: unknown } => {
  try {
    const json: unknown = JSON.parse(body)
    return typeof json === 'object' && json !== null ? json : {}
  } catch {
    // Said below: there is no token in it.
    return {}
  }
}

const fetchToken = async (http: HttpClient, oauth2: OAuth2, like: HttpRequest, now: number): Promise<Token> => {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (oauth2.scopes.length > 0) form.set('scope', oauth2.scopes.join(' '))
  const user = `${encodeURIComponent(oauth2.clientId)}:${encodeURIComponent(oauth2.clientSecret)}`
  const answer = await http.send({
    method: 'POST',
    url: oauth2.tokenUrl,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(user).toString('base64')}`,
    },
    body: form.toString(),
    timeoutMs: like.timeoutMs,
    ...(like.isInsecure ? { isInsecure: true } : {}),
  })
  if (answer.status !== 200) throw new Error(`oauth2: ${shownUrl(oauth2.tokenUrl)} answered ${answer.status} instead of a token`)
  const { access_token: value, expires_in: seconds } = parseToken(answer.body)
  if (typeof value !== 'string' || value === '')
    throw new Error(`oauth2: ${shownUrl(oauth2.tokenUrl)} answered without an access_token`)
  const lifetime = Number(seconds) > 0 ? Number(seconds) * 1000 : NO_EXPIRY_MS
  return { value, until: now + lifetime - MARGIN_MS }
}

/** A request with Amazon's signature (version 4). */
export const signAws = async (one: HttpRequest, service: string, access: AwsAccess): Promise<HttpRequest> => {
  const { method = 'GET', url, headers = {}, body } = one
  const signer = new AwsV4Signer({
    method,
    url,
    headers,
    ...(body === undefined ? {} : { body }),
    service,
    ...access,
  })
  const signed = await signer.sign()
  return { ...one, headers: Object.fromEntries(signed.headers.entries()) }
}

export type Authenticate = (one: HttpRequest, authentication: Authentication, now: number) => Promise<HttpRequest>

/** Adds credentials to requests; tokens are kept in memory until shortly before they end. */
export const makeAuthenticate = (http: HttpClient, aws: AwsSource): Authenticate => {
  const tokens = new Map<string, Token>()
  const tokenFor = async (oauth2: OAuth2, one: HttpRequest, now: number): Promise<string> => {
    const key = JSON.stringify(oauth2)
    const known = tokens.get(key)
    if (known && known.until > now) return known.value
    for (const [old, { until }] of tokens) if (until <= now) tokens.delete(old)
    const token = await fetchToken(http, oauth2, one, now)
    tokens.set(key, token)
    return token.value
  }
  return async (one, { oauth2, basic, sigv4 }, now) => {
    const withHeader = (authorization: string): HttpRequest => ({ ...one, headers: { ...one.headers, authorization } })
    if (oauth2) return withHeader(`Bearer ${await tokenFor(oauth2, one, now)}`)
    if (basic) return withHeader(`Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`)
    return sigv4 ? signAws(one, 'aps', await aws(sigv4, now)) : one
  }
}
