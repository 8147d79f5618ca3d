/** Child processes of a test cluster: each with a log file, some started again when they die, all ended in reverse order. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const RESTART_MS = 300
const PATIENCE_MS = 120_000
const GRACE_MS = 8000

export type Command = {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  /** Start it again whenever it ends, as a service manager would. */
  readonly restart?: boolean
  readonly env?: NodeJS.ProcessEnv
}

export type Processes = {
  readonly run: (command: Command) => void
  /** Waits until `ask` says true; throws with the end of the log when the process has ended for good or a minute has passed. */
  readonly untilReady: (name: string, ask: () => Promise<boolean>) => Promise<void>
  /** Sends a signal; a process that is started again stays away for `awayMs` (300 ms when absent). */
  readonly kill: (name: string, signal: NodeJS.Signals, awayMs?: number) => void
  readonly stop: () => Promise<void>
}

type Running = { readonly command: Command; readonly log: string; child: ChildProcess; awayMs: number }

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

const end = async ({ child }: Running): Promise<void> => {
  if (hasEnded(child)) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await gone
  clearTimeout(killer)
}

/** `dir` takes the logs, `NAME.log`. */
export const makeProcesses = (dir: string): Processes => {
  const running = new Map<string, Running>()
  let stopping = false

  const start = (command: Command, log: string): ChildProcess => {
    const child = spawn(command.file, command.args, { stdio: ['ignore', 'pipe', 'pipe'], env: command.env ?? process.env })
    const out = createWriteStream(log, { flags: 'a' })
    child.stdout?.pipe(out, { end: false })
    child.stderr?.pipe(out, { end: false })
    child.once('exit', () => {
      out.end()
      const mine = running.get(command.name)
      if (stopping || command.restart !== true || mine === undefined) return
      setTimeout(() => {
        if (!stopping) mine.child = start(command, log)
      }, mine.awayMs)
      mine.awayMs = RESTART_MS
    })
    return child
  }

  const get = (name: string): Running => {
    const found = running.get(name)
    if (found === undefined) throw new Error(`no process ${name}; there are ${[...running.keys()].join(', ')}`)
    return found
  }

  return {
    run: command => {
      const log = join(dir, `${command.name}.log`)
      running.set(command.name, { command, log, child: start(command, log), awayMs: RESTART_MS })
    },
    untilReady: async (name, ask) => {
      const process = get(name)
      const until = performance.now() + PATIENCE_MS
      const tail = () => readFileSync(process.log, 'utf8').slice(-2000)
      while (performance.now() < until) {
        if (hasEnded(process.child) && process.command.restart !== true) throw new Error(`${name} ended: ${tail()}`)
        if (await ask().catch(() => false)) return
        await sleep(100)
      }
      throw new Error(`${name} was not ready within a minute; the end of ${process.log}: ${tail()}`)
    },
    kill: (name, signal, awayMs = RESTART_MS) => {
      const process = get(name)
      process.awayMs = awayMs
      process.child.kill(signal)
    },
    stop: async () => {
      stopping = true
      for (const process of [...running.values()].toReversed()) await end(process)
    },
  }
}
