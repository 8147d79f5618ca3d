/** What a command is: a name, what it takes, and what it does with an open session. One file each under commands/. */
import type { KubeClient } from '../kube/client.ts'
import type { Streamer } from '../kube/stream.ts'
import { UserError } from '../view/user-error.ts'
import type { Style } from './output/style.ts'

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml'

export type Terminal = {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  /** Lines that fit; Infinity where it is no terminal. */
  readonly rows: number
  /** Columns; 80 where it is no terminal. */
  readonly width: number
  readonly style: Style
}

export type Cluster = {
  readonly client: KubeClient
  /** What comes bit by bit, e.g. logs. */
  readonly stream: Streamer
  readonly namespace: string
  readonly server: string
}

export type InputFile = {
  /** As the user wrote it, or below the folder that was named; `-` for standard input. */
  readonly name: string
  readonly text: string
}

/** The files that a path stands for. */
export type ReadInput = (path: string) => Promise<readonly InputFile[]>

export type Session = {
  /** Reads the kubeconfig at the first call. */
  readonly cluster: () => Promise<Cluster>
  readonly allNamespaces: boolean
  /** Where Sluice itself runs. */
  readonly sluiceNamespace: string
  readonly format: OutputFormat
  readonly terminal: Terminal
  readonly readInput: ReadInput
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export type Option = { readonly flags: string; readonly description: string; readonly default?: string }
export type Values = { readonly [name: string]: string | boolean | readonly string[] | undefined }

export type Command = {
  readonly name: string
  /** For the list of commands. */
  readonly summary: string
  /** e.g. `<name>`; commander's notation. */
  readonly argument?: string
  /**
   * What the words after the command are: one name (`web`, `deployment/web`, `rollout web`), several of them, of which each is run, or
   * whatever `run` makes of them. One name where nothing is said.
   */
  readonly takes?: 'name' | 'names' | 'words'
  readonly options?: readonly Option[]
  readonly examples: readonly string[]
  /**
   * `target`: the name, as parseTarget reads it; `words`: all that stood there. Answers the exit code. Throws CliError for what the user can put
   * right.
   */
  readonly run: (session: Session, target: string, values: Values, words: readonly string[]) => Promise<number>
}

/** Something the user can put right; its message says what to do and is printed as one line. */
export class CliError extends UserError {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
  }
}
