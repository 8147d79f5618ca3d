import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NOW } from '../testing/provider-lab.ts'
import { type Respond, startWebServer, type WebServer } from '../testing/web-server.ts'
import type { AwsSource } from './authentication.ts'
import { type AwsSettings, makeAwsSource, readAwsSettings, readProfile } from './aws.ts'
import { makeHttpClient } from './http.ts'

const SECRET = 'correct-horse'
const ROLE = 'arn:aws:iam::123456789012:role/metrics'
const KEYS = { accessKeyId: 'AKID', secretAccessKey: SECRET }
const NONE = { region: 'eu-west-1', profile: '', roleArn: '' }

/** As in Amazon's documentation of the action. */
const granted = (id: string, until: number): string => `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><Credentials>
    <AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${SECRET}</SecretAccessKey>
    <SessionToken>session/token+of/${id}==</SessionToken><Expiration>${new Date(until).toISOString()}</Expiration>
  </Credentials></AssumeRoleResult>
</AssumeRoleResponse>`

const files: { readonly [path: string]: string } = {
  '/token': 'header.claims.signature\n',
  '/profiles': `[default]\naws_access_key_id = OTHER\naws_secret_access_key=a\n\n[ team ]\naws_access_key_id=TEAM\naws_secret_access_key=b\naws_session_token = c\n[half]\naws_access_key_id=HALF\n`,
}
const readFile = async (path: string): Promise<string> => files[path] ?? Promise.reject(new Error(`ENOENT ${path}`))

const withSts = async (
  settings: AwsSettings,
  respond: Respond,
  body: (aws: AwsSource, server: WebServer) => Promise<void>,
): Promise<void> => {
  const server = await startWebServer(respond)
  const http = makeHttpClient({ retryAfterMs: 1 })
  try {
    await body(makeAwsSource({ http, readFile, settings: { ...settings, stsUrl: server.origin } }), server)
  } finally {
    await http.close()
    await server.close()
  }
}

const nobody: Respond = () => assert.fail('nobody is to be asked')
const form = (server: WebServer, i = 0) => Object.fromEntries(new URLSearchParams(server.asked[i]?.body))

