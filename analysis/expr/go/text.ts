/**
 * Go strings as JavaScript strings. A Go string is bytes; bytes that are no UTF-8 stand as lone surrogates U+DC80 to U+DCFF, one each,
 * so that slicing and joining lose nothing. Pure.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for
const ASCII = /^[\x00-\x7f]*$/

export const isAscii = (text: string): boolean => ASCII.test(text)

const ENCODER = new TextEncoder()

const isRawByte = (code: number): boolean => code >= 0xdc80 && code <= 0xdcff

export const toBytes = (text: string): Uint8Array => {
  if (text.isWellFormed()) return ENCODER.encode(text)
  const bytes: number[] = []
  for (const rune of text) {
    const code = rune.codePointAt(0) ?? 0
    if (isRawByte(code)) bytes.push(code - 0xdc00)
    else bytes.push(...ENCODER.encode(rune))
  }
  return Uint8Array.from(bytes)
}

type Sequence = { readonly length: number; readonly lowest: number; readonly bits: number }

const sequenceOf = (lead: number): Sequence | undefined => {
  if (lead >= 0xc2 && lead <= 0xdf) return { length: 2, lowest: 0x80, bits: lead & 0x1f }
  if (lead >= 0xe0 && lead <= 0xef) return { length: 3, lowest: 0x800, bits: lead & 0x0f }
  if (lead >= 0xf0 && lead <= 0xf4) return { length: 4, lowest: 0x10000, bits: lead & 0x07 }
  return undefined
}

/** The rune at `at`, or undefined when the bytes there are no UTF-8. */
const decodeRune = (bytes: Uint8Array, at: number): { readonly code: number; readonly length: number } | undefined => {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return { code: lead, length: 1 }
  const sequence = sequenceOf(lead)
  if (!sequence || at + sequence.length > bytes.length) return undefined
  let code = sequence.bits
  for (let i = 1; i < sequence.length; i += 1) {
    const byte = bytes[at + i] ?? 0
    if ((byte & 0xc0) !== 0x80) return undefined
    code = (code << 6) | (byte & 0x3f)
  }
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  return code < sequence.lowest || code > 0x10ffff || isSurrogate ? undefined : { code, length: sequence.length }
}

export const fromBytes = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const rune = decodeRune(bytes, at)
    text += rune ? String.fromCodePoint(rune.code) : String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
    at += rune?.length ?? 1
  }
  return text
}

/** Any text from outside: what is no Unicode becomes U+FFFD, as Go's decoders do. */
export const wellFormed = (text: string): string => text.toWellFormed()

export const byteLength = (text: string): number => (isAscii(text) ? text.length : toBytes(text).length)

export const runeCount = (text: string): number => (isAscii(text) ? text.length : [...text].length)

export const byteAt = (text: string, index: number): number =>
  isAscii(text) ? text.charCodeAt(index) : (toBytes(text)[index] ?? 0)

export const sliceBytes = (text: string, from: number, to: number): string =>
  isAscii(text) ? text.slice(from, to) : fromBytes(toBytes(text).subarray(from, to))

/** Two halves of a rune become one when they meet. */
export const joined = (left: string, right: string): string => {
  const both = left + right
  return both.isWellFormed() ? both : fromBytes(toBytes(both))
}

/** Negative, 0 or positive, by bytes. */
export const compareText = (left: string, right: string): number => {
  if (left === right) return 0
  if (isAscii(left) && isAscii(right)) return left < right ? -1 : 1
  return Buffer.compare(toBytes(left), toBytes(right))
}

/** Offset in bytes, or -1. */
export const indexOfText = (text: string, part: string): number =>
  isAscii(text) ? text.indexOf(part) : Buffer.from(toBytes(text)).indexOf(toBytes(part))

export const lastIndexOfText = (text: string, part: string): number => {
  if (isAscii(text)) return text.lastIndexOf(part)
  return part === '' ? byteLength(text) : Buffer.from(toBytes(text)).lastIndexOf(toBytes(part))
}

export const startsWithText = (text: string, part: string): boolean =>
  isAscii(part) ? text.startsWith(part) : sliceBytes(text, 0, byteLength(part)) === part && byteLength(part) <= byteLength(text)

export const endsWithText = (text: string, part: string): boolean => {
  if (isAscii(part)) return text.endsWith(part)
  const [length, size] = [byteLength(text), byteLength(part)]
  return size <= length && sliceBytes(text, length - size, length) === part
}
