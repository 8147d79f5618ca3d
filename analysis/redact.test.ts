import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRunStatus } from '../api/analysis-run.ts'
import { redact, redactStatus } from './redact.ts'

const SECRET = 'correct "horse" & co\n'

test('a secret is hidden as it is, trimmed, in JSON, in a URL and in a header', () => {
  const text = `a ${SECRET} b ${SECRET.trim()} c ${JSON.stringify(SECRET)} d ${encodeURIComponent(SECRET)} e ${btoa(SECRET)} f`
  assert.equal(redact(text, [SECRET]), 'a ***** b ***** c "*****" d ***** e ***** f')
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
