/** A field of an object by its path, as arguments of analyses name it (`valueFrom.fieldRef`): Kubernetes' downward API first, then any path. Pure. */
import type { KubeObject, Labels } from './kubernetes.ts'

export type FieldRead = { readonly value: string } | { readonly problem: string }

const SUBSCRIPT = /^metadata\.(labels|annotations)\['([^']*)'\]$/

/** As the downward API writes a map into a file. */
const textOf = (map: Labels = {}): string =>
  Object.keys(map)
    .sort()
    .map(key => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')

const ofMetadata = ({ metadata }: KubeObject, path: string): string | undefined => {
  const [, map, key] = SUBSCRIPT.exec(path) ?? []
  // A label that is not there is empty, as in a pod's environment.
  if (key !== undefined) return (map === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? ''
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return textOf(metadata.labels)
    case 'metadata.annotations':
      return textOf(metadata.annotations)
    default:
      return undefined
  }
}

const itemOf = (list: readonly unknown[], section: string): { readonly item: unknown } | { readonly problem: string } => {
  if (!/^\d+$/.test(section)) return { problem: `invalid index '${section}'` }
  const index = Number(section)
  return index < list.length ? { item: list[index] } : { problem: `index ${index} out of range` }
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null

/**
 * The field as text, with the problems in Argo Rollouts' words (there the object always is a Rollout).
 * @param kind what the object is, for the message, e.g. `rollout`
 */
export const readFieldPath = (object: KubeObject, path: string, kind: string): FieldRead => {
  const known = ofMetadata(object, path)
  if (known !== undefined) return { value: known }
  const invalid = { problem: `invalid path ${path} in ${kind}` }
  let value: unknown = object
  for (const section of path.split(/[.[\]]+/).filter(part => part !== '')) {
    if (Array.isArray(value)) {
      const found = itemOf(value, section)
      if ('problem' in found) return found
      value = found.item
    } else if (isRecord(value)) {
      value = Object.hasOwn(value, section) ? value[section] : undefined
    } else return invalid
  }
  return value === undefined || value === null || typeof value === 'object' ? invalid : { value: String(value) }
}
