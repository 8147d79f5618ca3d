/** Writes heads for the next hop: lines that are passed are copied as they are, what a proxy adds stands behind them. */
import { REQUEST_ID_BYTES, writeRequestId } from '../../request-id.ts'
import type { AnswerHead } from './answer-head.ts'
import { CR, LF } from './bytes.ts'
import type { RequestHead } from './request-head.ts'

/** More than the lines that are added take, without the values that they repeat. */
const ROOM = 216

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** What is added to the requests of one client. */
export type Forwarded = {
  readonly peer: string
  /** All of it but the value of the last line: what most requests get. The name in its first line is another one for each. */
  readonly usual: Buffer
  /** The same without the line of the name. */
  readonly unnamed: Buffer
  /** In [0, 1). */
  readonly random: () => number
}

const NAME = 'X-Request-Id: '
const NAME_LINE = latin1(`${NAME}${'0'.repeat(REQUEST_ID_BYTES)}\r\n`)

export const forwardedFor = (peer: string, random: () => number): Forwarded => {
  const unnamed = latin1(`X-Forwarded-For: ${peer}\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: `)
  return { peer, random, usual: Buffer.concat([NAME_LINE, unnamed]), unnamed }
}

/** Bytes that a request's head may need. */
const requestRoom = ({ from, lines, host }: RequestHead, { peer }: Forwarded): number =>
  (lines.from[lines.count] ?? 0) - from + (lines.valueEnd[host]! - lines.valueFrom[host]!) + peer.length + ROOM

/** One client's requests as they go to pods, one after another in the same bytes. */
export class RequestCopy {
  #bytes = Buffer.alloc(0)
  /** The part of them that the last request took: one client's requests are often of the same length. */
  #last = this.#bytes

  /** The head, and behind it the first `small` bytes that follow its end. */
  make(head: RequestHead, forwarded: Forwarded, { bytes, end, small }: { bytes: Buffer; end: number; small: number }): Buffer {
    const room = requestRoom(head, forwarded) + small
    if (this.#bytes.length < room) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(room, 512))
      this.#last = this.#bytes
    }
    let at = renderRequest(head, bytes, this.#bytes, forwarded)
    if (small > 0) at += bytes.copy(this.#bytes, at, end, end + small)
    if (this.#last.length !== at) this.#last = this.#bytes.subarray(0, at)
    return this.#last
  }
}

/**
 * The head as the pod gets it, in `into`; gives its length. X-Forwarded-For gets the peer appended, Proto and Host are only set
 * when absent, as in addForwarded().
 */
const renderRequest = (head: RequestHead, bytes: Buffer, into: Buffer, forwarded: Forwarded): number => {
  const { lines, host } = head
  let at = lines.copyPassed(bytes, head.from, into)
  const nameAt = at + NAME.length
  if (head.forwardedFor >= 0 || head.hasForwardedHost || head.hasForwardedProto) {
    if (!head.hasRequestId) at += NAME_LINE.copy(into, at)
    at += into.write(renderForwarded(head, bytes, forwarded), at, 'latin1')
    if (!head.hasRequestId) writeRequestId(forwarded.random, into, nameAt)
    return at
  }
  at += (head.hasRequestId ? forwarded.unnamed : forwarded.usual).copy(into, at)
  if (!head.hasRequestId) writeRequestId(forwarded.random, into, nameAt)
  at += bytes.copy(into, at, lines.valueFrom[host], lines.valueEnd[host])
  into[at++] = CR
  into[at++] = LF
  into[at++] = CR
  into[at++] = LF
  return at
}

/** The same for a client that is a proxy itself. */
const renderForwarded = (head: RequestHead, bytes: Buffer, { peer }: Forwarded): string => {
  const { lines, host, forwardedFor: line } = head
  const before = line < 0 ? '' : lines.value(bytes, line)
  const added = [
    `X-Forwarded-For: ${before === '' ? '' : `${before}, `}${peer}\r\n`,
    ...(head.hasForwardedProto ? [] : ['X-Forwarded-Proto: http\r\n']),
    ...(head.hasForwardedHost ? [] : [`X-Forwarded-Host: ${lines.value(bytes, host)}\r\n`]),
  ]
  return `${added.join('')}\r\n`
}

export type AnswerExtras = {
  readonly close: boolean
  readonly cookie: string | undefined
  /** The pod ends its answer by closing; the client gets it in chunks. */
  readonly chunked: boolean
  readonly hasDate: boolean
  readonly nowMs: () => number
}

export const answerRoom = ({ from, lines }: AnswerHead, tail: Buffer): number => lines.from[lines.count]! - from + tail.length

/** The head as the client gets it, at the beginning of `into`; gives its length. */
export const renderAnswerHead = (head: AnswerHead, bytes: Buffer, into: Buffer, tail: Buffer): number => {
  const at = head.lines.copyPassed(bytes, head.from, into)
  // HTTP/1.1, whatever the pod speaks.
  into[7] = 0x31
  return at + tail.copy(into, at)
}

/** What the router adds to a pod's answer, with the empty line that ends the head; the client may keep the connection for `keepSeconds`. */
export const renderTail = (keepSeconds: number, { close, cookie, chunked, hasDate, nowMs }: AnswerExtras): Buffer => {
  const connection = close ? CLOSE : keepLine(keepSeconds)
  if (hasDate && !chunked && cookie === undefined) return connection
  const date = hasDate ? '' : `Date: ${dateOf(nowMs())}\r\n`
  const added = `${cookie ? `Set-Cookie: ${cookie}\r\n` : ''}${chunked ? 'Transfer-Encoding: chunked\r\n' : ''}${date}`
  return Buffer.concat([latin1(added), connection])
}

const CLOSE = latin1('Connection: close\r\n\r\n')
let kept = { seconds: -1, line: CLOSE }

const keepLine = (seconds: number): Buffer => {
  if (kept.seconds !== seconds)
    kept = { seconds, line: latin1(`Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`) }
  return kept.line
}

let dated = { second: -1, text: '' }

const dateOf = (nowMs: number): string => {
  const second = Math.floor(nowMs / 1000)
  if (dated.second !== second) dated = { second, text: new Date(nowMs).toUTCString() }
  return dated.text
}
