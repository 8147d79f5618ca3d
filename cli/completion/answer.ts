/** Answers a shell that asks how a command line can go on, in the form of the Cobra library, which kubectl asks its plugins for. */
import type { KubeObject } from '../../api/kubernetes.ts'
import { PREFIX } from '../../api/names.ts'
import type { Resource } from '../../kube/client.ts'
import { ANALYSIS_RUNS, DEPLOYMENTS, EXPERIMENTS, NAMESPACES, ROLLOUTS } from '../../kube/resources.ts'
import { readList } from '../../view/read-objects.ts'
import type { Cluster } from '../command.ts'
import { type Candidate, type Completion, complete, type Known, type Names } from './complete.ts'

/** The word before the line. */
export const COMPLETE = '__complete'

/** A directive of Cobra stands in the last line. */
const FILES = ':0'
const NO_FILES = ':4'

/** Nobody waits longer for a suggestion. */
const PATIENCE_MS = 2000

type Source = readonly [resource: Resource, isMeant: (object: KubeObject) => boolean]

const all = (): boolean => true
const isOptedIn = ({ metadata }: KubeObject): boolean => metadata.annotations?.[`${PREFIX}strategy`] !== undefined

const SOURCES: { readonly [names in Names]: readonly Source[] } = {
  updates: [
    [ROLLOUTS, all],
    [DEPLOYMENTS, isOptedIn],
  ],
  deployments: [[DEPLOYMENTS, all]],
  analysisruns: [[ANALYSIS_RUNS, all]],
  experiments: [[EXPERIMENTS, all]],
  namespaces: [[NAMESPACES, all]],
}

const namesIn = async ({ client, namespace }: Cluster, names: Names): Promise<readonly string[]> => {
  const lists = await Promise.all(
    SOURCES[names].map(async ([resource, isMeant]) =>
      (await readList(client, resource, resource.namespaced ? { namespace } : {})).filter(isMeant),
    ),
  )
  return [...new Set(lists.flat().map(({ metadata }) => metadata.name))].sort()
}

export type Asking = {
  /** Of the namespace that the line names. */
  readonly cluster: () => Promise<Cluster>
  readonly sleep: (ms: number) => Promise<void>
}

/** A cluster that cannot be asked suggests nothing: this is no place for its troubles. */
const askNames = async ({ cluster, sleep }: Asking, names: Names): Promise<readonly string[]> => {
  const found = cluster().then(one => namesIn(one, names))
  return Promise.race([found.catch(() => []), sleep(PATIENCE_MS).then(() => [])])
}

/** `deployment/we` goes on as `deployment/web`. */
const withKind = (name: string, typed: string): string => `${typed.slice(0, typed.indexOf('/') + 1)}${name}`

const candidatesOf = async (completion: Exclude<Completion, { kind: 'files' }>, typed: string, asking: Asking) => {
  if (completion.kind === 'words') return completion.candidates
  const names = await askNames(asking, completion.names)
  return [...names.map((name): Candidate => ({ text: withKind(name, typed) })), ...completion.more]
}

/** The text to print for `line`, whose last word is being typed. */
export const answerCompletion = async (line: readonly string[], known: Known, asking: Asking): Promise<string> => {
  const completion = complete(line, known)
  if (completion.kind === 'files') return `${FILES}\n`
  const typed = line.at(-1) ?? ''
  const fitting = (await candidatesOf(completion, typed, asking)).filter(({ text }) => text.startsWith(typed))
  const lines = fitting.map(({ text, description }) => (description === undefined ? text : `${text}\t${description}`))
  return `${[...lines, NO_FILES].join('\n')}\n`
}
