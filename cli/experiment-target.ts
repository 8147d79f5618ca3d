/** Names of experiments and analysis runs as people write them: `experiment NAME`, `experiment/NAME`. */
import type { Resource } from '../kube/client.ts'
import { ANALYSIS_RUNS, EXPERIMENTS } from '../kube/resources.ts'

const KINDS: readonly { readonly resource: Resource; readonly words: readonly string[] }[] = [
  { resource: EXPERIMENTS, words: ['experiment', 'experiments', 'exp'] },
  { resource: ANALYSIS_RUNS, words: ['analysisrun', 'analysisruns', 'ar'] },
]

export type Named = { readonly resource: Resource; readonly names: readonly string[] }

/** The kind and the names after it, or undefined where the words name neither an experiment nor an analysis run. */
export const readKind = (words: readonly string[]): Named | undefined => {
  const all = words.flatMap(word => word.split('/'))
  const [first = '', ...names] = all
  const found = KINDS.find(one => one.words.includes(first.toLowerCase()))
  return found === undefined || names.length === 0 ? undefined : { resource: found.resource, names }
}
