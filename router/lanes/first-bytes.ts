/** What a connection speaks, by its first bytes. Pure. */

/** `more`: not enough bytes to tell yet. */
export type Speaks = 'http1' | 'h2' | 'tls' | 'unknown' | 'more'

const TLS_HANDSHAKE = 0x16
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const SPACE = 0x20
const DASH = 0x2d
const CR = 0x0d
const LF = 0x0a
/** Bytes of empty lines. */
const MAX_EMPTY = 4
/** Longest registered method names are 17 characters (IANA: UPDATEREDIRECTREF). */
const LONGEST_METHOD = 24

export const firstBytes = (bytes: Uint8Array): Speaks => {
  if (bytes.length === 0) return 'more'
  if (bytes[0] === TLS_HANDSHAKE) return 'tls'
  const common = Math.min(bytes.length, PREFACE.length)
  if (PREFACE.subarray(0, common).equals(bytes.subarray(0, common))) return common === PREFACE.length ? 'h2' : 'more'
  return looksLikeRequestLine(bytes)
}

/**
 * A method in capitals and a space. Whether it is one that HTTP knows is for the parser to say. Empty lines in front belong to
 * HTTP/1 too (RFC 9112 2.2).
 */
const looksLikeRequestLine = (bytes: Uint8Array): Speaks => {
  const end = Math.min(bytes.length, LONGEST_METHOD)
  let from = 0
  while (from < MAX_EMPTY && (bytes[from] === CR || bytes[from] === LF)) from++
  for (let i = from; i < end; i++) {
    const byte = bytes[i] ?? 0
    if (byte === SPACE) return i > from ? 'http1' : 'unknown'
    if ((byte < 0x41 || byte > 0x5a) && byte !== DASH) return 'unknown'
  }
  return bytes.length >= LONGEST_METHOD ? 'unknown' : 'more'
}
