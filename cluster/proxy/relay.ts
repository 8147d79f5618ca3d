/** Bytes both ways between two sockets, with half-close and abort passed on. */
import type { Socket } from 'node:net'

/**
 * Joins two connected sockets (both with allowHalfOpen). An end on one side ends the other after all bytes; an error on one side resets the
 * other after the bytes that had arrived were written.
 */
export function relay(client: Socket, upstream: Socket): void {
  client.pipe(upstream)
  upstream.pipe(client)
  passAbort(client, upstream)
  passAbort(upstream, client)
}

function passAbort(from: Socket, to: Socket): void {
  from.once('error', () => abort(to))
  // A close without an end is an abort too, whoever destroyed the socket.
  from.once('close', () => {
    if (!from.readableEnded) abort(to)
  })
}

/** Resets a connection, once what was written to it has been handed to the kernel. */
function abort(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.writableLength === 0 || socket.writableNeedDrain) socket.resetAndDestroy()
  else socket.write('', () => socket.resetAndDestroy())
}
