/** The header lines of one message: where they stand in the bytes that were parsed, without an object for any of them. */
import { COLON, CR, FIELD, isWord, LF, MORE, ODD, SPACE, TAB, TOKEN } from './bytes.ts'

/** More than real messages have; whoever sends more is left to the general lane. */
const MAX_LINES = 100

/** What becomes of a line on its way. */
export const PASS = 0
export const DROP = 1

/** Positions of the message that was parsed last: one object serves all messages, each is used up before the next is parsed. */
export class HeaderLines {
  count = 0
  /** Where the line begins, which is where its name does; one more than there are lines: the empty line at the end. */
  readonly from = new Int32Array(MAX_LINES + 1)
  readonly colon = new Int32Array(MAX_LINES)
  readonly valueFrom = new Int32Array(MAX_LINES)
  readonly valueEnd = new Int32Array(MAX_LINES)
  readonly fate = new Uint8Array(MAX_LINES)

  /** A message whose first header line begins at `from`. */
  begin(from: number): void {
    this.count = 0
    this.from[0] = from
  }

  /**
   * Reads the line that begins at `from`: gives where the next one begins, MORE, or ODD. Strict: a token, a colon right behind
   * it, a value without control characters, CR LF.
   */
  read(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to && TOKEN[bytes[at]!] === 1) at++
    if (at >= to) return MORE
    if (bytes[at] !== COLON || at === from || this.count >= MAX_LINES) return ODD
    const colon = at
    at++
    while (at < to && (bytes[at] === SPACE || bytes[at] === TAB)) at++
    const valueFrom = at
    while (at < to && FIELD[bytes[at]!] === 1) at++
    const next = lineEnd(bytes, at, to)
    if (next >= 0) this.#note(bytes, { from, colon, valueFrom, end: at, next })
    return next
  }

  #note(
    bytes: Uint8Array,
    { from, colon, valueFrom, end, next }: { from: number; colon: number; valueFrom: number; end: number; next: number },
  ): void {
    let valueEnd = end
    while (valueEnd > valueFrom && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === TAB)) valueEnd--
    const line = this.count++
    this.from[line] = from
    this.from[line + 1] = next
    this.colon[line] = colon
    this.valueFrom[line] = valueFrom
    this.valueEnd[line] = valueEnd
    this.fate[line] = PASS
  }

  /** Index of the first line from `after` on with this name (lower case), or -1. */
  find(bytes: Uint8Array, name: string, after = 0): number {
    for (let line = after; line < this.count; line++)
      if (this.colon[line]! - this.from[line]! === name.length && isWord(bytes, this.from[line]!, name)) return line
    return -1
  }

  /** Is this word (lower case) the whole value of the line? */
  valueIs(bytes: Uint8Array, line: number, word: string): boolean {
    return this.valueEnd[line]! - this.valueFrom[line]! === word.length && isWord(bytes, this.valueFrom[line]!, word)
  }

  value(bytes: Buffer, line: number): string {
    return bytes.toString('latin1', this.valueFrom[line], this.valueEnd[line])
  }

  /**
   * Copies the first line of the message, which begins at `start`, and the lines that are passed, those in a row in one go;
   * gives the length of it all. There must be room.
   */
  copyPassed(bytes: Buffer, start: number, into: Buffer): number {
    let at = 0
    let from = start
    for (let line = 0; line < this.count; line++) {
      if (this.fate[line] === PASS) continue
      if (this.from[line]! > from) at += bytes.copy(into, at, from, this.from[line])
      from = this.from[line + 1]!
    }
    return this.from[this.count]! > from ? at + bytes.copy(into, at, from, this.from[this.count]) : at
  }
}

/** Where the next line begins when CR LF stands at `at`. */
export const lineEnd = (bytes: Uint8Array, at: number, to: number): number => {
  if (at >= to) return MORE
  if (bytes[at] !== CR) return ODD
  if (at + 1 >= to) return MORE
  return bytes[at + 1] === LF ? at + 2 : ODD
}
