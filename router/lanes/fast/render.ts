/** Writes heads for the next hop: lines that are passed are copied as they are, what a proxy adds stands behind them. */
import type { AnswerHead } from './answer-head.ts'
import type { RequestHead } from './request-head.ts'

/** More than the lines that are added take, without the values that they repeat. */
const ROOM = 160
/** X-Forwarded-For with the client's address alone; what most requests get. */
export type Forwarded = { readonly peer: string; readonly line: string }

export const forwardedFor = (peer: string): Forwarded => ({ peer, line: `X-Forwarded-For: ${peer}\r\n` })

/** Bytes that a request's head may need. */
export const requestRoom = ({ from, lines, host }: RequestHead, { peer }: Forwarded): number =>
  (lines.from[lines.count] ?? 0) - from + (lines.valueEnd[host]! - lines.valueFrom[host]!) + peer.length + ROOM

/**
 * The head as the pod gets it, in `into`; gives its length. X-Forwarded-For gets the peer appended, Proto and Host are only set
 * when absent, as in addForwarded().
 */
export const renderRequest = (head: RequestHead, bytes: Buffer, into: Buffer, forwarded: Forwarded): number => {
  const { lines } = head
  let at = bytes.copy(into, 0, head.from, head.linesFrom)
  at = lines.copyPassed(bytes, into, at)
  const before = head.forwardedFor
  if (before < 0 || lines.valueEnd[before] === lines.valueFrom[before]) at += into.write(forwarded.line, at, 'latin1')
  else {
    at += bytes.copy(into, at, lines.from[before], lines.valueEnd[before])
    at += into.write(`, ${forwarded.peer}\r\n`, at, 'latin1')
  }
  if (!head.hasForwardedHost) {
    at += into.write('X-Forwarded-Host: ', at, 'latin1')
    at += bytes.copy(into, at, lines.valueFrom[head.host], lines.valueEnd[head.host])
    at += into.write(head.hasForwardedProto ? '\r\n\r\n' : '\r\nX-Forwarded-Proto: http\r\n\r\n', at, 'latin1')
    return at
  }
  return at + into.write(head.hasForwardedProto ? '\r\n' : 'X-Forwarded-Proto: http\r\n\r\n', at, 'latin1')
}

export type AnswerExtras = {
  readonly close: boolean
  readonly cookie: string | undefined
  /** The pod ends its answer by closing; the client gets it in chunks. */
  readonly chunked: boolean
  /** For an answer that has no Date. */
  readonly nowMs: number
}

export const answerRoom = ({ lines, reasonFrom, reasonEnd }: AnswerHead, cookie: string | undefined): number =>
  lines.from[lines.count]! - lines.from[0]! + (reasonEnd - reasonFrom) + (cookie?.length ?? 0) + ROOM

/** The head as the client gets it, at the beginning of `into`; gives its length. */
export const renderAnswerHead = (head: AnswerHead, bytes: Buffer, into: Buffer, tail: string): number => {
  let at = into.write('HTTP/1.1 ', 0, 'latin1')
  at += bytes.copy(into, at, head.reasonFrom - 3, head.reasonEnd)
  at += into.write(head.reasonFrom === head.reasonEnd ? ' \r\n' : '\r\n', at, 'latin1')
  at = head.lines.copyPassed(bytes, into, at)
  return at + into.write(tail, at, 'latin1')
}

/** What the router adds to a pod's answer, with the empty line that ends the head. */
export const renderTail = (keepSeconds: number, { close, cookie, chunked, nowMs }: AnswerExtras, hasDate: boolean): string => {
  const connection = close ? CLOSE : keepLine(keepSeconds)
  if (hasDate && !chunked && cookie === undefined) return connection
  const date = hasDate ? '' : `Date: ${dateOf(nowMs)}\r\n`
  return `${cookie ? `Set-Cookie: ${cookie}\r\n` : ''}${chunked ? 'Transfer-Encoding: chunked\r\n' : ''}${date}${connection}`
}

const CLOSE = 'Connection: close\r\n\r\n'
let kept = { seconds: -1, line: '' }

const keepLine = (seconds: number): string => {
  if (kept.seconds !== seconds) kept = { seconds, line: `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n` }
  return kept.line
}

let dated = { second: -1, text: '' }

const dateOf = (nowMs: number): string => {
  const second = Math.floor(nowMs / 1000)
  if (dated.second !== second) dated = { second, text: new Date(nowMs).toUTCString() }
  return dated.text
}