describe('credentials for Amazon', () => {
  test('are the keys of the controller, with the region of the metric, or its own', () =>
    withSts({ keys: KEYS, region: 'us-east-1' }, nobody, async aws => {
      assert.deepEqual(await aws(NONE, NOW), { ...KEYS, region: 'eu-west-1' })
      assert.deepEqual(await aws({ ...NONE, region: '' }, NOW), { ...KEYS, region: 'us-east-1' })
    }))

  test('are those of a profile when it is named', () =>
    withSts({ keys: KEYS, profilesFile: '/profiles' }, nobody, async aws => {
      assert.deepEqual(await aws({ ...NONE, profile: 'team' }, NOW), {
        accessKeyId: 'TEAM',
        secretAccessKey: 'b',
        sessionToken: 'c',
        region: 'eu-west-1',
      })
    }))

  test('are those of the default profile when there is nothing else', () =>
    withSts({ profilesFile: '/profiles' }, nobody, async aws => assert.equal((await aws(NONE, NOW)).accessKeyId, 'OTHER')))

  test('of a role are asked for with a signature, kept, and asked for anew before they end', () =>
    withSts(
      { keys: KEYS },
      () => ({ body: granted('TEMP', NOW + 3_600_000) }),
      async (aws, server) => {
        const wanted = { ...NONE, roleArn: ROLE }
        for (const minutes of [0, 54, 56]) {
          const access = await aws(wanted, NOW + minutes * 60_000)
          assert.deepEqual([access.accessKeyId, access.sessionToken], ['TEMP', 'session/token+of/TEMP=='])
        }
        assert.equal(server.asked.length, 2)
        assert.deepEqual(form(server), { Action: 'AssumeRole', Version: '2011-06-15', RoleSessionName: 'sluice', RoleArn: ROLE })
        const { authorization = '' } = server.asked[0]?.headers ?? {}
        assert.match(authorization, /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/sts\/aws4_request/)
        assert.doesNotMatch(JSON.stringify(server.asked), new RegExp(SECRET))
      },
    ))

  test('are those of the role of the controller’s ServiceAccount, by its token, and another role’s by way of that', () =>
    withSts(
      { webIdentity: { roleArn: ROLE, tokenFile: '/token' } },
      ({ body }) => ({ body: granted(body.includes('WebIdentity') ? 'OWN' : 'TEMP', NOW + 3_600_000) }),
      async (aws, server) => {
        assert.equal((await aws(NONE, NOW)).accessKeyId, 'OWN')
        assert.equal(server.asked[0]?.headers.authorization, undefined)
        const { Action, WebIdentityToken } = form(server)
        assert.deepEqual([Action, WebIdentityToken], ['AssumeRoleWithWebIdentity', 'header.claims.signature'])
        assert.equal((await aws({ ...NONE, roleArn: `${ROLE}-2` }, NOW)).accessKeyId, 'TEMP')
        assert.match(server.asked[1]?.headers.authorization ?? '', /Credential=OWN\//)
        assert.equal(server.asked[1]?.headers['x-amz-security-token'], 'session/token+of/OWN==')
      },
    ))

  const REFUSED = `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${SECRET}</Message></Error></ErrorResponse>`
  const ROWS: readonly (readonly [what: string, settings: AwsSettings, wanted: object, respond: Respond, says: RegExp])[] = [
    [
      'nothing is configured',
      {},
      {},
      nobody,
      /^AWS credentials are not configured for the controller; give its ServiceAccount a/,
    ],
    ['there is no region', { keys: KEYS }, { region: '' }, nobody, /^sigv4\.region is missing, and AWS_REGION is not set/],
    ['the region is an address', { keys: KEYS }, { region: 'x.evil/' }, nobody, /^sigv4\.region is missing/],
    [
      'there is no file of profiles',
      { keys: KEYS },
      { profile: 'team' },
      nobody,
      /^sigv4\.profile is "team", but AWS_SHARED_CRED/,
    ],
    [
      'the profile has no keys',
      { profilesFile: '/profiles' },
      { profile: 'half' },
      nobody,
      /has no keys for the profile "half"$/,
    ],
    ['the file is gone', { profilesFile: '/none' }, {}, nobody, /^AWS_SHARED_CREDENTIALS_FILE of the controller cannot be read$/],
    [
      'the role is none',
      { keys: KEYS },
      { roleArn: 'metrics' },
      nobody,
      /^sigv4\.roleArn is "metrics", it must be a role, e\.g\. arn/,
    ],
    [
      'the role is refused',
      { keys: KEYS },
      { roleArn: ROLE },
      () => ({ status: 403, body: REFUSED }),
      /^sts: AssumeRole for arn:aws:iam::123456789012:role\/metrics was answered with 403 \(AccessDenied\)$/,
    ],
    ['the answer has none', { keys: KEYS }, { roleArn: ROLE }, () => ({ body: SECRET }), /was answered without credentials$/],
  ]
  for (const [what, settings, wanted, respond, says] of ROWS) {
    test(`are an error that says so when ${what}`, () =>
      withSts(settings, respond, async aws => {
        const error = await aws({ ...NONE, ...wanted }, NOW).then(
          () => assert.fail('there are credentials'),
          (problem: Error) => problem.message,
        )
        assert.match(error, says)
        assert.doesNotMatch(error, new RegExp(SECRET))
      }))
  }
})

test('settings have the names that Amazon’s libraries know', () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_SESSION_TOKEN: 'c',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ROLE_ARN: ROLE,
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    AWS_SHARED_CREDENTIALS_FILE: '/profiles',
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1',
  }
  assert.deepEqual(readAwsSettings(env), {
    keys: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    region: 'eu-west-1',
    webIdentity: { roleArn: ROLE, tokenFile: '/token' },
    profilesFile: '/profiles',
    stsUrl: 'http://127.0.0.1:1',
  })
  assert.equal(readAwsSettings({ ...env, AWS_REGION: 'us-east-1' }).region, 'us-east-1')
  assert.deepEqual(readAwsSettings({ AWS_ACCESS_KEY_ID: 'a', AWS_ROLE_ARN: ROLE }), {})
})

test('a profile is the keys below its name, and not those of the next', () => {
  assert.equal(readProfile(files['/profiles'] ?? '', 'default')?.sessionToken, undefined)
  assert.equal(readProfile(files['/profiles'] ?? '', 'none'), undefined)
})
