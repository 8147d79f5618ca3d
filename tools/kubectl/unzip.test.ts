import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import { readEntry } from './unzip.ts'

type Part = { readonly name: string; readonly contents: string; readonly method: 0 | 8 }

const localHeader = ({ name, contents, method }: Part) => {
  const data = method === 8 ? deflateRawSync(contents) : Buffer.from(contents)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(name.length, 26)
  return { data, bytes: Buffer.concat([header, Buffer.from(name), data]) }
}

const directoryHeader = (part: Part, data: Buffer, offset: number, crc: number) => {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(part.method, 10)
  header.writeUInt32LE(crc, 16)
  header.writeUInt32LE(data.length, 20)
  header.writeUInt32LE(Buffer.byteLength(part.contents), 24)
  header.writeUInt16LE(part.name.length, 28)
  header.writeUInt32LE(offset, 42)
  return Buffer.concat([header, Buffer.from(part.name)])
}

const zipOf = (parts: readonly Part[], damage = 0): Buffer => {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const part of parts) {
    const { data, bytes } = localHeader(part)
    locals.push(bytes)
    directory.push(directoryHeader(part, data, offset, (crc32(part.contents) + damage) >>> 0))
    offset += bytes.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, ...directory, end])
}

const PARTS: readonly Part[] = [
  { name: 'plain', contents: 'as it is', method: 0 },
  { name: 'bin/tool', contents: 'squeezed '.repeat(1000), method: 8 },
]

test('reads stored and deflated entries', () => {
  const zip = zipOf(PARTS)
  assert.equal(readEntry(zip, 'plain').toString(), 'as it is')
  assert.equal(readEntry(zip, 'bin/tool').toString(), 'squeezed '.repeat(1000))
})

test('names the entries that there are when one is missing', () => {
  assert.throws(() => readEntry(zipOf(PARTS), 'other'), /no entry "other"; it has plain, bin\/tool/)
})

test('refuses a damaged entry and what is no archive', () => {
  assert.throws(() => readEntry(zipOf(PARTS, 1), 'plain'), /plain: the archive is damaged/)
  assert.throws(() => readEntry(Buffer.from('not a zip, but long enough to be one'), 'plain'), /not a zip archive/)
})
