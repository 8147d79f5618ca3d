/** Reads the head of a pod's answer, strictly: what is ODD here is a pod that failed. Pure. */
import { CR, FIELD, isText, isWord, MORE, ODD, readDecimal, SPACE } from './bytes.ts'
import { DROP, HeaderLines, lineEnd } from './header-lines.ts'

/** How the body of an answer ends. */
export type AnswerBody = 'none' | 'length' | 'chunked' | 'untilClose'

const ONE = 0x31
const ZERO = 0x30

/** Where things stand in the bytes that were parsed last; one object serves all answers. */
export class AnswerHead {
  readonly lines = new HeaderLines()
  status = 0
  from = 0
  body: AnswerBody = 'none'
  /** Length of the body, when it is known. */
  length = -1
  /** The connection to the pod may be used again. */
  keep = true
  /** Seconds for which the pod keeps an idle connection; -1 when it does not say. */
  keepSeconds = -1
  hasDate = false
  #isChunked = false
  #namesOthers = false

  /** Where the head ends, MORE, or ODD. `toHead`: it answers a HEAD request. */
  read(bytes: Uint8Array, { from, to, toHead }: { from: number; to: number; toHead: boolean }): number {
    let at = this.#readStatusLine(bytes, from, to)
    if (at < 0) return at
    this.#reset(from, at)
    while (at < to && bytes[at] !== CR) {
      at = this.lines.read(bytes, at, to)
      if (at < 0) return at
      if (!this.#takeLine(bytes, this.lines.count - 1)) return ODD
    }
    const end = lineEnd(bytes, at, to)
    return end < 0 || this.#judge(bytes, toHead) ? end : ODD
  }

  #readStatusLine(bytes: Uint8Array, from: number, to: number): number {
    // HTTP/1.1 200
    const statusAt = from + 9
    if (to < statusAt + 4) return MORE
    const minor = bytes[from + 7]
    if (!isText(bytes, from, 'HTTP/1.') || (minor !== ONE && minor !== ZERO) || bytes[from + 8] !== SPACE) return ODD
    this.keep = minor === ONE
    this.status = readDecimal(bytes, statusAt, statusAt + 3)
    if (this.status < 100) return ODD
    let at = statusAt + 3
    if (bytes[at] !== SPACE && bytes[at] !== CR) return ODD
    while (at < to && FIELD[bytes[at]!] === 1) at++
    return lineEnd(bytes, at, to)
  }

  #reset(from: number, linesFrom: number): void {
    this.lines.begin(linesFrom)
    this.from = from
    this.length = -1
    this.keepSeconds = -1
    this.hasDate = false
    this.#isChunked = false
    this.#namesOthers = false
  }

  /** False: odd. Runs for every line: no function is made for it. */
  #takeLine(bytes: Uint8Array, line: number): boolean {
    const { lines } = this
    const from = lines.from[line]!
    switch (lines.colon[line]! - from) {
      case 4:
        if (isWord(bytes, from, 'date')) this.hasDate = true
        return true
      case 7:
        if (isWord(bytes, from, 'trailer') || isWord(bytes, from, 'upgrade')) lines.fate[line] = DROP
        return true
      case 10:
        if (isWord(bytes, from, 'connection')) this.#takeConnection(bytes, line)
        else if (isWord(bytes, from, 'keep-alive')) this.#takeKeepAlive(bytes, line)
        return true
      case 14:
        return !isWord(bytes, from, 'content-length') || this.#takeLength(bytes, line)
      case 16:
        if (isWord(bytes, from, 'proxy-connection')) lines.fate[line] = DROP
        return true
      case 17:
        return !isWord(bytes, from, 'transfer-encoding') || this.#takeCoding(bytes, line)
      default:
        return true
    }
  }

  #takeConnection(bytes: Uint8Array, line: number): void {
    this.lines.fate[line] = DROP
    if (this.lines.valueIs(bytes, line, 'keep-alive')) return
    if (this.lines.valueIs(bytes, line, 'close')) this.keep = false
    else this.#namesOthers = true
  }

  #takeKeepAlive(bytes: Uint8Array, line: number): void {
    this.lines.fate[line] = DROP
    const from = this.lines.valueFrom[line]!
    let end = from + 8
    if (!isWord(bytes, from, 'timeout') || bytes[end - 1] !== 0x3d) return
    while (end < this.lines.valueEnd[line]! && bytes[end]! >= ZERO && bytes[end]! <= 0x39) end++
    this.keepSeconds = readDecimal(bytes, from + 8, end)
  }

  #takeLength(bytes: Uint8Array, line: number): boolean {
    if (this.length >= 0) return false
    this.length = readDecimal(bytes, this.lines.valueFrom[line]!, this.lines.valueEnd[line]!)
    return this.length >= 0
  }

  #takeCoding(bytes: Uint8Array, line: number): boolean {
    if (this.#isChunked) return false
    this.#isChunked = true
    return this.lines.valueIs(bytes, line, 'chunked')
  }

  #judge(bytes: Uint8Array, toHead: boolean): boolean {
    if (this.#isChunked && this.length >= 0) return false
    if (this.#namesOthers) this.#dropNamed(bytes)
    if (toHead || this.status < 200 || this.status === 204 || this.status === 304) {
      this.body = 'none'
      if (this.status === 204) this.#dropAll(bytes, ['content-length', 'transfer-encoding'])
    } else if (this.#isChunked) this.body = 'chunked'
    else if (this.length >= 0) this.body = 'length'
    else this.body = 'untilClose'
    if (this.body === 'untilClose') this.keep = false
    return true
  }

  /** Those that a longer Connection header names are for this hop only. Its lengths are not the pod's to take away. */
  #dropNamed(bytes: Uint8Array): void {
    const { lines } = this
    for (let line = lines.find(bytes, 'connection'); line >= 0; line = lines.find(bytes, 'connection', line + 1)) {
      const value = Buffer.from(bytes.subarray(lines.valueFrom[line], lines.valueEnd[line])).toString('latin1')
      const names = value.split(',').map(name => name.trim().toLowerCase())
      if (names.includes('close')) this.keep = false
      this.#dropAll(
        bytes,
        names.filter(name => name !== 'content-length' && name !== 'transfer-encoding'),
      )
    }
  }

  #dropAll(bytes: Uint8Array, names: readonly string[]): void {
    const { lines } = this
    for (const name of names)
      for (let line = lines.find(bytes, name); line >= 0; line = lines.find(bytes, name, line + 1)) lines.fate[line] = DROP
  }
}
