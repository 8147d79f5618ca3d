/** The command line: global flags, the commands of the registry, help; everything outside the process comes in as arguments. */
import { Command as Commander, CommanderError, Option as CommanderOption } from 'commander'
import { SLUICE_NAMESPACE } from '../api/names.ts'
import { VERSION } from '../api/version.ts'
import {
  CliError,
  type Cluster,
  type Command,
  type Option,
  type OutputFormat,
  type ReadInput,
  type Session,
  type Values,
} from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { answerCompletion, COMPLETE } from './completion/answer.ts'
import { explainError } from './explain-error.ts'
import type { Impersonated } from './impersonate.ts'
import { chooseStyle } from './output/style.ts'
import { joinKinds } from './target.ts'

export type Outside = {
  /** Without node and script. */
  readonly argv: readonly string[]
  /** `sluice`, or `kubectl sluice` where kubectl runs it. */
  readonly name: string
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  readonly isTerminal: boolean
  readonly columns: number | undefined
  readonly rows: number | undefined
  /** The variable NO_COLOR. */
  readonly noColor: string | undefined
  readonly readInput: ReadInput
  readonly connect: (choice: Choice) => Promise<Cluster>
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly signal: AbortSignal
}

export type Choice = {
  readonly kubeconfig?: string
  readonly context?: string
  readonly namespace?: string
  readonly impersonated?: Impersonated
}

const FORMATS: readonly OutputFormat[] = ['table', 'wide', 'json', 'yaml']
const PLAIN_WIDTH = 80

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const openSession = (outside: Outside, flags: Values): Session => {
  const { isTerminal } = outside
  const kubeconfig = textOf(flags.kubeconfig)
  const context = textOf(flags.context)
  const namespace = textOf(flags.namespace)
  const user = textOf(flags.as)
  const group = textOf(flags.asGroup)
  if (group !== undefined && user === undefined)
    throw new CliError('--as-group is the group of the user of --as, which is missing, e.g. --as ada --as-group developers', 2)
  let cluster: Promise<Cluster> | undefined
  return {
    cluster: () => {
      cluster ??= outside.connect({
        ...(kubeconfig && { kubeconfig }),
        ...(context && { context }),
        ...(namespace && { namespace }),
        ...(user && { impersonated: { user, ...(group && { group }) } }),
      })
      return cluster
    },
    allNamespaces: flags.allNamespaces === true,
    sluiceNamespace: textOf(flags.sluiceNamespace) ?? SLUICE_NAMESPACE,
    format: FORMATS.find(one => one === flags.output) ?? 'table',
    terminal: {
      write: outside.write,
      isTerminal,
      // Asked each time: a terminal can be made larger and smaller while a page is followed.
      get rows() {
        return isTerminal ? (outside.rows ?? 24) : Number.POSITIVE_INFINITY
      },
      get width() {
        return isTerminal ? Math.max(PLAIN_WIDTH, outside.columns ?? PLAIN_WIDTH) : PLAIN_WIDTH
      },
      style: chooseStyle({ isTerminal, noColor: outside.noColor, wanted: flags.color !== false }),
    },
    readInput: outside.readInput,
    now: outside.now,
    sleep: outside.sleep,
    signal: outside.signal,
  }
}

const GLOBALS: readonly Option[] = [
  { flags: '--kubeconfig <path>', description: 'kubeconfig to use (KUBECONFIG, then ~/.kube/config)' },
  { flags: '--context <name>', description: 'context of the kubeconfig' },
  { flags: '-n, --namespace <name>', description: "namespace (the context's)" },
  { flags: '-A, --all-namespaces', description: 'of all namespaces (list)' },
  { flags: '--as <user>', description: 'act as somebody else, as far as you may' },
  { flags: '--as-group <group>', description: 'with --as: also in this group' },
  { flags: '--sluice-namespace <name>', description: `namespace where Sluice runs (${SLUICE_NAMESPACE})` },
  { flags: '-o, --output <format>', description: 'how to print', default: 'table' },
  { flags: '--no-color', description: 'without colours; NO_COLOR does the same' },
]

const withGlobals = (command: Commander): Commander => {
  for (const { flags, description, default: value } of GLOBALS) {
    const option = new CommanderOption(flags, description)
    if (flags.includes('<format>')) option.choices(FORMATS)
    if (value !== undefined) option.default(value)
    command.addOption(option)
  }
  return command
}

