/** What a container has written, kept in files: the current run and the one before, a few megabytes each. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../kube/errors.ts'

export type LogQuery = {
  readonly previous: boolean
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines?: number | undefined
  readonly sinceSeconds?: number | undefined
  readonly limitBytes?: number | undefined
  readonly signal: AbortSignal
}

const FILE_LIMIT = 2_000_000
const FLUSH_MS = 100
/** A line longer than this is cut into several. */
const LINE_LIMIT = 16_384

/**
 * Lines are stored with the time of their arrival. A run has a file and, when that is full, the one before it: between 2 and 4 MB are kept.
 * Writes are gathered for a tenth of a second.
 */
export class ContainerLog {
  readonly #directory: string
  readonly #now: () => number
  #onProblem: ((message: string) => void) | undefined
  readonly #listeners = new Set<(lines: readonly string[]) => void>()
  #run = -1
  #size = 0
  #partial = ''
  #pending: string[] = []
  #timer: NodeJS.Timeout | undefined
  #ended = Promise.withResolvers<void>()
  #closed = false

  /** `onProblem` hears once that the log cannot be written (a full disk, say); what does not fit is lost. */
  constructor(directory: string, now: () => number, onProblem: (message: string) => void) {
    this.#directory = directory
    this.#now = now
    this.#onProblem = onProblem
    mkdirSync(directory, { recursive: true })
  }

  /** A new run of the container begins; the run before the last is forgotten. */
  startRun(): void {
    this.endRun()
    this.#run += 1
    this.#size = 0
    for (const suffix of ['', '.old']) rmSync(this.#file(this.#run - 2, suffix), { force: true })
  }

  write(chunk: Buffer): void {
    // Something outlived its container and still holds its output.
    if (this.#closed) return
    const lines = (this.#partial + chunk.toString('utf8')).split('\n')
    this.#partial = lines.pop() ?? ''
    for (const line of lines) this.#add(line)
    while (this.#partial.length > LINE_LIMIT) {
      this.#add(this.#partial.slice(0, LINE_LIMIT))
      this.#partial = this.#partial.slice(LINE_LIMIT)
    }
  }

  /** The run has ended: its followers do, too. */
  endRun(): void {
    this.#endLine()
    this.flush()
    this.#ended.resolve()
    this.#ended = Promise.withResolvers()
  }

  /** No more runs will come. */
  close(): void {
    this.endRun()
    this.#closed = true
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending.length === 0) return
    const lines = this.#pending
    this.#pending = []
    try {
      this.#append(`${lines.join('\n')}\n`)
    } catch (error) {
      this.#onProblem?.(messageOf(error))
      this.#onProblem = undefined
    }
    for (const listener of this.#listeners) listener(lines)
  }

  #append(text: string): void {
    if (this.#size + text.length > FILE_LIMIT && this.#size > 0) {
      renameSync(this.#file(this.#run), this.#file(this.#run, '.old'))
      this.#size = 0
    }
    appendFileSync(this.#file(this.#run), text)
    this.#size += text.length
  }

  async *read(query: LogQuery): AsyncGenerator<string> {
    this.flush()
    const stored = this.#stored(query.previous ? this.#run - 1 : this.#run)
    const since = query.sinceSeconds === undefined ? '' : new Date(this.#now() - query.sinceSeconds * 1000).toISOString()
    const recent = stored.filter(line => line >= since)
    const chosen = query.tailLines === undefined ? recent : query.tailLines === 0 ? [] : recent.slice(-query.tailLines)
    const show = (line: string) => `${query.timestamps ? line : line.slice(line.indexOf(' ') + 1)}\n`
    let left = query.limitBytes ?? Number.POSITIVE_INFINITY
    const cut = (text: string) => {
      const part = text.slice(0, left)
      left -= part.length
      return part
    }
    if (chosen.length > 0) yield cut(chosen.map(show).join(''))
    if (!query.follow || query.previous) return
    for await (const lines of this.#following(query.signal)) {
      if (left <= 0) return
      yield cut(lines.map(show).join(''))
    }
  }

  /** Lines as they come, until the run ends or the signal is aborted. */
  async *#following(signal: AbortSignal): AsyncGenerator<readonly string[]> {
    const waiting: string[] = []
    let wake = Promise.withResolvers<void>()
    let over = this.#closed
    const end = () => {
      over = true
      wake.resolve()
    }
    const listener = (lines: readonly string[]) => {
      waiting.push(...lines)
      wake.resolve()
    }
    this.#listeners.add(listener)
    signal.addEventListener('abort', end)
    void this.#ended.promise.then(end)
    try {
      while (!signal.aborted) {
        if (waiting.length > 0) yield waiting.splice(0)
        else if (over) return
        else {
          await wake.promise
          wake = Promise.withResolvers()
        }
      }
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', end)
    }
  }

  #add(line: string): void {
    this.#pending.push(`${new Date(this.#now()).toISOString()} ${line}`)
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  #endLine(): void {
    if (this.#partial !== '') this.#add(this.#partial)
    this.#partial = ''
  }

  #stored(run: number): readonly string[] {
    const files = [this.#file(run, '.old'), this.#file(run)].filter(file => existsSync(file))
    return files.flatMap(file => readFileSync(file, 'utf8').split('\n').slice(0, -1))
  }

  #file(run: number, suffix = ''): string {
    return join(this.#directory, `${run}.log${suffix}`)
  }
}
