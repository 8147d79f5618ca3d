/** The characters that HTTP/1.1 is made of (RFC 9110 5.6, RFC 9112), as tables for parsers that look at every byte once. */

export const NOTHING = Buffer.alloc(0)

export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const COLON = 0x3a

/** What parsers say instead of a position: all positions are >= 0. */
export const MORE = -1
/** Not of the one form that is beyond doubt. */
export const ODD = -2

const tableOf = (allowed: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (allowed(byte) ? 1 : 0))

/** Names of methods and headers. */
export const TOKEN = tableOf(byte => byte > SPACE && byte < 0x7f && !'"(),/:;<=>?@[\\]{}'.includes(String.fromCharCode(byte)))
/** Values of headers and reasons of statuses: no control character but the tab. */
export const FIELD = tableOf(byte => byte === TAB || (byte >= SPACE && byte !== 0x7f))
/** Targets of requests. `#` is left out: some servers cut a target there. */
export const TARGET = tableOf(byte => byte > SPACE && byte < 0x7f && byte !== 0x23)

/** Are the bytes from `from` on this word, whatever their case? `word` is in lower case and made of letters and `-`. */
export const isWord = (bytes: Uint8Array, from: number, word: string): boolean => {
  for (let i = 0; i < word.length; i++) if ((bytes[from + i]! | 0x20) !== word.charCodeAt(i)) return false
  return true
}

/** The same, case and all. */
export const isText = (bytes: Uint8Array, from: number, text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}

/** The number that these bytes write in decimal; ODD unless it is 1 to 15 digits, without a zero in front. */
export const readDecimal = (bytes: Uint8Array, from: number, to: number): number => {
  if (to <= from || to - from > 15 || (bytes[from] === 0x30 && to - from > 1)) return ODD
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return ODD
    value = value * 10 + digit
  }
  return value
}
