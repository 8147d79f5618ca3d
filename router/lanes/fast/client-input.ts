/** How the bytes of a client's connection come in: into buffers of ours, until the connection ends or is given away. */
import type { Socket } from 'node:net'
import { readAsEver, readDirectly } from './direct-read.ts'
import { ReadBuffers, SHARED } from './read-buffers.ts'

type Reader = {
  /** The next bytes are those of a body. */
  readonly inBody: () => boolean
  /** The bytes (from 0 to `length`) are only there for the call. */
  readonly onBytes: (bytes: Buffer, length: number) => void
}

export class ClientInput {
  readonly #socket: Socket
  readonly #reader: Reader
  readonly #buffers = new ReadBuffers()
  #isOver = false

  constructor(socket: Socket, reader: Reader) {
    this.#socket = socket
    this.#reader = reader
  }

  /** Begins to read; what was read of the connection before stands in the socket's own buffer. */
  start() {
    const socket = this.#socket
    const seen: Buffer | null = socket.read()
    if (!readDirectly(socket, SHARED, { nextBuffer: this.#nextBuffer, onBytes: this.#onBytes })) socket.on('data', this.#onData)
    socket.resume()
    if (seen) this.#onBytes(seen, seen.length)
  }

  readonly #onData = (chunk: Buffer) => void this.#onBytes(chunk, chunk.length)

  readonly #nextBuffer = () => this.#buffers.next(this.#reader.inBody())

  readonly #onBytes = (bytes: Buffer, length: number): boolean => {
    // In the general lane the stream is read from as ever.
    if (this.#isOver) return this.#socket.push(Buffer.from(bytes.subarray(0, length)))
    this.#buffers.note(length)
    this.#reader.onBytes(bytes, length)
    return this.#isOver || !this.#socket.isPaused()
  }

  goOn() {
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  /** These bytes have been given to a write that has not ended: they stay as they are. */
  keep(bytes: Buffer) {
    if (this.#buffers.isOwn(bytes)) this.#buffers.keep()
  }

  stop() {
    this.#isOver = true
    this.#buffers.drop()
    this.#socket.removeListener('data', this.#onData)
  }

  /** Leaves the connection to somebody else, who reads `rest` first. */
  giveAway(rest: Buffer) {
    this.stop()
    readAsEver(this.#socket)
    this.#socket.unshift(rest)
  }
}
