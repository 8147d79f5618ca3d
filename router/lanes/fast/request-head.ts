/**
 * Reads the head of a request when there is exactly one way to read it (RFC 9112), and says ODD of every other, legal or not:
 * the general lane then looks at the same bytes. Pure.
 */
import { CR, isText, isWord, MORE, ODD, readDecimal, SPACE, TARGET } from './bytes.ts'
import { DROP, HeaderLines, lineEnd } from './header-lines.ts'

/** Instead of a length. */
export const CHUNKED = -1

type Method = { readonly word: string; readonly name: string; readonly mayHaveBody: boolean; readonly isIdempotent: boolean }

/** Methods as they stand on the request line, with the space behind. A GET with a body is legal, but not beyond doubt. */
const METHODS: readonly Method[] = [
  { word: 'GET ', name: 'GET', mayHaveBody: false, isIdempotent: true },
  { word: 'POST ', name: 'POST', mayHaveBody: true, isIdempotent: false },
  { word: 'PUT ', name: 'PUT', mayHaveBody: true, isIdempotent: true },
  { word: 'HEAD ', name: 'HEAD', mayHaveBody: false, isIdempotent: true },
  { word: 'DELETE ', name: 'DELETE', mayHaveBody: true, isIdempotent: true },
  { word: 'PATCH ', name: 'PATCH', mayHaveBody: true, isIdempotent: false },
  { word: 'OPTIONS ', name: 'OPTIONS', mayHaveBody: true, isIdempotent: true },
]
const LONGEST_METHOD = 8
const VERSION = 'HTTP/1.1'
const SLASH = 0x2f

/** Where things stand in the bytes that were parsed last; one object serves all requests. */
export class RequestHead {
  readonly lines = new HeaderLines()
  method: Method = METHODS[0]!
  from = 0
  targetFrom = 0
  targetEnd = 0
  /** Length of the body, or CHUNKED. */
  body = 0
  /** The client wants the connection to end with the answer. */
  close = false
  /** Index of the line, or -1. */
  host = -1
  forwardedFor = -1
  hasForwardedProto = false
  hasForwardedHost = false
  hasRequestId = false
  #length = -1
  #isChunked = false
  #hasConnection = false

  /** Where the head ends, MORE, or ODD. */
  read(bytes: Uint8Array, from: number, to: number): number {
    let at = this.#readRequestLine(bytes, from, to)
    if (at < 0) return at
    this.#reset(from, at)
    while (at < to && bytes[at] !== CR) {
      at = this.lines.read(bytes, at, to)
      if (at < 0) return at
      if (!this.#takeLine(bytes, this.lines.count - 1)) return ODD
    }
    const end = lineEnd(bytes, at, to)
    return end < 0 || this.#judge() ? end : ODD
  }

  #reset(from: number, linesFrom: number): void {
    this.lines.begin(linesFrom)
    this.from = from
    this.close = false
    this.host = -1
    this.forwardedFor = -1
    this.hasForwardedProto = false
    this.hasForwardedHost = false
    this.hasRequestId = false
    this.#length = -1
    this.#isChunked = false
    this.#hasConnection = false
  }

  #readRequestLine(bytes: Uint8Array, from: number, to: number): number {
    let method: Method | undefined
    for (const known of METHODS) {
      if (!isText(bytes, from, known.word)) continue
      method = known
      break
    }
    if (!method) return to - from < LONGEST_METHOD ? MORE : ODD
    this.method = method
    let at = from + method.word.length
    this.targetFrom = at
    if (at < to && bytes[at] !== SLASH) return ODD
    while (at < to && TARGET[bytes[at]!] === 1) at++
    this.targetEnd = at
    if (at >= to) return MORE
    if (bytes[at] !== SPACE) return ODD
    if (at + 1 + VERSION.length > to) return MORE
    return isText(bytes, at + 1, VERSION) ? lineEnd(bytes, at + 1 + VERSION.length, to) : ODD
  }

  /** Looks at the headers that mean something to a proxy; the lengths of their names tell most others apart. False: odd. */
  #takeLine(bytes: Uint8Array, line: number): boolean {
    const { lines } = this
    const from = lines.from[line]!
    switch (lines.colon[line]! - from) {
      case 2:
        return !isWord(bytes, from, 'te')
      case 4:
        return !isWord(bytes, from, 'host') || this.#takeHost(line)
      case 6:
        return !isWord(bytes, from, 'expect')
      case 7:
        return !isWord(bytes, from, 'upgrade') && !isWord(bytes, from, 'trailer')
      case 10:
        return isWord(bytes, from, 'connection')
          ? this.#takeConnection(bytes, line)
          : this.#drop(line, isWord(bytes, from, 'keep-alive'))
      case 12:
        this.hasRequestId ||= isWord(bytes, from, 'x-request-id')
        return true
      case 14:
        return isWord(bytes, from, 'content-length') ? this.#takeLength(bytes, line) : !isWord(bytes, from, 'http2-settings')
      case 15:
        return !isWord(bytes, from, 'x-forwarded-for') || this.#takeForwardedFor(line)
      case 16:
        this.hasForwardedHost ||= isWord(bytes, from, 'x-forwarded-host')
        return this.#drop(line, isWord(bytes, from, 'proxy-connection'))
      case 17:
        this.hasForwardedProto ||= isWord(bytes, from, 'x-forwarded-proto')
        return !isWord(bytes, from, 'transfer-encoding') || this.#takeCoding(bytes, line)
      case 18:
        return !isWord(bytes, from, 'proxy-authenticate')
      case 19:
        return !isWord(bytes, from, 'proxy-authorization')
      default:
        return true
    }
  }

  #drop(line: number, dropped: boolean): true {
    if (dropped) this.lines.fate[line] = DROP
    return true
  }

  #takeHost(line: number): boolean {
    const isFirst = this.host < 0
    this.host = line
    return isFirst && this.lines.valueEnd[line]! > this.lines.valueFrom[line]!
  }

  /** Anything but the two usual words takes headers away or asks for another protocol. */
  #takeConnection(bytes: Uint8Array, line: number): boolean {
    if (this.#hasConnection) return false
    this.#hasConnection = true
    this.lines.fate[line] = DROP
    this.close = this.lines.valueIs(bytes, line, 'close')
    return this.close || this.lines.valueIs(bytes, line, 'keep-alive')
  }

  #takeLength(bytes: Uint8Array, line: number): boolean {
    if (this.#length >= 0) return false
    this.#length = readDecimal(bytes, this.lines.valueFrom[line]!, this.lines.valueEnd[line]!)
    return this.#length >= 0
  }

  #takeCoding(bytes: Uint8Array, line: number): boolean {
    if (this.#isChunked) return false
    this.#isChunked = true
    return this.lines.valueIs(bytes, line, 'chunked')
  }

  /** Two lists would have to be joined. */
  #takeForwardedFor(line: number): boolean {
    const isFirst = this.forwardedFor < 0
    this.forwardedFor = line
    this.lines.fate[line] = DROP
    return isFirst
  }

  #judge(): boolean {
    if (this.host < 0 || (this.#isChunked && this.#length >= 0)) return false
    this.body = this.#isChunked ? CHUNKED : Math.max(0, this.#length)
    return this.body === 0 || this.method.mayHaveBody
  }
}
