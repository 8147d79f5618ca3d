/** The end of a connection from which nothing is read any more but its end. */
import type { Duplex } from 'node:stream'

/** How long a client may take to close after its last answer, in ms. */
export const LINGER_MS = 2_000

/**
 * Gives the client time to read what was written last, and to close. What it still sends is let go: bytes that nobody reads would keep
 * its end from being seen, and the connection open for ever. To be called before the socket is ended.
 */
export const letClientLeave = (socket: Duplex): void => {
  let timer: NodeJS.Timeout | undefined
  socket.on('error', () => {})
  socket.once('finish', () => {
    timer = setTimeout(() => socket.destroy(), LINGER_MS)
  })
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
}

/** An answer of the router's own, and the connection ends with it. */
export const endWith = (socket: Duplex, answer: string): void => {
  letClientLeave(socket)
  socket.end(answer)
}
