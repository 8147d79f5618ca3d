import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ODD } from './bytes.ts'
import { ChunkReader, relayed } from './chunks.ts'

/** What is relayed of a body that comes in pieces, and whether it was over; undefined when it was refused. */
const relay = (body: string, cuts: readonly number[]): { readonly text: string; readonly isDone: boolean } | undefined => {
  const reader = new ChunkReader()
  reader.start()
  const bytes = Buffer.from(body, 'latin1')
  let text = ''
  let from = 0
  for (const to of [...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (to <= from || reader.isDone) continue
    const end = reader.read(bytes, from, to)
    if (end === ODD) return undefined
    text += relayed(bytes, from, end, reader.cuts).toString('latin1')
    from = end
  }
  return { text, isDone: reader.isDone }
}

const chunk = fc.record({
  data: fc.stringMatching(/^[a-z\r\n;:]{1,20}$/),
  extension: fc.constantFrom('', ';a', ';a=b', ';a="b c"'),
})
const trailer = fc.constantFrom('', 'X: y\r\n', 'X: y\r\nZ-Sum: 12\r\n')

test('chunks are relayed as they are, without extensions and trailers, wherever the pieces are cut', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 5 }), trailer, fc.array(fc.nat(300), { maxLength: 6 }), (chunks, end, cuts) => {
      const render = (withExtras: boolean) =>
        `${chunks
          .map(({ data, extension }) => `${data.length.toString(16)}${withExtras ? extension : ''}\r\n${data}\r\n`)
          .join('')}0\r\n${withExtras ? end : ''}\r\n`
      assert.deepEqual(relay(render(true), cuts), { text: render(false), isDone: true })
    }),
  )
})

test('what follows the last chunk is not taken', () => {
  const reader = new ChunkReader()
  reader.start()
  const bytes = Buffer.from('1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n')
  assert.equal(reader.read(bytes, 0, bytes.length), '1\r\na\r\n0\r\n\r\n'.length)
  assert.ok(reader.isDone)
})

for (const body of [
  'x\r\n',
  '\r\n',
  '1 \r\na\r\n',
  '+1\r\na\r\n',
  '0x1\r\na\r\n',
  '1\na\r\n',
  '1\r\nab\r\n',
  '1\r\na\n',
  '1;\ra\r\n',
  '20000000000001\r\n',
  '00000000000000001\r\n',
  '0\r\nContent-Length: 1\r\n\r\n',
  '0\r\n X: y\r\n\r\n',
  '0\r\nX\r\n\r\n',
  `1;${'a'.repeat(9_000)}\r\na\r\n`,
]) {
  test(`refused: ${JSON.stringify(body.slice(0, 40))}`, () => assert.equal(relay(body, []), undefined))
}
