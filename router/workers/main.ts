/** A worker's process, forked by the primary; it is told everything, and goes when the primary goes. */
import { systemClock } from '../../kube/clock.ts'
import { makeLogger } from '../../kube/log.ts'
import type { BoundSocket } from './bound-ports.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { startWorker, type Worker } from './worker.ts'

/** How long the last words may take on a channel that is full. */
const LAST_WORDS_MS = 1_000

/** Serves until the primary says that it is over. Ends with 0 then, with 1 after an error and when the primary is gone. */
export const runWorker = (): void => {
  const { channel } = process
  if (!channel) {
    process.stderr.write('a worker is started by the router itself: see --workers\n')
    process.exit(2)
  }
  let worker: Worker | undefined
  let log = makeLogger({ component: 'router', level: 'info' })
  const send = (message: FromWorker, sent: () => void = () => {}): void => {
    if (process.connected) process.send?.(message, undefined, {}, sent)
  }
  let ending = false
  const end = (code: number): void => {
    if (ending) return
    ending = true
    setTimeout(() => process.exit(code), LAST_WORDS_MS)
    worker?.end()
    // Behind the last report.
    send({ says: 'closed', port: 0 }, () => process.exit(code))
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.error('a worker ends because of an error that nobody caught', { event, error })
      end(1)
    })
  }
  // A terminal sends these to all processes at once; when a worker goes is for the primary to say.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})
  process.on('disconnect', () => process.exit(1))
  process.on('message', (message: ToWorker, socket: unknown) => {
    if (message.do === 'end') return end(0)
    if (message.do !== 'start') return worker?.hear(message, socket as BoundSocket | undefined)
    const { settings } = message
    log = makeLogger({ component: 'router', level: settings.logLevel }).with({ pod: settings.router, worker: settings.worker })
    worker = startWorker({ settings, clock: systemClock, log, send })
  })
}
