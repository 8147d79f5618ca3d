/** The wire format of protocol buffers: a message as its numbered fields. */

export type WireField =
  | { readonly number: number; readonly is: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly is: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly is: 'fixed64' | 'fixed32'; readonly value: number }

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

const MAX_VARINT_BYTES = 10

type Cursor = { readonly data: Uint8Array; at: number }

const cutShort = () => new Error('protobuf: the message is cut short')

const readVarint = (cursor: Cursor): bigint => {
  let value = 0n
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = cursor.data[cursor.at]
    if (byte === undefined) throw cutShort()
    cursor.at += 1
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return value
  }
  throw new Error('protobuf: a varint is longer than ten bytes')
}

const readBytes = (cursor: Cursor, length: number): Uint8Array => {
  if (cursor.at + length > cursor.data.length) throw cutShort()
  const bytes = cursor.data.subarray(cursor.at, cursor.at + length)
  cursor.at += length
  return bytes
}

const readDouble = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat64(0, true)
const readFloat = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat32(0, true)

const readField = (cursor: Cursor): WireField => {
  const key = Number(readVarint(cursor))
  const number = Math.floor(key / 8)
  switch (key % 8) {
    case VARINT:
      return { number, is: 'varint', value: readVarint(cursor) }
    case BYTES:
      return { number, is: 'bytes', value: readBytes(cursor, Number(readVarint(cursor))) }
    case FIXED64:
      return { number, is: 'fixed64', value: readDouble(readBytes(cursor, 8)) }
    case FIXED32:
      return { number, is: 'fixed32', value: readFloat(readBytes(cursor, 4)) }
    default:
      throw new Error(`protobuf: wire type ${key % 8} is not known`)
  }
}

/** The fields of a message in their order; throws for what is no message. */
export const readMessage = (data: Uint8Array): readonly WireField[] => {
  const cursor: Cursor = { data, at: 0 }
  const fields: WireField[] = []
  while (cursor.at < data.length) fields.push(readField(cursor))
  return fields
}
