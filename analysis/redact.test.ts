import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRunStatus } from '../api/analysis-run.ts'
import { redact, redactStatus } from './redact.ts'

const SECRET = 'correct "horse" & co\n'

test('a secret is hidden as it is, trimmed, in JSON, in a URL and in a header', () => {
  const text = `a ${SECRET} b ${SECRET.trim()} c ${JSON.stringify(SECRET)} d ${encodeURIComponent(SECRET)} e ${btoa(SECRET)} f`
  assert.equal(redact(text, [SECRET]), 'a ***** b ***** c "*****" d ***** e ***** f')
})

const NESTED = JSON.stringify({ a: JSON.stringify({ b: JSON.stringify(SECRET.trim()) }) })
const FORMS: readonly (readonly [what: string, form: string])[] = [
  ['in JSON that stands in JSON', NESTED],
  ['in JSON as Go writes it', JSON.stringify(SECRET.trim()).replaceAll('&', '\\u0026')],
  ['in a form', new URLSearchParams({ k: SECRET.trim() }).toString()],
  ['in a URL with small letters', encodeURIComponent(SECRET.trim()).toLowerCase()],
  ['in HTML', SECRET.trim().replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ['in HTML by numbers', SECRET.trim().replaceAll('&', '&#38;').replaceAll('"', '&#x22;')],
  ...['', 'a:', 'me:', 'ann:'].map((name): [string, string] => [
    `as the password of "${name}"`,
    `Basic ${btoa(name + SECRET.trim())}`,
  ]),
]
for (const [what, form] of FORMS) {
  test(`a secret is hidden ${what}`, () => {
    const hidden = redact(form, [SECRET])
    assert.match(hidden, /\*{5}/)
    assert.doesNotMatch(hidden, /horse|correct/)
    const decoded = Buffer.from(hidden.replace('Basic ', '').replace('*****', ''), 'base64').toString('latin1')
    assert.doesNotMatch(decoded, /orr|hor|& co/)
  })
}

test('a secret with backslashes and signs of patterns is hidden, and looked for without end by nobody', () => {
  const secret = String.raw`a\\b.*(c)[d]{2}^$|+?/-ü€😀`
  for (const text of [secret, JSON.stringify(secret), JSON.stringify(JSON.stringify(secret)), encodeURIComponent(secret)]) {
    assert.match(redact(`x ${text} y`, [secret]), /^x ["\\]*\*{5}["\\]* y$/, text)
  }
  const run = '\\'.repeat(5000)
  assert.equal(redact(run, [`${'\\"'.repeat(30)}x`]), run)
})

test('a long secret is hidden, whatever line of it is quoted in whatever form', () => {
  const secret = Array.from({ length: 60 }, (_, i) => `line ${i} of "a" & certificate`).join('\n')
  for (const text of [secret, JSON.stringify({ secret }), encodeURIComponent(secret), btoa(`me:${secret}`)]) {
    const hidden = redact(text, [secret])
    assert.doesNotMatch(hidden, /certificate|line/)
    assert.doesNotMatch(atob(hidden.replace(/[^A-Za-z0-9+/]/g, '').slice(0, 4)), /li/)
    assert.ok(hidden.length < text.length / 4, hidden)
  }
})

test('what is no secret stays', () => {
  const text = 'rate(http_requests_total{code="500"}[5m]) is 0.25 & more; bWU6b3RoZXI='
  assert.equal(redact(text, [SECRET, 'hunter2']), text)
})

test('of two secrets of which one begins with the other nothing is left', () => {
  assert.equal(redact('key is abcdef', ['abc', 'abcdef']), 'key is *****')
})

test('an empty secret hides nothing', () => assert.equal(redact('text', ['', ' ']), 'text'))

test('it is hidden in every text of a status', () => {
  const texts = { message: 'm hunter2', metadata: { query: 'q hunter2' } }
  const status: AnalysisRunStatus = {
    phase: 'Error',
    message: 'r hunter2',
    metricResults: [
      { name: 'm', phase: 'Error', ...texts, measurements: [{ phase: 'Error', value: 'v hunter2', ...texts }] },
      { name: 'n', phase: 'Running' },
    ],
  }
  const hidden = JSON.stringify(redactStatus(status, ['hunter2']))
  assert.equal(hidden, JSON.stringify(status).replaceAll('hunter2', '*****'))
  assert.equal(redactStatus(status, []), status)
})
