/** Sends requests as bytes, many at a time, and lets the router come to rest. */
import { connect } from 'node:net'
import { until } from '../../router/testing/pods.ts'
import type { TestRouter } from '../../router/testing/router-under-test.ts'
import type { Case } from './corpus.ts'

/** How long the other side may be silent before all is taken to be said. */
const QUIET_MS = 120
const FIRST_MS = 250
const AT_ONCE = 24

/** Writes the bytes in pieces of `size` (0: in one) and goes away when nothing comes any more. */
export const sendBytes = (port: number, bytes: string, size = 0): Promise<string> =>
  new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let got = ''
    let timer = setTimeout(() => socket.destroy(), 5_000)
    const wait = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => socket.destroy(), ms)
    }
    socket.on('error', () => {})
    socket.on('data', data => {
      got += data.toString('latin1')
      wait(QUIET_MS)
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(got)
    })
    socket.on('connect', () => {
      writeInPieces(
        bytes,
        size,
        piece => void socket.write(piece, 'latin1'),
        () => wait(FIRST_MS),
      )
    })
  })

const writeInPieces = (bytes: string, size: number, write: (piece: string) => void, done: () => void): void => {
  const piece = size === 0 ? bytes : bytes.slice(0, size)
  if (piece !== '') write(piece)
  const rest = bytes.slice(piece.length)
  if (rest === '') done()
  else setImmediate(() => writeInPieces(rest, size, write, done))
}

/** All cases, and then until nothing is in flight and the router has let every connection go: all clients have gone. */
export const sendAll = async (router: TestRouter, cases: readonly Case[], size = 0): Promise<void> => {
  const queue = [...cases]
  const work = async (): Promise<void> => {
    for (let one = queue.pop(); one; one = queue.pop()) await sendBytes(router.port, one.bytes, size)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await until(() => router.counts().inFlight === 0, 'nothing is in flight')
  await until(() => router.serving.connections === 0, 'no connection is open')
}
