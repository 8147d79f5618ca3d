/**
 * A user of the sample app, as a process of its own: asks one URL at a steady rate, each request over a new connection, and tells its
 * parent of every answer. It knows nothing of Sluice but the header by which a router owns up to an answer of its own.
 *   node demo/load-client.ts URL REQUESTS_PER_SECOND
 */
import { get } from 'node:http'
import { ROUTER_HEADER } from '../api/names.ts'

/** One answered or failed request. */
export type Answer = {
  /** When it ended; milliseconds since the epoch. */
  readonly at: number
  readonly milliseconds: number
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** What the app said it is; absent when it was not the app that answered. */
  readonly version?: string
  /** Why there was no answer of the app. */
  readonly error?: string
}

/** A request that takes longer is a dropped one. */
const TIMEOUT_MS = 10_000

const ask = (url: string, tell: (answer: Answer) => void) => {
  const began = performance.now()
  let told = false
  const end = (rest: Omit<Answer, 'at' | 'milliseconds'>) => {
    if (told) return
    told = true
    tell({ at: Date.now(), milliseconds: performance.now() - began, ...rest })
  }
  const request = get(url, { agent: false, timeout: TIMEOUT_MS, headers: { connection: 'close' } }, response => {
    const status = response.statusCode ?? 0
    const version = response.headers['x-app-version']
    const router = response.headers[ROUTER_HEADER]
    response.resume()
    response.on('end', () =>
      end({ status, ...(typeof version === 'string' ? { version } : { error: `answered by ${router ?? 'nobody known'}` }) }),
    )
    response.on('error', error => end({ status: 0, error: `cut off in the answer: ${error.message}` }))
  })
  request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
  request.on('error', error => end({ status: 0, error: error.message || String((error as NodeJS.ErrnoException).code) }))
}

const [url = '', rate = '200'] = process.argv.slice(2)
const batch: Answer[] = []
let stopping = false
let open = 0
let sent = 0
const started = performance.now()

const pace = setInterval(() => {
  // Requests are due by the clock, so a timer that comes late is made up for.
  const due = Math.floor(((performance.now() - started) / 1000) * Number(rate))
  for (; sent < due && !stopping; sent += 1) {
    open += 1
    ask(url, answer => {
      open -= 1
      batch.push(answer)
    })
  }
}, 5)

const flush = setInterval(() => {
  if (batch.length > 0) process.send?.(batch.splice(0))
  if (stopping && open === 0) {
    clearInterval(flush)
    process.disconnect?.()
  }
}, 50)

const stop = () => {
  stopping = true
  clearInterval(pace)
}
process.on('message', message => {
  if (message === 'stop') stop()
})
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => undefined)
