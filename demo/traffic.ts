/** Runs the load client as a process of its own and keeps what it tells. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Answer } from './load-client.ts'

export type Traffic = {
  /** Everything so far, in the order in which the answers came. */
  readonly answers: readonly Answer[]
  /** Sends no more, waits for what is under way, and returns everything. */
  readonly stop: () => Promise<readonly Answer[]>
}

/** Starts asking `url` at `rate` requests per second. */
export const startTraffic = (url: string, rate: number): Traffic => {
  const answers: Answer[] = []
  const child = fork(join(import.meta.dirname, 'load-client.ts'), [url, String(rate)], {
    stdio: 'inherit',
    // Not this process's own flags: those of a test run would make a test of the client.
    execArgv: [],
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.on('message', message => {
    for (const answer of message as readonly Answer[]) answers.push(answer)
  })
  return {
    answers,
    stop: async () => {
      if (child.connected) child.send('stop')
      await ended
      return answers
    },
  }
}
