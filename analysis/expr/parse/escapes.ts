/** Escape sequences in quoted strings and in byte literals. Pure. */
import { fromBytes, toBytes } from '../go/text.ts'

const SIMPLE: { readonly [letter: string]: number } = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
  '`': 96,
  '?': 63,
}

const WRONG = 'unable to unescape string'
const WRONG_OCTAL = 'unable to unescape octal sequence in string'

type Piece = { readonly bytes: Uint8Array | readonly number[]; readonly length: number } | { readonly problem: string }

const octal = (rest: string): Piece => {
  const [digits] = /^[0-3][0-7]{2}/.exec(rest) ?? []
  if (digits === undefined) return { problem: WRONG_OCTAL }
  return { bytes: [Number.parseInt(digits, 8)], length: 3 }
}

const asRune = (piece: Piece): Piece => {
  if ('problem' in piece) return piece
  return { ...piece, bytes: toBytes(String.fromCodePoint(piece.bytes[0] ?? 0)) }
}

/** A code point as its bytes; half a surrogate pair becomes U+FFFD, and a number beyond 31 bits its lowest byte, as in Go. */
const runeBytes = (digits: string): Uint8Array | readonly number[] | undefined => {
  const code = Number.parseInt(digits, 16) | 0
  if (code > 0x10ffff) return undefined
  if (code < 0) return [code & 0xff]
  return toBytes(String.fromCodePoint(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code))
}

const unicode = (rest: string): Piece => {
  const [whole, braced, short, long, two] =
    /^u\{([0-9a-fA-F]{1,6})\}|^u([0-9a-fA-F]{4})|^U([0-9a-fA-F]{8})|^[xX]([0-9a-fA-F]{2})/.exec(rest) ?? []
  const bytes = whole === undefined ? undefined : runeBytes(braced ?? short ?? long ?? two ?? '')
  return bytes === undefined ? { problem: WRONG } : { bytes, length: whole?.length ?? 0 }
}

const textEscape = (rest: string): Piece => {
  const letter = rest[0] ?? ''
  const simple = SIMPLE[letter]
  if (simple !== undefined) return { bytes: [simple], length: 1 }
  if (/[xXuU]/.test(letter)) return unicode(rest)
  return /[0-3]/.test(letter) ? asRune(octal(rest)) : { problem: WRONG }
}

const byteEscape = (rest: string): Piece => {
  const letter = rest[0] ?? ''
  const simple = SIMPLE[letter]
  if (simple !== undefined) return { bytes: [simple], length: 1 }
  const [hex, digits = ''] = /^[xX]([0-9a-fA-F]{2})/.exec(rest) ?? []
  if (hex !== undefined) return { bytes: [Number.parseInt(digits, 16)], length: 3 }
  return /[0-3]/.test(letter) ? octal(rest) : { problem: WRONG }
}

const unescapeWith = (
  read: (rest: string) => Piece,
  quoted: string,
): { readonly bytes: Uint8Array } | { readonly problem: string } => {
  const text = quoted.replaceAll('\r\n', '\n').replaceAll('\r', '\n').slice(1, -1)
  const bytes: number[] = []
  for (let at = 0; at < text.length; ) {
    const backslash = text.indexOf('\\', at)
    const end = backslash === -1 ? text.length : backslash
    bytes.push(...toBytes(text.slice(at, end)))
    if (backslash === -1) break
    const piece = read(text.slice(end + 1))
    if ('problem' in piece) return piece
    bytes.push(...piece.bytes)
    at = end + 1 + piece.length
  }
  return { bytes: Uint8Array.from(bytes) }
}

/** The bytes of `"..."` or `'...'`, quotes included in the argument. */
export const unescapeText = (quoted: string): { readonly text: string } | { readonly problem: string } => {
  const done = unescapeWith(textEscape, quoted)
  return 'problem' in done ? done : { text: fromBytes(done.bytes) }
}

/** The bytes of `b"..."`, without the b. */
export const unescapeBytes = (quoted: string): { readonly bytes: Uint8Array } | { readonly problem: string } =>
  unescapeWith(byteEscape, quoted)
