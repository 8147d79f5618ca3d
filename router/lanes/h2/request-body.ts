/** What a client sends on a stream, on its way to a pod; the beginning is kept so that a pod that refused can be passed over. */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Dispatch } from '../../dispatch.ts'
import type { StreamCopy } from '../../mirror/stream-copy.ts'
import { sends } from './sends.ts'

/** Of a longer body nothing is kept any more: such a request is tried once. */
const KEPT_BYTES = 65_536

export class RequestBody {
  readonly #client: ServerHttp2Stream
  readonly #dispatch: Dispatch
  readonly #copy: StreamCopy | undefined
  /** The stream had no body from the first. */
  readonly isEmpty: boolean
  #pod: ClientHttp2Stream | undefined
  #kept: Buffer[] | undefined = []
  #keptBytes = 0
  #listening = false
  #ended = false
  #trailers: IncomingHttpHeaders | undefined

  constructor(client: ServerHttp2Stream, dispatch: Dispatch, copy: StreamCopy | undefined) {
    this.#client = client
    this.#dispatch = dispatch
    this.#copy = copy
    this.isEmpty = client.endAfterHeaders
    // They may be here before there is a pod to send them to.
    client.once('trailers', trailers => {
      this.#trailers = trailers
    })
  }

  /** All that was sent so far is still there. */
  get canBeSentAgain(): boolean {
    return this.#kept !== undefined
  }

  sendTo(pod: ClientHttp2Stream): void {
    if (this.isEmpty) {
      // A stream that is not read never ends.
      this.#client.resume()
      this.#copy?.end()
      return
    }
    this.#pod = pod
    // Asked for also when the stream is being reset: only what is sent here ends the body well.
    pod.on('wantTrailers', () => {
      if (!this.#ended || sends(() => pod.sendTrailers(this.#trailers ?? {}))) return
      this.#client.close(constants.NGHTTP2_PROTOCOL_ERROR)
    })
    pod.on('drain', () => {
      if (this.#pod === pod) this.#client.resume()
    })
    for (const chunk of this.#kept ?? []) pod.write(chunk)
    if (this.#ended) pod.end()
    else if (this.#listening) this.#client.resume()
    else this.#listen()
  }

  /** The pod takes no more of this: what comes until there is another one waits. */
  stop(): void {
    this.#pod = undefined
    if (!this.#ended && !this.isEmpty) this.#client.pause()
  }

  /** The pod has begun to answer. */
  forget(): void {
    this.#kept = undefined
  }

  #listen(): void {
    this.#listening = true
    this.#client.on('data', (chunk: Buffer) => this.#pass(chunk))
    this.#client.once('end', () => {
      // It also ends when the client has reset it; the pod must not take that for the whole body.
      if (this.#client.aborted || this.#client.rstCode !== 0) return
      this.#ended = true
      this.#copy?.end()
      if (this.#pod?.writable) this.#pod.end()
    })
  }

  #pass(chunk: Buffer): void {
    this.#dispatch.passedIn(chunk.length)
    this.#copy?.add(chunk)
    this.#keep(chunk)
    const pod = this.#pod
    if (pod?.writable && !pod.write(chunk)) this.#client.pause()
  }

  #keep(chunk: Buffer): void {
    if (!this.#kept) return
    this.#keptBytes += chunk.length
    if (this.#keptBytes > KEPT_BYTES) this.#kept = undefined
    else this.#kept.push(chunk)
  }
}
