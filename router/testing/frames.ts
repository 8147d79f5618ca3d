/** HTTP/2 frames by hand, for tests of what no library sends. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const CONTINUATION = 9

export const frame = (type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header field as it is (RFC 7541 6.2.2), of up to 126 bytes. */
export const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])

/** GET / http, from HPACK's static table, and an :authority. */
export const GET = Buffer.concat([Buffer.from([0x82, 0x84, 0x86, 0x41, 1]), Buffer.from('a')])
