/** A request whose answer is whole while its client still sends. */
import { constants, type ServerHttp2Stream } from 'node:http2'

/** How long a client has to end by itself. */
const PATIENCE_MS = 1_000

/**
 * What the client still sends is let go; when it does not end soon it is told to stop (RFC 9113 8.1). Not at once: Node's client never
 * closes a stream that is reset so while some of its body waits to be sent.
 */
export const letGo = (stream: ServerHttp2Stream): void => {
  if (stream.destroyed || stream.readableEnded) return
  stream.resume()
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), PATIENCE_MS)
  stream.once('close', () => clearTimeout(timer))
}
