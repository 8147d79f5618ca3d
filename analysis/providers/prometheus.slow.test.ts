import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../local/free-port.ts'
import { judgeResult } from '../conditions.ts'
import type { Measured } from '../measured.ts'
import { makeIdentity } from '../testing/admin-server.ts'
import { FIRST } from '../testing/runs.ts'
import { makeAuthenticate } from './authentication.ts'
import { makeHttpClient } from './http.ts'
import { makePrometheusProvider } from './prometheus.ts'

const isThere = spawnSync('prometheus', ['--version']).status === 0
/** bcrypt of `secret`, cost 4. */
const PASSWORD_HASH = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'

describe('a real Prometheus', { skip: isThere ? false : 'prometheus is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-prometheus-'))
  let server: ChildProcess
  let address: string
  let http: ReturnType<typeof makeHttpClient>

  const ask = (config: object): Promise<Measured> => {
    const whole = { address, authentication: { basicAuth: { username: 'me', password: 'secret' } }, ...config }
    const metric = { name: 'm', provider: { prometheus: whole } }
    const authenticate = makeAuthenticate(http, () => Promise.reject(new Error('not used')))
    const request = { namespace: 'default', metric, config: whole, since: 0, ...FIRST, passedBefore: false, now: Date.now() }
    return makePrometheusProvider({ http, authenticate }).measure(request)
  }
  const shownValue = async (query: string): Promise<string> => {
    const measured = await ask({ query })
    return measured.kind === 'value' ? measured.value : assert.fail(JSON.stringify(measured))
  }

  before(async () => {
    const { authority, serving } = await makeIdentity('localhost')
    const port = await freePort()
    address = `https://localhost:${port}`
    http = makeHttpClient({ ca: authority.cert })
    writeFileSync(join(folder, 'prometheus.yml'), '')
    writeFileSync(join(folder, 'cert.pem'), serving.cert)
    writeFileSync(join(folder, 'key.pem'), serving.key)
    writeFileSync(
      join(folder, 'web.yml'),
      `tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {me: '${PASSWORD_HASH}'}\n`,
    )
    const options = {
      'config.file': 'prometheus.yml',
      'storage.tsdb.path': 'data',
      'web.config.file': 'web.yml',
      'web.listen-address': `127.0.0.1:${port}`,
    }
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
    server = spawn('prometheus', args, { cwd: folder, stdio: 'ignore' })
    for (let i = 0; i < 150; i += 1) {
      if ((await ask({ query: 'vector(1)' })).kind === 'value') return
      await sleep(200)
    }
    assert.fail(JSON.stringify(await ask({ query: 'vector(1)' })))
  })

  after(async () => {
    await http?.close()
    const ended = new Promise(resolve => server?.once('exit', resolve))
    server?.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  })

  test('answers scalars, vectors, and what is no number', async () => {
    assert.equal(await shownValue('scalar(vector(0.97))'), '0.97')
    assert.equal(await shownValue('vector(0.97)'), '[0.97]')
    assert.equal(await shownValue('vector(0) / 0'), '[NaN]')
    assert.equal(await shownValue('vector(1) / 0'), '[+Inf]')
    assert.equal(await shownValue('nothing_like_it'), '[]')
  })

  test('is judged by conditions', async () => {
    const measured = await ask({ query: 'vector(0.97)' })
    assert.deepEqual(measured.kind === 'value' && judgeResult({ successCondition: 'result[0] >= 0.95' }, measured.result, 0), {
      phase: 'Successful',
    })
  })

  test('answers a range', async () => {
    const rangeQuery = { start: 'now() - duration("1m")', end: 'now()', step: '30s' }
    const measured = await ask({ query: 'vector(2)', rangeQuery })
    assert.equal(measured.kind === 'value' && measured.value, '[2,2,2]')
  })

  test('says what is wrong with a query', async () => {
    const measured = await ask({ query: 'rate(' })
    assert.match(measured.kind === 'error' ? measured.message : '', /^bad_data: .*parse error/)
    const text = await ask({ query: '"text"' })
    assert.deepEqual(text, { kind: 'error', message: 'Prometheus metric type not supported' })
  })

  test('refuses a wrong password, which is told without the password', async () => {
    const measured = await ask({ query: 'up', authentication: { basicAuth: { username: 'me', password: 'wrong-guess' } } })
    assert.equal(
      measured.kind === 'error' && measured.message,
      '/api/v1/query answered 401, not in the form of the Prometheus API',
    )
  })

  test('is not asked when its certificate is of an unknown authority', async () => {
    const stranger = makeHttpClient()
    const authenticate = makeAuthenticate(stranger, () => Promise.reject(new Error('not used')))
    const config = { address, query: 'up', timeout: 5 }
    const metric = { name: 'm', provider: { prometheus: config } }
    const request = { namespace: 'default', metric, config, since: 0, ...FIRST, passedBefore: false, now: Date.now() }
    const measured = await makePrometheusProvider({ http: stranger, authenticate }).measure(request)
    assert.match(measured.kind === 'error' ? measured.message : '', /the request failed \(/)
    await stranger.close()
  })
})
