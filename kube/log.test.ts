import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from './errors.ts'
import { type LogFields, makeLogger } from './log.ts'

const written = (fields?: LogFields): { readonly [name: string]: unknown } => {
  const lines: string[] = []
  makeLogger({ component: 'test', level: 'debug', write: line => lines.push(line), now: () => 0 }).info('hello', fields)
  assert.equal(lines.length, 1)
  assert.ok(!lines[0]?.includes('\n'))
  return JSON.parse(lines[0] ?? '')
}

test('an entry is one line of JSON with time, level, component and message', () => {
  assert.deepEqual(written({ n: 1, text: 'two\nlines' }), {
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    component: 'test',
    message: 'hello',
    n: 1,
    text: 'two\nlines',
  })
})

test('entries below the level are not written and `with` adds fields', () => {
  const lines: string[] = []
  const log = makeLogger({ component: 'test', level: 'warn', write: line => lines.push(line) }).with({ key: 'a/b' })
  log.debug('no')
  log.info('no')
  log.warn('yes')
  log.error('yes')
  assert.deepEqual(
    lines.map(line => [JSON.parse(line).level, JSON.parse(line).key]),
    [
      ['warn', 'a/b'],
      ['error', 'a/b'],
    ],
  )
})

test('secrets are not written wherever they stand', () => {
  const key = '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----'
  const entry = JSON.stringify(
    written({
      token: 's3cret',
      headers: { Authorization: 's3cret', 'set-cookie': 's3cret' },
      data: { 'tls.key': 's3cret', 'ca.key': 's3cret', 'client-key-data': 's3cret' },
      privateKey: 's3cret',
      note: `it is ${key}`,
      list: [`Bearer ${'s3cret'.repeat(2)}`],
      error: new Error(`bad key ${key}`),
    }),
  )
  assert.ok(!entry.includes('s3cret') && !entry.includes('PRIVATE KEY'), entry)
  assert.deepEqual(written({ key: 'shop/web', secret: { namespace: 'a', name: 'b' } })['key'], 'shop/web')
})

test('errors keep what names them, and cycles, big numbers and throwing getters do no harm', () => {
  const error = written({ error: new ApiError({ status: 409, reason: 'Conflict', message: 'changed' }) })['error']
  assert.ok(typeof error === 'object' && error !== null)
  assert.deepEqual({ ...error, stack: '' }, { name: 'ApiError', message: 'changed', status: 409, reason: 'Conflict', stack: '' })
  const cycle: { self?: unknown; big: bigint; twice: unknown[] } = { big: 1n, twice: [] }
  const shared = { a: 1 }
  cycle.self = cycle
  cycle.twice = [shared, shared]
  assert.deepEqual(written({ cycle })['cycle'], { big: '1', twice: [{ a: 1 }, { a: 1 }], self: '[circular]' })
  const throwing = {
    get bad(): string {
      throw new Error('no')
    },
  }
  assert.equal(written({ throwing })['message'], 'hello')
})
