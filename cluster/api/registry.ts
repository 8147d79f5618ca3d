/** The kinds that are served now: built-ins and those of CustomResourceDefinitions. */
import { apiVersionOf, type Kind } from './kind.ts'

export type GroupVersions = { readonly group: string; readonly versions: readonly string[] }

const kindKey = (group: string, version: string, plural: string) => `${group}/${version}/${plural}`

/** `v2` before `v1` before `v1beta1` before `v1alpha1`, as Kubernetes prefers versions. */
export const compareVersions = (a: string, b: string): number => {
  const rank = (version: string): readonly number[] => {
    const [, major, stage, minor] = version.match(/^v(\d+)(?:(alpha|beta)(\d+))?$/) ?? []
    if (major === undefined) return [0, 0, 0]
    return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor ?? 0)]
  }
  const [left, right] = [rank(a), rank(b)]
  for (let index = 0; index < 3; index += 1) if (left[index] !== right[index]) return right[index]! - left[index]!
  return a < b ? -1 : a > b ? 1 : 0
}

export class Registry {
  readonly #builtins: readonly Kind[]
  #custom: readonly Kind[] = []
  #all: readonly Kind[] = []
  #byPath = new Map<string, Kind>()
  #byKind = new Map<string, Kind>()
  #byStorage = new Map<string, Kind>()

  constructor(builtins: readonly Kind[]) {
    this.#builtins = builtins
    this.#index()
  }

  #index(): void {
    this.#all = [...this.#builtins, ...this.#custom]
    this.#byPath = new Map(this.#all.map(kind => [kindKey(kind.group, kind.version, kind.plural), kind]))
    this.#byKind = new Map(this.#all.map(kind => [`${apiVersionOf(kind)}/${kind.kind}`, kind]))
    // The first kind of a storage stands for it.
    this.#byStorage = new Map(this.#all.toReversed().map(kind => [kind.storage, kind]))
  }

  all(): readonly Kind[] {
    return this.#all
  }

  /** The kind at a path of the API, e.g. `('apps', 'v1', 'deployments')`. */
  find(group: string, version: string, plural: string): Kind | undefined {
    return this.#byPath.get(kindKey(group, version, plural))
  }

  /** The kind that an object or an ownerReference names. */
  byKind(apiVersion: string, kind: string): Kind | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`)
  }

  /** The kind in whose version a storage keeps its objects (any served version stands for the others). */
  ofStorage(storage: string): Kind | undefined {
    return this.#byStorage.get(storage)
  }

  isServed(group: string, version: string): boolean {
    return this.all().some(kind => kind.group === group && kind.version === version)
  }

  /** Named groups with their versions, the preferred one first; the core group is left out. */
  groups(): readonly GroupVersions[] {
    const versions = new Map<string, Set<string>>()
    for (const { group, version } of this.all()) if (group) versions.set(group, (versions.get(group) ?? new Set()).add(version))
    return [...versions].map(([group, of]) => ({ group, versions: [...of].sort(compareVersions) }))
  }

  /** Replaces the kinds of all CustomResourceDefinitions at once. */
  setCustom(kinds: readonly Kind[]): void {
    this.#custom = kinds
    this.#index()
  }
}
