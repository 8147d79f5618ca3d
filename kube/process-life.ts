/** How a process of ours ends: by an error that nobody caught, or because it is asked to. For main.ts files. */
import type { Logger } from './log.ts'

/** Logs what has happened and ends the process with 1; from now on so does every error that nobody caught. */
export const dieOfUncaught = (log: Logger): ((what: string) => (error: unknown) => void) => {
  const die = (what: string) => (error: unknown) => {
    log.error(what, { error })
    process.exit(1)
  }
  process.on('uncaughtException', die('uncaught exception'))
  process.on('unhandledRejection', die('unhandled rejection'))
  return die
}

/** Resolves with the first SIGTERM or SIGINT. */
export const untilAskedToStop = (): Promise<NodeJS.Signals> =>
  new Promise(resolve => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
