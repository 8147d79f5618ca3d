/** What differs between two pod templates, field by field. Pure. */
import type { PodTemplate } from '../../api/kubernetes.ts'
import type { TemplateChange } from '../contract.ts'

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Lists whose items have a name are compared by it, as a person does: containers, env, ports, volumes. */
const nameOf = (item: unknown): string | undefined => {
  if (!isObject(item)) return undefined
  const { name, mountPath, containerPort } = item
  if (typeof mountPath === 'string') return mountPath
  if (typeof name === 'string') return name
  return typeof containerPort === 'number' ? String(containerPort) : undefined
}

const keyed = (value: unknown): ReadonlyMap<string, unknown> | undefined => {
  if (isObject(value)) return new Map(Object.entries(value))
  if (!Array.isArray(value)) return undefined
  const names = value.map((item, i) => nameOf(item) ?? String(i))
  const isUnique = new Set(names).size === names.length
  return new Map(value.map((item, i) => [isUnique ? (names[i] ?? '') : String(i), item]))
}

const join = (path: string, key: string, inList: boolean): string => {
  if (inList || !/^[A-Za-z_]\w*$/.test(key)) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

const leaf = (path: string, before: unknown, after: unknown): TemplateChange => ({
  path,
  ...(before !== undefined && { before: JSON.stringify(before) }),
  ...(after !== undefined && { after: JSON.stringify(after) }),
})

const compare = (before: unknown, after: unknown, path: string): readonly TemplateChange[] => {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const [a, b] = [keyed(before), keyed(after)]
  const isList = Array.isArray(before)
  if (a === undefined || b === undefined || isList !== Array.isArray(after)) return [leaf(path, before, after)]
  return [...new Set([...a.keys(), ...b.keys()])].flatMap(key => compare(a.get(key), b.get(key), join(path, key, isList)))
}

/** From the template of a revision to the present one, both without the hashes that ReplicaSets add. */
export const diffTemplates = (before: PodTemplate, after: PodTemplate): readonly TemplateChange[] => compare(before, after, '')
