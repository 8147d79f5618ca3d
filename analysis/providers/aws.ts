/**
 * Where credentials for requests to Amazon come from: the controller's environment (keys, the role of its ServiceAccount, a file of profiles),
 * and from there roles that a metric names. As Amazon's own libraries read them; the requests to STS are those of its Query API, 2011-06-15.
 */
import { type AwsAccess, type AwsCredentials, type AwsSource, type SigV4, signAws } from './authentication.ts'
import type { HttpAnswer, HttpClient } from './http.ts'

export type AwsSettings = {
  readonly keys?: AwsCredentials
  readonly region?: string
  /** The role of the controller's ServiceAccount, and where its token is: a path. */
  readonly webIdentity?: { readonly roleArn: string; readonly tokenFile: string }
  /** Path of an INI file with keys by profile. */
  readonly profilesFile?: string
  /** Instead of Amazon's STS of the region. */
  readonly stsUrl?: string
}

type Environment = { readonly [name: string]: string | undefined }

/** By the names that Amazon's libraries know. */
export const readAwsSettings = (env: Environment): AwsSettings => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env
  const { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = env
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION']
  const { AWS_SHARED_CREDENTIALS_FILE: profilesFile, AWS_ENDPOINT_URL_STS: stsUrl } = env
  return {
    ...(accessKeyId && secretAccessKey && { keys: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
    ...(roleArn && tokenFile && { webIdentity: { roleArn, tokenFile } }),
    ...(region && { region }),
    ...(profilesFile && { profilesFile }),
    ...(stsUrl && { stsUrl }),
  }
}

/** The keys of one `[profile]` of an INI file; undefined when it has none. */
export const readProfile = (ini: string, profile: string): AwsCredentials | undefined => {
  const values = new Map<string, string>()
  let section = ''
  for (const line of ini.split(/\r?\n/)) {
    const header = /^\s*\[\s*(.*?)\s*\]\s*$/.exec(line)
    if (header) section = header[1] ?? ''
    const [, key = '', value = ''] = /^\s*([\w]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (section === profile && key !== '') values.set(key.toLowerCase(), value)
  }
  const [accessKeyId, secretAccessKey] = [values.get('aws_access_key_id'), values.get('aws_secret_access_key')]
  const sessionToken = values.get('aws_session_token')
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

const STS_VERSION = '2011-06-15'
const TIMEOUT_MS = 15_000
/** Credentials of a role are asked for anew so long before they end. */
const MARGIN_MS = 5 * 60_000
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/

type Temporary = { readonly credentials: AwsCredentials; readonly until: number }

const tagIn = (xml: string, name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''

/** What Amazon says beyond its code can hold what was sent, and is left out. */
const readAnswer = (action: string, roleArn: string, { status, body }: HttpAnswer): Temporary => {
  const what = `sts: ${action} for ${roleArn}`
  const code = tagIn(body, 'Code')
  if (status !== 200) throw new Error(`${what} was answered with ${status}${/^\w+$/.test(code) ? ` (${code})` : ''}`)
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(name =>
    tagIn(body, name),
  )
  const until = Date.parse(tagIn(body, 'Expiration'))
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(until))
    throw new Error(`${what} was answered without credentials`)
  return { credentials: { accessKeyId, secretAccessKey, sessionToken }, until }
}

export type AwsOptions = {
  readonly http: HttpClient
  readonly settings: AwsSettings
  /** The text of a file. */
  readonly readFile: (path: string) => Promise<string>
}

const NOT_CONFIGURED =
  'AWS credentials are not configured for the controller; give its ServiceAccount a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'

/** Credentials of roles are kept in memory until shortly before they end. */
export const makeAwsSource = ({ http, settings, readFile }: AwsOptions): AwsSource => {
  const known = new Map<string, Temporary>()

  const read = async (what: string, path: string): Promise<string> => {
    try {
      return await readFile(path)
    } catch {
      // Its own text has the path, which is nobody's business who writes a metric.
      throw new Error(`${what} of the controller cannot be read`)
    }
  }

  const ask = async (action: string, region: string, form: { readonly [name: string]: string }, access?: AwsAccess) => {
    const url = settings.stsUrl ?? `https://sts.${region}.amazonaws.com/`
    const body = new URLSearchParams({ Action: action, Version: STS_VERSION, RoleSessionName: 'sluice', ...form }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const request = { method: 'POST', url, headers, body, mayRepeat: true, timeoutMs: TIMEOUT_MS } as const
    const answer = await http.send(access ? await signAws(request, 'sts', access) : request)
    return readAnswer(action, form['RoleArn'] ?? '', answer)
  }

  const keep = async (key: string, now: number, make: () => Promise<Temporary>): Promise<AwsCredentials> => {
    const found = known.get(key)
    if (found && found.until - MARGIN_MS > now) return found.credentials
    const made = await make()
    known.set(key, made)
    return made.credentials
  }

  const ofProfile = async (profile: string): Promise<AwsCredentials> => {
    if (settings.profilesFile === undefined) {
      throw new Error(
        `sigv4.profile is ${JSON.stringify(profile)}, but AWS_SHARED_CREDENTIALS_FILE is not set for the controller`,
      )
    }
    const keys = readProfile(await read('AWS_SHARED_CREDENTIALS_FILE', settings.profilesFile), profile)
    if (!keys)
      throw new Error(`AWS_SHARED_CREDENTIALS_FILE of the controller has no keys for the profile ${JSON.stringify(profile)}`)
    return keys
  }

  const own = async ({ profile, region }: SigV4, now: number): Promise<AwsCredentials> => {
    const { keys, webIdentity, profilesFile } = settings
    if (profile !== '') return ofProfile(profile)
    if (keys) return keys
    if (webIdentity) {
      return keep(JSON.stringify(['own', region]), now, async () => {
        const WebIdentityToken = (await read('AWS_WEB_IDENTITY_TOKEN_FILE', webIdentity.tokenFile)).trim()
        return ask('AssumeRoleWithWebIdentity', region, { RoleArn: webIdentity.roleArn, WebIdentityToken })
      })
    }
    if (profilesFile !== undefined) return ofProfile('default')
    throw new Error(NOT_CONFIGURED)
  }

  return async (wanted, now) => {
    const region = wanted.region || settings.region || ''
    if (!/^[a-z0-9-]+$/.test(region)) throw new Error('sigv4.region is missing, and AWS_REGION is not set for the controller')
    const { profile, roleArn } = wanted
    if (roleArn !== '' && !ROLE.test(roleArn))
      throw new Error(
        `sigv4.roleArn is ${JSON.stringify(roleArn)}, it must be a role, e.g. arn:aws:iam::123456789012:role/metrics`,
      )
    const access = { ...(await own({ ...wanted, region }, now)), region }
    if (roleArn === '') return access
    const key = JSON.stringify([profile, region, roleArn])
    return { ...(await keep(key, now, () => ask('AssumeRole', region, { RoleArn: roleArn }, access))), region }
  }
}
