/** Writes messages to the next hop, head and first bytes in one write and the rest without a copy, and remembers nothing. */
import type { Socket } from 'node:net'
import type { AnswerHead } from './answer-head.ts'
import type { Piece, PodConnection } from './pod-connection.ts'
import { answerRoom, renderAnswerHead } from './render.ts'

/** Up to this much of a body is copied behind its head: one write instead of two. */
const COPIED = 16_384
const SCRATCH = 32_768
/** A piece this long is worth the buffer that it keeps while the client is behind. */
const WORTH_A_BUFFER = 32_768

let scratch = Buffer.allocUnsafeSlow(SCRATCH)

/** False: the client is behind, no more for now. `tail` is what follows the pod's own lines, see renderTail(). */
export const writeAnswer = (socket: Socket, pod: PodConnection, head: AnswerHead, piece: Piece, tail: Buffer): boolean => {
  const length = piece.to - piece.from
  const inOne = length <= COPIED
  const room = answerRoom(head, tail) + (inOne ? length : 0)
  const into = room <= SCRATCH ? scratch : Buffer.allocUnsafeSlow(room)
  let at = renderAnswerHead(head, piece.bytes, into, tail)
  if (inOne) {
    if (length > 0) at += piece.bytes.copy(into, at, piece.from, piece.to)
    const wasEmpty = socket.writableLength === 0
    const goesOn = socket.write(wasEmpty ? into.subarray(0, at) : Buffer.from(into.subarray(0, at)))
    keepScratch(socket, wasEmpty && into === scratch)
    return goesOn
  }
  socket.cork()
  socket.write(Buffer.from(into.subarray(0, at)))
  socket.write(piece.bytes.subarray(piece.from, piece.to))
  socket.uncork()
  if (socket.writableLength > 0) pod.keepBuffer()
  return !socket.writableNeedDrain
}

/** The same for the head of a request and the first bytes of its body, which may be read over when this returns if they are copied. */
export const writeTogether = (socket: Socket, head: Buffer, piece: Buffer): boolean => {
  if (piece.length === 0) return socket.write(head)
  if (piece.length <= COPIED) {
    const room = head.length + piece.length
    const isFree = room <= SCRATCH && socket.writableLength === 0
    const into = isFree ? scratch : Buffer.allocUnsafeSlow(room)
    head.copy(into)
    piece.copy(into, head.length)
    const goesOn = socket.write(into.subarray(0, room))
    keepScratch(socket, isFree)
    return goesOn
  }
  socket.cork()
  socket.write(head)
  socket.write(piece)
  socket.uncork()
  return !socket.writableNeedDrain
}

/** What the kernel has not taken yet still stands in the scratch buffer. */
const keepScratch = (socket: Socket, used: boolean): void => {
  if (used && socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH)
}

/** Bytes of a body as they are. */
export const writePiece = (socket: Socket, pod: PodConnection, { bytes, from, to }: Piece): boolean => {
  if (to === from) return !socket.writableNeedDrain
  const piece = bytes.subarray(from, to)
  const goesOn = socket.write(socket.writableLength > 0 && to - from < WORTH_A_BUFFER ? Buffer.from(piece) : piece)
  if (socket.writableLength > 0) pod.keepBuffer()
  return goesOn
}

const LINE_END = Buffer.from('\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** A piece of a body without a length, as a chunk. */
export const writeChunk = (socket: Socket, { bytes, from, to, isLast }: Piece): boolean => {
  const parts: Buffer[] = []
  if (to > from) parts.push(Buffer.from(`${(to - from).toString(16)}\r\n`), bytes.subarray(from, to), LINE_END)
  if (isLast) parts.push(LAST_CHUNK)
  return parts.length === 0 ? !socket.writableNeedDrain : socket.write(Buffer.concat(parts))
}
