/**
 * A kubeconfig: several files merged as kubectl merges them, and the cluster and user that a context names.
 * Pure but for the reading of files in `loadKubeconfig`.
 */
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join } from 'node:path'

type Fields = { readonly [name: string]: unknown }

/** A merged kubeconfig with the paths in it made absolute; entries are as in the files. */
export type Kubeconfig = {
  readonly currentContext?: string
  readonly contexts: readonly Fields[]
  readonly clusters: readonly Fields[]
  readonly users: readonly Fields[]
}

/** What one context names. */
export type Selection = { readonly context: string; readonly namespace?: string; readonly cluster: Fields; readonly user: Fields }

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

const FILE_FIELDS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']

const withAbsolutePaths = (fields: Fields, directory: string): Fields => {
  const absolute = FILE_FIELDS.flatMap(name => {
    const path = fields[name]
    return typeof path === 'string' && path !== '' && !isAbsolute(path) ? [[name, join(directory, path)]] : []
  })
  return { ...fields, ...Object.fromEntries(absolute) }
}

const decodeEntries = (value: unknown, inner: string, directory: string): readonly Fields[] => {
  if (!Array.isArray(value)) return []
  return value.filter(isFields).map(entry => {
    const fields = entry[inner]
    return { name: entry['name'], [inner]: isFields(fields) ? withAbsolutePaths(fields, directory) : {} }
  })
}

/** One file's content, already parsed. `path` is named in errors, and relative paths in the file are taken from its directory. */
export const decodeKubeconfig = (value: unknown, path: string): Kubeconfig => {
  if (!isFields(value))
    throw new Error(`kubeconfig ${path}: not a mapping; it should begin with "apiVersion: v1" and "kind: Config"`)
  const current = value['current-context']
  return {
    ...(typeof current === 'string' && current !== '' ? { currentContext: current } : {}),
    contexts: decodeEntries(value['contexts'], 'context', dirname(path)),
    clusters: decodeEntries(value['clusters'], 'cluster', dirname(path)),
    users: decodeEntries(value['users'], 'user', dirname(path)),
  }
}

/** The first file that names something wins, as for kubectl. */
export const mergeKubeconfigs = (files: readonly Kubeconfig[]): Kubeconfig => {
  const firstByName = (entries: readonly Fields[]): readonly Fields[] => [
    ...new Map([...entries].reverse().map(entry => [entry['name'], entry])).values(),
  ]
  const currentContext = files.find(file => file.currentContext !== undefined)?.currentContext
  return {
    ...(currentContext === undefined ? {} : { currentContext }),
    contexts: firstByName(files.flatMap(file => file.contexts)),
    clusters: firstByName(files.flatMap(file => file.clusters)),
    users: firstByName(files.flatMap(file => file.users)),
  }
}

const entryNamed = (entries: readonly Fields[], inner: string, name: unknown): Fields | undefined => {
  const fields = entries.find(entry => entry['name'] === name)?.[inner]
  return isFields(fields) ? fields : undefined
}

/** Throws an Error that names what is missing and what there is. */
export const selectContext = (config: Kubeconfig, wanted?: string): Selection => {
  const name = wanted ?? config.currentContext
  const known = config.contexts.map(entry => String(entry['name'])).join(', ') || 'none'
  if (name === undefined) throw new Error(`kubeconfig: no current-context is set and none was asked for; there are: ${known}`)
  const context = entryNamed(config.contexts, 'context', name)
  if (!context) throw new Error(`kubeconfig: no context "${name}"; there are: ${known}`)
  const cluster = entryNamed(config.clusters, 'cluster', context['cluster'])
  if (!cluster) throw new Error(`kubeconfig: context "${name}" names cluster "${context['cluster']}", which is not in the file`)
  const user = context['user'] ? entryNamed(config.users, 'user', context['user']) : {}
  if (!user) throw new Error(`kubeconfig: context "${name}" names user "${context['user']}", which is not in the file`)
  const namespace = context['namespace']
  return { context: name, cluster, user, ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}) }
}

const readOne = async (path: string, mayBeMissing: boolean): Promise<readonly Kubeconfig[]> => {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (mayBeMissing) return []
    throw new Error(`kubeconfig ${path}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
  // By way of our own file: a bundler knows no names in a CommonJS package that is imported on demand.
  const { decodeOwnYaml } = await import('./decode-yaml.ts')
  let value: unknown
  try {
    value = decodeOwnYaml(text)
  } catch (error) {
    throw new Error(`kubeconfig ${path}: not YAML: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
  return [decodeKubeconfig(value, path)]
}

/** `paths` is one path, or several with the system's delimiter between them, of which some may be missing. */
export const loadKubeconfig = async (paths: string): Promise<Kubeconfig> => {
  const each = paths.split(delimiter).filter(path => path !== '')
  const files = await Promise.all(each.map(path => readOne(path, each.length > 1)))
  if (files.flat().length === 0) throw new Error(`kubeconfig: none of ${each.join(', ') || 'the given paths'} exists`)
  return mergeKubeconfigs(files.flat())
}
