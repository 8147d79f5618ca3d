/** Where in the dashboard one is, as the part of the address behind `#`. */

export type Place =
  | { readonly screen: 'overview'; readonly search: string; readonly group: string }
  | { readonly screen: 'rollout'; readonly namespace: string; readonly name: string }
  /** Experiments, and AnalysisRuns of their own. */
  | { readonly screen: 'runs' }
  | { readonly screen: 'run'; readonly kind: RunKind; readonly namespace: string; readonly name: string }

export type RunKind = 'Experiment' | 'AnalysisRun'

const HOME: Place = { screen: 'overview', search: '', group: '' }

/** No namespace begins so. */
const RUNS = '~experiments'
const KINDS: { readonly [word: string]: RunKind } = { '~experiment': 'Experiment', '~analysisrun': 'AnalysisRun' }

const readRun = (word: string, namespace: string, name: string): Place | undefined => {
  const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined
  return kind === undefined || namespace === '' || name === '' ? undefined : { screen: 'run', kind, namespace, name }
}

/** What cannot be read is the overview. */
export const readPlace = (hash: string): Place => {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first = '', second = '', third = ''] = path.split('/').map(decode)
  if (first === RUNS) return { screen: 'runs' }
  const run = readRun(first, second, third)
  if (run !== undefined) return run
  if (first !== '' && second !== '') return { screen: 'rollout', namespace: first, name: second }
  const fields = new URLSearchParams(query)
  return { ...HOME, search: fields.get('q') ?? '', group: fields.get('show') ?? '' }
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

const pathOf = (...words: readonly string[]): string => `#/${words.map(encodeURIComponent).join('/')}`

export const writePlace = (place: Place): string => {
  if (place.screen === 'rollout') return pathOf(place.namespace, place.name)
  if (place.screen === 'runs') return `#/${RUNS}`
  if (place.screen === 'run')
    return `#/~${place.kind.toLowerCase()}/${[place.namespace, place.name].map(encodeURIComponent).join('/')}`
  const fields = new URLSearchParams({
    ...(place.search === '' ? {} : { q: place.search }),
    ...(place.group === '' ? {} : { show: place.group }),
  })
  return fields.size === 0 ? '#/' : `#/?${fields}`
}
