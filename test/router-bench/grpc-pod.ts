/**
 * A pod that answers every gRPC call with `hello`, as a process: node grpc-pod.ts PORT. Frames are written by hand, since a whole HTTP/2
 * server would take more of the processor than what is measured: header fields come from the static table or as they are, so nothing
 * that the client says has to be understood but the frames' heads.
 */
import { createServer, type Socket } from 'node:net'

const DATA = 0
const HEADERS = 1
const SETTINGS = 4
const PING = 6
const WINDOW_UPDATE = 8
const END_STREAM = 1
const PREFACE_BYTES = 24
const HEAD_BYTES = 9

const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])

const HELLO = Buffer.concat([Buffer.from([0, 0, 0, 0, 5]), Buffer.from('hello')])
/** `:status: 200` is entry 8 of the static table. */
const ANSWER = Buffer.concat([
  frame(HEADERS, 4, 0, Buffer.concat([Buffer.from([0x88]), literal('content-type', 'application/grpc')])),
  frame(DATA, 0, 0, HELLO),
  frame(HEADERS, 5, 0, literal('grpc-status', '0')),
])
/** Where the stream's number stands in each of the three. */
const first = ANSWER.readUIntBE(0, 3) + HEAD_BYTES
const STREAM_AT = [5, first + 5, first + HEAD_BYTES + HELLO.length + 5]

const windowUpdate = (bytes: number): Buffer => {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(bytes)
  return frame(WINDOW_UPDATE, 0, 0, payload)
}

const answerTo = (stream: number): Buffer => {
  const answer = Buffer.from(ANSWER)
  for (const at of STREAM_AT) answer.writeUInt32BE(stream, at)
  return answer
}

type Frame = { readonly type: number; readonly flags: number; readonly stream: number; readonly payload: Buffer }

/** The whole frames at the front of `bytes`, and what is left. */
const framesOf = (bytes: Buffer): { readonly frames: readonly Frame[]; readonly rest: Buffer } => {
  const frames: Frame[] = []
  let at = 0
  while (bytes.length - at >= HEAD_BYTES) {
    const end = at + HEAD_BYTES + bytes.readUIntBE(at, 3)
    if (end > bytes.length) break
    const [type = 0, flags = 0] = [bytes[at + 3], bytes[at + 4]]
    frames.push({ type, flags, stream: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + HEAD_BYTES, end) })
    at = end
  }
  return { frames, rest: bytes.subarray(at) }
}

const replyTo = ({ type, flags, stream, payload }: Frame): Buffer | undefined => {
  if (type === SETTINGS && flags === 0) return frame(SETTINGS, 1, 0, Buffer.alloc(0))
  if (type === PING && flags === 0) return frame(PING, 1, 0, payload)
  const ends = (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0
  return ends ? answerTo(stream) : undefined
}

const serve = (socket: Socket): void => {
  let left: Buffer = Buffer.alloc(0)
  let skip = PREFACE_BYTES
  // SETTINGS_MAX_CONCURRENT_STREAMS 1,000.
  socket.write(frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 3, 0xe8])))
  socket.on('error', () => {})
  socket.on('data', chunk => {
    const bytes = left.length > 0 ? Buffer.concat([left, chunk]) : chunk
    const skipped = Math.min(skip, bytes.length)
    skip -= skipped
    const { frames, rest } = framesOf(bytes.subarray(skipped))
    left = rest
    const out = frames.map(replyTo).filter(reply => reply !== undefined)
    const data = frames.reduce((sum, { type, payload }) => sum + (type === DATA ? payload.length : 0), 0)
    if (data > 0) out.push(windowUpdate(data))
    if (out.length > 0) socket.write(Buffer.concat(out))
  })
}

createServer({ noDelay: true }, serve).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 })
process.once('SIGTERM', () => process.exit(0))
