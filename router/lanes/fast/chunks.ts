/**
 * Follows a chunked body (RFC 9112 7.1) through the pieces in which it comes. Chunks are relayed as they are; extensions and
 * trailers, which servers read differently, are cut out.
 */
import { COLON, CR, FIELD, LF, ODD, TAB, TOKEN } from './bytes.ts'

/** Extensions and trailers of one body, in bytes. */
const MAX_EXTRA = 8_192
/** A trailer must not frame or address anything. */
const FORBIDDEN: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'host', 'connection', 'trailer'])

const SEMICOLON = 0x3b
type State =
  | 'size'
  | 'extension'
  | 'sizeEnd'
  | 'data'
  | 'dataCr'
  | 'dataLf'
  | 'line'
  | 'name'
  | 'value'
  | 'valueEnd'
  | 'lastLf'
  | 'done'

export class ChunkReader {
  /** Ranges of the last piece that are not to be relayed: from, to, from, to. */
  readonly cuts: number[] = []
  #state: State = 'size'
  #left = 0
  #digits = 0
  #extra = 0
  #name = ''
  #cutFrom = -1

  get isDone(): boolean {
    return this.#state === 'done'
  }

  start(): void {
    this.#state = 'size'
    this.#left = 0
    this.#digits = 0
    this.#extra = 0
    this.#cutFrom = -1
  }

  /** Where the body ends, or `to` when it goes on, or ODD. */
  read(bytes: Uint8Array, from: number, to: number): number {
    this.cuts.length = 0
    if (this.#cutFrom >= 0) this.#cutFrom = from
    let at = from
    while (at < to && this.#state !== 'done') {
      if (this.#state === 'data') {
        const step = Math.min(this.#left, to - at)
        at += step
        this.#left -= step
        if (this.#left === 0) this.#state = 'dataCr'
      } else if (this.#step(bytes[at]!, at)) at++
      else return ODD
    }
    if (this.#cutFrom >= 0 && this.#cutFrom < at) this.cuts.push(this.#cutFrom, at)
    return at
  }

  /** Takes one byte that is not data; false when it must not stand there. */
  #step(byte: number, at: number): boolean {
    switch (this.#state) {
      case 'size':
        return this.#inSize(byte, at)
      case 'extension':
        if (byte !== CR) return FIELD[byte] === 1 && this.#spend()
        this.#endCut(at)
        return this.#go('sizeEnd')
      case 'sizeEnd':
        return byte === LF && this.#endSize()
      case 'dataCr':
        return byte === CR && this.#go('dataLf')
      case 'dataLf':
        this.#left = 0
        this.#digits = 0
        return byte === LF && this.#go('size')
      case 'lastLf':
        return byte === LF && this.#go('done')
      default:
        return this.#inTrailer(byte, at)
    }
  }

  #inSize(byte: number, at: number): boolean {
    const digit = HEX[byte]!
    if (digit < 16) {
      this.#digits++
      this.#left = this.#left * 16 + digit
      return this.#digits <= 16 && this.#left <= Number.MAX_SAFE_INTEGER
    }
    if (this.#digits === 0) return false
    if (byte === CR) return this.#go('sizeEnd')
    if (byte !== SEMICOLON) return false
    this.#cutFrom = at
    return this.#go('extension')
  }

  #endSize(): boolean {
    return this.#go(this.#left === 0 ? 'line' : 'data')
  }

  #inTrailer(byte: number, at: number): boolean {
    switch (this.#state) {
      case 'line':
        if (byte === CR) {
          this.#endCut(at)
          return this.#go('lastLf')
        }
        if (this.#cutFrom < 0) this.#cutFrom = at
        this.#name = ''
        return this.#go('name') && this.#inName(byte)
      case 'name':
        return this.#inName(byte)
      case 'value':
        if (byte === CR) return this.#go('valueEnd')
        return (FIELD[byte] === 1 || byte === TAB) && this.#spend()
      default:
        return byte === LF && this.#go('line')
    }
  }

  #inName(byte: number): boolean {
    if (byte === COLON) return this.#name !== '' && !FORBIDDEN.has(this.#name.toLowerCase()) && this.#go('value')
    this.#name += String.fromCharCode(byte)
    return TOKEN[byte] === 1 && this.#spend()
  }

  #endCut(at: number): void {
    if (this.#cutFrom >= 0 && this.#cutFrom < at) this.cuts.push(this.#cutFrom, at)
    this.#cutFrom = -1
  }

  #spend(): boolean {
    return ++this.#extra <= MAX_EXTRA
  }

  #go(state: State): true {
    this.#state = state
    return true
  }
}

const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(digit) ? 16 : digit
})

/** What of the piece is relayed: the piece itself, unless something was cut out of it. */
export const relayed = (piece: Buffer, from: number, to: number, cuts: readonly number[]): Buffer => {
  if (cuts.length === 0) return from === 0 && to === piece.length ? piece : piece.subarray(from, to)
  const kept: Buffer[] = []
  let at = from
  for (let i = 0; i < cuts.length; i += 2) {
    kept.push(piece.subarray(at, cuts[i]))
    at = cuts[i + 1] ?? at
  }
  return Buffer.concat([...kept, piece.subarray(at, to)])
}
