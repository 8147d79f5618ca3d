/** Joins two connections so that each gets what the other sends, half-closes included. */
import type { Duplex } from 'node:stream'
import type { Dispatch } from '../dispatch.ts'

export type Splice = {
  /** Both are cut when nothing passes, either way, for so long; 0: no limit. */
  readonly idleMs: number
  readonly onClosed: (failed: 'client' | 'pod' | undefined) => void
}

/** Calls `onClosed` once, when both are closed; `failed` is the side that broke off first, if one did. What passes is counted as it does. */
export const splice = (
  client: Duplex,
  pod: Duplex,
  dispatch: Pick<Dispatch, 'passedIn' | 'passedOut'>,
  { idleMs, onClosed }: Splice,
): void => {
  let failed: 'client' | 'pod' | undefined
  let open = 2
  const watch = (side: Duplex, name: 'client' | 'pod', other: Duplex): void => {
    side.on('error', () => {
      failed ??= name
      other.destroy()
    })
    side.once('close', () => {
      // A side that ended well has already ended the other through the pipe.
      if (!side.readableEnded || !side.writableFinished) other.destroy()
      open -= 1
      if (open === 0) onClosed(failed)
    })
  }
  watch(client, 'client', pod)
  watch(pod, 'pod', client)
  const timer = idleMs > 0 ? setTimeout(() => client.destroy(), idleMs) : undefined
  client.once('close', () => clearTimeout(timer))
  client.on('data', (chunk: Buffer) => {
    timer?.refresh()
    dispatch.passedIn(chunk.length)
  })
  pod.on('data', (chunk: Buffer) => {
    timer?.refresh()
    dispatch.passedOut(chunk.length)
  })
  client.pipe(pod)
  pod.pipe(client)
}
