import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRunStatus } from '../api/analysis-run.ts'
import { LONGEST_TEXT, shortenTexts } from './status-texts.ts'

const statusWith = (text: string): AnalysisRunStatus => ({
  phase: 'Error',
  message: text,
  metricResults: [
    {
      name: 'm',
      phase: 'Error',
      message: text,
      measurements: [{ phase: 'Error', value: text, message: text, metadata: { state: text } }],
    },
  ],
})

test('texts that are too long for a status are cut off and say so; what a provider wants back is not', () => {
  const long = 'x'.repeat(3_000_000)
  const { message = '', metricResults } = shortenTexts(statusWith(long))
  const [one] = metricResults?.[0]?.measurements ?? []
  assert.match(message, /^x{4000}… \(2996000 characters more\)$/)
  assert.deepEqual([one?.value, one?.message, metricResults?.[0]?.message], [message, message, message])
  assert.equal(one?.metadata?.['state'], long)
})

test('what fits stays as it is, and what was cut off once is not cut again', () => {
  const fits = statusWith('x'.repeat(LONGEST_TEXT))
  assert.deepEqual(shortenTexts(fits), fits)
  const once = shortenTexts(statusWith('é😀'.repeat(LONGEST_TEXT)))
  assert.deepEqual(shortenTexts(once), once)
})
