/** Asks all workers to report, and knows when all have. */
import type { Clock, Timer } from '../../kube/clock.ts'
import type { ToWorker } from './protocol.ts'

/** A worker that takes longer is not waited for: what it said last stands. */
const PATIENCE_MS = 1_000

type Asked = { readonly send: (message: ToWorker) => void }
type Question = { readonly waitsFor: Set<Asked>; readonly resolve: () => void; readonly timer: Timer }

export class Questions {
  readonly #clock: Clock
  readonly #open = new Map<number, Question>()
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when each has answered, is gone, or has taken too long. */
  ask(workers: readonly Asked[]): Promise<void> {
    if (workers.length === 0) return Promise.resolve()
    this.#last += 1
    const number = this.#last
    return new Promise(resolve => {
      const timer = this.#clock.setTimeout(() => this.#close(number), PATIENCE_MS)
      this.#open.set(number, { waitsFor: new Set(workers), resolve, timer })
      for (const worker of workers) worker.send({ do: 'report', question: number })
    })
  }

  answered(worker: Asked, number: number): void {
    const question = this.#open.get(number)
    question?.waitsFor.delete(worker)
    if (question?.waitsFor.size === 0) this.#close(number)
  }

  left(worker: Asked): void {
    for (const number of [...this.#open.keys()]) this.answered(worker, number)
  }

  #close(number: number): void {
    const question = this.#open.get(number)
    question?.timer.cancel()
    this.#open.delete(number)
    question?.resolve()
  }
}
