/**
 * Has an accepted connection read into a buffer of ours and call a function with what came, as the option `onread` of
 * net.connect() does: without it every read costs a new 64 KB buffer and a way through the stream's queue, a tenth of a small
 * request. Node offers this for connections that are made, not for those that are accepted, so what the option does is done
 * here. Where Node has no such parts any more the stream's own events are used instead.
 */
import { Socket } from 'node:net'
import { Readable } from 'node:stream'

export type Reader = {
  /** Another buffer for the reads to come; undefined to go on with the one in use. Asked after each read. */
  readonly nextBuffer: () => Buffer | undefined
  /** Gives false when no more is to be read for now. The bytes (from 0 on) are only there for the call. */
  readonly onBytes: (bytes: Buffer, length: number) => boolean
}

/** The places where net.Socket keeps what `onread` says. */
const PARTS = ['kBuffer', 'kBufferCb', 'kBufferGen'] as const

const findParts = (): readonly symbol[] | undefined => {
  const socket = new Socket()
  const symbols = Object.getOwnPropertySymbols(socket)
  socket.destroy()
  const found = PARTS.flatMap(name => symbols.filter(({ description }) => description === name))
  return found.length === PARTS.length ? found : undefined
}

const parts = findParts()

type Handle = { readonly useUserBuffer: (buffer: Buffer) => void }

const handleOf = (socket: Socket): Handle | undefined => {
  const handle: unknown = Reflect.get(socket, '_handle')
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle && typeof handle.useUserBuffer === 'function'
    ? (handle as Handle)
    : undefined
}

/** False when it cannot be done: nothing has changed then. */
export const readDirectly = (socket: Socket, first: Buffer, { nextBuffer, onBytes }: Reader): boolean => {
  const handle = handleOf(socket)
  if (!parts || !handle) return false
  const [buffer, callback, generator] = parts
  if (!buffer || !callback || !generator) return false
  Reflect.set(socket, buffer, first)
  Reflect.set(socket, callback, (length: number, bytes: Buffer) => onBytes(bytes, length))
  Reflect.set(socket, generator, nextBuffer)
  handle.useUserBuffer(first)
  return true
}

/**
 * Leaves the connection paused and fit for whoever takes it over: from now on `onBytes` has to push what it gets into the
 * stream. A socket with `onread` stops reading whenever it is paused, and streams that flow again do not know of that.
 */
export const readAsEver = (socket: Socket): void => {
  socket.resume()
  Object.assign(socket, { pause: Readable.prototype.pause, resume: Readable.prototype.resume })
  socket.pause()
}
