/** A Service in serve mode (its own selector, native endpoints) and in proxy mode (no selector, endpoints published by Sluice). */
import { type JsonPatchOp, pointer } from './json-patch.ts'
import type { Labels, Service } from './kubernetes.ts'
import { SAVED_SELECTOR, SKIP_MIRROR } from './names.ts'
import { shortHash } from './template.ts'

const isLabels = (value: unknown): value is Labels =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(member => typeof member === 'string')

const parseLabels = (text: string): Labels | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isLabels(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The selector that was taken away for proxy mode; undefined in serve mode, and when the note was spoiled by an edit. */
export const savedSelector = (service: Service): Labels | undefined => {
  const note = service.metadata.annotations?.[SAVED_SELECTOR]
  return note === undefined ? undefined : parseLabels(note)
}

const isEmpty = (labels: Labels | undefined): boolean => labels === undefined || Object.keys(labels).length === 0

/** True when the Service fronts pods with these labels, by its selector or, in proxy mode, by the one that was taken away. */
export const selectsPods = (service: Service, podLabels: Labels): boolean => {
  const selector = isEmpty(service.spec.selector) ? savedSelector(service) : service.spec.selector
  if (service.spec.type === 'ExternalName' || selector === undefined || isEmpty(selector)) return false
  return Object.entries(selector).every(([key, value]) => podLabels[key] === value)
}

const setIn = (field: 'annotations' | 'labels', current: Labels | undefined, key: string, value: string): JsonPatchOp[] => {
  if (current?.[key] === value) return []
  if (current === undefined) return [{ op: 'add', path: pointer('metadata', field), value: { [key]: value } }]
  return [{ op: current[key] === undefined ? 'add' : 'replace', path: pointer('metadata', field, key), value }]
}

/**
 * Into proxy mode: the selector is saved in an annotation and removed, in one patch. In proxy mode already, a selector that an
 * apply put back is the newest wish: it is saved instead of the old one and removed again. None when there is no selector.
 */
export const detachOps = (service: Service): JsonPatchOp[] => {
  const { selector } = service.spec
  if (selector === undefined) return []
  const remove: JsonPatchOp = { op: 'remove', path: pointer('spec', 'selector') }
  if (isEmpty(selector)) return savedSelector(service) === undefined ? [] : [remove]
  return [...setIn('annotations', service.metadata.annotations, SAVED_SELECTOR, JSON.stringify(selector)), remove]
}

/** Back to serve mode: the saved selector (or a newer one that an apply put back) stands, the annotation is gone. */
export const attachOps = (service: Service): JsonPatchOp[] => {
  if (service.metadata.annotations?.[SAVED_SELECTOR] === undefined) return []
  const saved = savedSelector(service)
  const restore: JsonPatchOp[] =
    isEmpty(service.spec.selector) && saved !== undefined
      ? [{ op: service.spec.selector === undefined ? 'add' : 'replace', path: pointer('spec', 'selector'), value: saved }]
      : []
  return [...restore, { op: 'remove', path: pointer('metadata', 'annotations', SAVED_SELECTOR) }]
}

/** Whether the mirroring controller must leave the Service's Endpoints alone; it copies the Service's labels to them. */
export const skipMirrorOps = (service: Service, on: boolean): JsonPatchOp[] => {
  const { labels } = service.metadata
  if (on) return setIn('labels', labels, SKIP_MIRROR, 'true')
  return labels?.[SKIP_MIRROR] === undefined ? [] : [{ op: 'remove', path: pointer('metadata', 'labels', SKIP_MIRROR) }]
}

const MAX_NAME = 63
const NAME_HASH = 6

/**
 * Name of the Service that selects one version's pods: `SERVICE-HASH`, at most 63 characters. A name that is too long is cut,
 * and a hash of the whole name keeps two long names apart.
 */
export const privateServiceName = (service: string, hash: string): string => {
  const plain = `${service}-${hash}`
  if (plain.length <= MAX_NAME) return plain
  const room = MAX_NAME - NAME_HASH - hash.length - 2
  return `${service.slice(0, room)}-${shortHash(service, NAME_HASH)}-${hash}`
}
