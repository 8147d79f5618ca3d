/** One run of a container: a local process in a group of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Environment } from './env.ts'
import type { Watchdog } from './watchdog.ts'

export type Exit = {
  /** As a container runtime reports it: 128 + N for signal N. */
  readonly code: number
  readonly signal?: number
  /** Why it could not be started. */
  readonly problem?: string
}

export type ContainerProcess = {
  readonly pid: number | undefined
  /** Resolves when the main process has ended and its whole group was killed. Never rejects. */
  readonly exited: Promise<Exit>
  /** Sends a signal to the main process, as a container runtime does to process 1. */
  readonly signal: (signal: NodeJS.Signals) => void
  /** SIGKILL to the whole group. */
  readonly kill: () => void
}

export type ProcessOptions = {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Environment
  readonly output: (chunk: Buffer) => void
  readonly watchdog: Watchdog
}

/** What a container runtime answers when a program cannot be started. */
const START_ERROR = 128

/** Starts the process; that it cannot be started is an exit, too. */
export function startProcess({ command, cwd, env, output, watchdog }: ProcessOptions): ContainerProcess {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.on('data', output)
  child.stderr.on('data', output)
  const { pid } = child
  if (pid !== undefined) watchdog.watch(pid)
  const exited = waitForExit(child, { program, cwd }).then(async exit => {
    if (pid === undefined) return exit
    // What the main process leaves behind ends with it, as in a pid namespace.
    sendTo(-pid, 'SIGKILL')
    watchdog.forget(pid)
    await outputEnd(child)
    return exit
  })
  return {
    pid,
    exited,
    signal: signal => {
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) sendTo(pid, signal)
    },
    kill: () => {
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) sendTo(-pid, 'SIGKILL')
    },
  }
}

function waitForExit(child: ChildProcess, { program, cwd }: { readonly program: string; readonly cwd: string }): Promise<Exit> {
  return new Promise(resolve => {
    child.once('error', error => {
      if (child.pid === undefined)
        resolve({ code: START_ERROR, problem: `cannot start ${JSON.stringify(program)} in ${cwd}: ${error.message}` })
    })
    child.once('exit', (code, name) => {
      const signal = name === null ? undefined : constants.signals[name]
      resolve(signal === undefined ? { code: code ?? 0 } : { code: START_ERROR + signal, signal })
    })
  })
}

/** Something that left the process group may hold the output open; it is not waited for. */
const OUTPUT_END_MS = 250

/** Resolves when everything that was written has been read. */
async function outputEnd(child: ChildProcess): Promise<void> {
  if (child.stdout?.closed && child.stderr?.closed) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise(resolve => {
    timer = setTimeout(resolve, OUTPUT_END_MS)
  })
  await Promise.race([once(child, 'close'), late])
  clearTimeout(timer)
}

function sendTo(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    // It ended by itself in this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
