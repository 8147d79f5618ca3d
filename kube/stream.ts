/** Answers that come bit by bit and may never end, such as a pod's log. */
import { readRefusal } from './answer.ts'
import type { Transport } from './client.ts'
import { type Clock, systemClock } from './clock.ts'

/** The bytes of the answer to a GET as they come, until the server ends it or `signal` is aborted (then it just ends). Throws ApiError when the server refuses. */
export type Streamer = (path: string, signal: AbortSignal) => AsyncIterable<Uint8Array>

export const streamOver = (transport: Transport, clock: Clock = systemClock): Streamer =>
  async function* (path, signal) {
    try {
      const answer = await transport({ method: 'GET', path, headers: { accept: '*/*' }, signal })
      if (answer.status >= 300) throw await readRefusal(answer, `GET ${path}`, clock.now())
      yield* answer.body
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
