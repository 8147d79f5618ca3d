import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesOf, logPath } from './logs.ts'

test('the path has what is wished for and nothing else, and no name can leave its place', () => {
  assert.equal(logPath({ namespace: 'shop', pod: 'web-1' }), '/api/v1/namespaces/shop/pods/web-1/log')
  assert.equal(
    logPath({ namespace: 'shop', pod: 'web-1', container: 'a', previous: true, follow: false, tailLines: 5, timestamps: true }),
    '/api/v1/namespaces/shop/pods/web-1/log?container=a&previous=true&timestamps=true&tailLines=5',
  )
  assert.equal(
    logPath({ namespace: '../x', pod: 'a/b?c', container: 'd&e=f' }),
    '/api/v1/namespaces/..%2Fx/pods/a%2Fb%3Fc/log?container=d%26e%3Df',
  )
})

async function* bytes(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text
}

const all = async (chunks: AsyncIterable<Uint8Array>) => {
  const lines: string[] = []
  for await (const line of linesOf(chunks)) lines.push(line)
  return lines
}

test('lines are whole however they come, letters of several bytes too', async () => {
  const euro = Buffer.from('€')
  assert.deepEqual(await all(bytes('a', 'b\nc\n\n', euro.subarray(0, 1), euro.subarray(1), '\nend')), ['ab', 'c', '', '€', 'end'])
})

test('a line without an end does not grow in memory', async () => {
  const lines = await all(bytes('x'.repeat(40_000), 'y\n'))
  assert.deepEqual(
    lines.map(line => line.length),
    [16_384, 16_384, 7233],
  )
})