const addCommand = (program: Commander, command: Command, outside: Outside, end: (code: number) => void): void => {
  const added = withGlobals(program.command(command.name))
    .description(command.summary)
    .addHelpText('after', `\nExamples:\n${command.examples.map(one => `  ${outside.name} ${one}`).join('\n')}`)
  if (command.argument !== undefined) {
    added.argument(command.argument, command.takes === 'words' ? '' : 'NAME, deployment/NAME or rollout/NAME')
    added.argument('[more...]', command.takes === 'names' ? 'more of them' : '')
  }
  for (const { flags, description, default: value } of command.options ?? []) added.option(flags, description, value)
  added.action(async (...received: unknown[]) => {
    // Flags may stand before the command too.
    const values: Values = { ...program.opts(), ...definedOf(added.opts(), added) }
    if (values.allNamespaces === true && command.argument !== undefined && command.takes !== 'words')
      throw new CliError(`${command.name} is about one Deployment; choose its namespace with -n instead of -A`)
    end(await runEach(command, openSession(outside, values), values, wordsOf(received)))
  })
}

/** What commander hands over for `<name> [more...]`. */
const wordsOf = ([first, more]: readonly unknown[]): readonly string[] =>
  typeof first !== 'string' ? [] : [first, ...(Array.isArray(more) ? more.map(String) : [])]

/** The worst exit code of all. */
const runEach = async (command: Command, session: Session, values: Values, words: readonly string[]): Promise<number> => {
  if (command.takes === 'words') return command.run(session, words[0] ?? '', values, words)
  const targets = joinKinds(words)
  const [, second] = targets
  if (second !== undefined && command.takes !== 'names')
    throw new CliError(`${command.name} takes one name, and there are ${targets.join(' and ')}`, 2)
  let worst = 0
  for (const target of targets.length === 0 ? [''] : targets) {
    worst = Math.max(worst, await command.run(session, target, values, words))
  }
  return worst
}

/** Flags that were given after the command; a default there must not hide what stood before it. */
const definedOf = (values: Values, command: Commander): Values =>
  Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) => value !== undefined && (command.getOptionValueSource(name) !== 'default' || !isGlobal(name)),
    ),
  )

const GLOBAL_DEFAULTS: readonly string[] = ['output', 'color']
const isGlobal = (name: string): boolean => GLOBAL_DEFAULTS.includes(name)

/** The values of these flags wherever they stand in a line that is not finished; nobody else reads it. */
const readFlags = (line: readonly string[], names: readonly string[]): Values =>
  Object.fromEntries(
    line.slice(0, -1).flatMap((word, i) => {
      const name = names.find(one => word === `--${one}` || (one === 'namespace' && word === '-n'))
      return name === undefined ? [] : [[name, line[i + 1]]]
    }),
  )

const answerShell = async (outside: Outside, line: readonly string[]): Promise<number> => {
  const session = openSession(outside, readFlags(line, ['namespace', 'context', 'kubeconfig']))
  const { cluster, sleep } = session
  outside.write(await answerCompletion(line, { commands: COMMANDS, globals: GLOBALS }, { cluster, sleep }))
  return 0
}

/** Runs one command line; answers its exit code. */
export const runProgram = async (outside: Outside): Promise<number> => {
  const [first, ...line] = outside.argv
  if (first === COMPLETE) return answerShell(outside, line)
  let code = 0
  const program = withGlobals(new Commander(outside.name))
    .description('Progressive delivery for the Deployments a cluster already has.')
    .version(VERSION, '-V, --version', 'print the version of this program')
    .exitOverride()
    .configureOutput({ writeOut: outside.write, writeErr: () => {} })
    .showSuggestionAfterError(true)
  for (const command of COMMANDS)
    addCommand(program, command, outside, ended => {
      code = ended
    })
  try {
    await program.parseAsync(outside.argv, { from: 'user' })
    return code
  } catch (error) {
    return report(error, outside)
  }
}

const report = (error: unknown, outside: Outside): number => {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    if (error.code === 'commander.help') return 1
    outside.writeError(`${error.message.replaceAll('\n', ' ')}; ${outside.name} --help shows how\n`)
    return 2
  }
  outside.writeError(`error: ${explainError(error)}\n`)
  return error instanceof CliError ? error.exitCode : 1
}
