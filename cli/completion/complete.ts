/** What can stand at the end of a command line, as a pure function of what stands before it. */
import type { Command, Option } from '../command.ts'

export type Candidate = { readonly text: string; readonly description?: string }

/** Which names in the cluster are meant. `updates`: everything that Sluice manages; `deployments`: all of them. */
export type Names = 'updates' | 'deployments' | 'analysisruns' | 'experiments' | 'namespaces'

export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'names'; readonly names: Names; readonly more: readonly Candidate[] }
  /** Of files. */
  | { readonly kind: 'files' }

const NOTHING: Completion = { kind: 'words', candidates: [] }

/** `-n, --namespace <name>` as its forms, and whether a value follows. */
const formsOf = ({ flags }: Pick<Option, 'flags'>): { readonly forms: readonly string[]; readonly hasValue: boolean } => {
  const forms = flags.split(/[ ,]+/).filter(word => word.startsWith('-'))
  return { forms, hasValue: /[<[]/.test(flags) }
}

const findFlag = (options: readonly Option[], word: string): Option | undefined =>
  options.find(one => formsOf(one).forms.includes(word))

/** The words that are neither flags nor their values. */
const plainWords = (words: readonly string[], options: readonly Option[]): readonly string[] => {
  const plain: string[] = []
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? ''
    if (!word.startsWith('-') || word === '-') {
      plain.push(word)
      continue
    }
    const flag = findFlag(options, word)
    if (flag !== undefined && formsOf(flag).hasValue && !word.includes('=')) i += 1
  }
  return plain
}

const words = (...texts: readonly string[]): Completion => ({ kind: 'words', candidates: texts.map(text => ({ text })) })

/** The value of a flag, by the word that stands for it in its usage. */
const VALUES: { readonly [placeholder: string]: Completion } = {
  path: { kind: 'files' },
  'path...': { kind: 'files' },
  format: words('table', 'wide', 'json', 'yaml'),
}

const completeValue = ({ flags }: Option): Completion => {
  if (flags.includes('--namespace') || flags.includes('--sluice-namespace'))
    return { kind: 'names', names: 'namespaces', more: [] }
  const [, placeholder = ''] = /[<[](.+?)[>\]]/.exec(flags) ?? []
  return (Object.hasOwn(VALUES, placeholder) ? VALUES[placeholder] : undefined) ?? NOTHING
}

const flagsOf = (options: readonly Option[]): Completion => ({
  kind: 'words',
  candidates: options.map(option => ({ text: formsOf(option).forms.at(-1) ?? '', description: option.description })),
})

/** What the words after the command can be; commands not named here take the name of an update. */
const POSITIONS: { readonly [command: string]: (before: readonly string[]) => Completion } = {
  adopt: () => ({ kind: 'names', names: 'deployments', more: [] }),
  check: () => ({ kind: 'names', names: 'deployments', more: [{ text: 'cluster' }] }),
  completion: before => (before.length === 0 ? words('bash', 'zsh', 'fish') : NOTHING),
  create: before => (before.length === 0 ? words('analysisrun') : NOTHING),
  list: before => (before.length === 0 ? words('rollouts', 'experiments') : NOTHING),
  set: before => {
    if (before.length === 0) return words('image')
    return before.length === 1 ? { kind: 'names', names: 'updates', more: [] } : NOTHING
  },
  simulate: () => NOTHING,
  terminate: ([kind]) => {
    if (kind === undefined) return words('analysisrun', 'experiment')
    return { kind: 'names', names: kind.startsWith('a') ? 'analysisruns' : 'experiments', more: [] }
  },
}

const positionOf = (command: Command, before: readonly string[]): Completion => {
  if (Object.hasOwn(POSITIONS, command.name)) return POSITIONS[command.name]?.(before) ?? NOTHING
  if (command.argument === undefined) return NOTHING
  const isFull = before.length > 0 && command.takes !== 'names' && before[0] !== 'rollout' && before[0] !== 'deployment'
  return isFull ? NOTHING : { kind: 'names', names: 'updates', more: [] }
}

export type Known = { readonly commands: readonly Command[]; readonly globals: readonly Option[] }

/** `line`: the words after the program's name; the last is being typed and may be empty. */
export const complete = (line: readonly string[], { commands, globals }: Known): Completion => {
  const typed = line.at(-1) ?? ''
  const before = line.slice(0, -1)
  const name = plainWords(before, globals)[0]
  const command = commands.find(one => one.name === name)
  const options = [...(command?.options ?? []), ...globals]
  const flag = findFlag(options, before.at(-1) ?? '')
  if (flag !== undefined && formsOf(flag).hasValue) return completeValue(flag)
  if (typed.startsWith('-')) return flagsOf(options)
  if (name === undefined)
    return { kind: 'words', candidates: commands.map(one => ({ text: one.name, description: one.summary })) }
  return command === undefined ? NOTHING : positionOf(command, plainWords(before, options).slice(1))
}
