/** Strategic merge patch: as a merge patch, but lists whose schema names a key merge item by item, and `$` fields direct it. */
import { badRequest } from '../failure.ts'
import { arrayOf, copyJson, type Draft, isObject, type JsonObject, objectsOf } from '../json.ts'
import { type Field, type StructSchema, structOf } from '../schema/kubernetes.ts'

const PATCH = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_FROM = '$deleteFromPrimitiveList/'
const ORDER = '$setElementOrder/'

/** The schema of a struct, or of the items of a list; the entries of a map merge without one. */
const schemaInside = (field: Field | undefined): StructSchema | undefined => {
  if (!field) return undefined
  return structOf(field.type.is === 'list' ? field.type.of : field.type)
}

/** The patch's value as it would be stored where there is nothing to merge with: without directives and nulls. */
const withoutDirectives = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.filter(item => !(isObject(item) && item[PATCH] === 'delete')).map(withoutDirectives)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([field, child]) => child !== null && !field.startsWith('$'))
  return Object.fromEntries(kept.map(([field, child]) => [field, withoutDirectives(child)]))
}

const checkDirective = (directive: unknown, allowed: readonly string[]): void => {
  if (directive !== undefined && !allowed.includes(String(directive))) {
    throw badRequest(
      `strategic merge patch: unknown $patch directive ${JSON.stringify(directive)}; allowed are ${allowed.join(', ')}`,
    )
  }
}

const mergeItem = (items: unknown[], patch: JsonObject, key: string, schema: StructSchema | undefined): void => {
  const value = patch[key]
  if (value === undefined)
    throw badRequest(`strategic merge patch: an item has no merge key ${JSON.stringify(key)}: ${JSON.stringify(patch)}`)
  const index = items.findIndex(item => isObject(item) && item[key] === value)
  const directive = patch[PATCH]
  checkDirective(directive, ['delete', 'replace', 'merge'])
  const current = items[index]
  if (directive === 'delete') {
    if (index >= 0) items.splice(index, 1)
  } else if (isObject(current) && directive !== 'replace') items[index] = mergeObject(current, patch, schema)
  else if (index >= 0) items[index] = withoutDirectives(patch)
  else items.push(withoutDirectives(patch))
}

const mergeKeyedList = (current: unknown, patch: readonly unknown[], key: string, schema: StructSchema | undefined): unknown => {
  const patches = objectsOf(patch)
  if (patches.length !== patch.length)
    throw badRequest(`strategic merge patch: items of a list merged by ${JSON.stringify(key)} must be objects`)
  const replaces = patches.some(item => item[PATCH] === 'replace' && item[key] === undefined)
  const items: unknown[] = replaces ? [] : [...arrayOf(current)]
  for (const item of patches) if (!(item[PATCH] === 'replace' && item[key] === undefined)) mergeItem(items, item, key, schema)
  return items
}

const mergeValue = (current: unknown, patch: unknown, field: Field | undefined): unknown => {
  const schema = schemaInside(field)
  if (Array.isArray(patch)) {
    if (field?.mergeKey) return mergeKeyedList(current, patch, field.mergeKey, schema)
    if (field?.mergesValues) return [...new Set([...arrayOf(current), ...patch])]
    return withoutDirectives(patch)
  }
  if (!isObject(patch)) return patch
  return mergeObject(isObject(current) ? current : {}, patch, schema)
}

const keyOf = (item: unknown, key: string | undefined): unknown => (key && isObject(item) ? item[key] : item)

/**
 * The merged items in the order that apimachinery gives them: those that the patch (or its `$setElementOrder`) names in its order, the
 * others slipped in where the order of the current list puts them before.
 */
const inOrder = (
  merged: readonly unknown[],
  current: readonly unknown[],
  order: readonly unknown[],
  key: string | undefined,
): readonly unknown[] => {
  const wanted = order.map(item => keyOf(item, key))
  const before = current.map(item => keyOf(item, key))
  const named = merged
    .filter(item => wanted.includes(keyOf(item, key)))
    .sort((a, b) => wanted.indexOf(keyOf(a, key)) - wanted.indexOf(keyOf(b, key)))
  const others = merged.filter(item => !wanted.includes(keyOf(item, key)))
  const sorted: unknown[] = []
  for (const item of named) {
    const place = before.indexOf(keyOf(item, key))
    while (others.length > 0 && place >= 0 && before.indexOf(keyOf(others[0], key)) < place) sorted.push(others.shift())
    sorted.push(item)
  }
  return [...sorted, ...others]
}

const applyDeletions = (merged: Draft, patch: JsonObject): void => {
  for (const [field, value] of Object.entries(patch)) {
    const target = field.slice(DELETE_FROM.length)
    const gone = arrayOf(value)
    if (field.startsWith(DELETE_FROM) && Array.isArray(merged[target]))
      merged[target] = arrayOf(merged[target]).filter(item => !gone.includes(item))
  }
}

/** Every list that the patch merged, or gives an order for, in its order. */
const applyOrders = (merged: Draft, current: JsonObject, patch: JsonObject, schema: StructSchema | undefined): void => {
  const named = Object.keys(patch).map(field => (field.startsWith(ORDER) ? field.slice(ORDER.length) : field))
  for (const field of new Set(named)) {
    const known = schema?.fields.get(field)
    const order = patch[`${ORDER}${field}`] ?? patch[field]
    const merges = known?.mergeKey !== undefined || known?.mergesValues === true
    if (merges && Array.isArray(merged[field]) && Array.isArray(order))
      merged[field] = inOrder(arrayOf(merged[field]), arrayOf(current[field]), order, known.mergeKey)
  }
}

const mergeObject = (current: JsonObject, patch: JsonObject, schema: StructSchema | undefined): Draft => {
  checkDirective(patch[PATCH], ['replace', 'merge', 'delete'])
  if (patch[PATCH] === 'replace') return withoutDirectives(patch) as Draft
  if (patch[PATCH] === 'delete') return {}
  const retained = patch[RETAIN_KEYS]
  const merged: Draft = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(current).filter(([field]) => retained.includes(field)))
    : { ...current }
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$')) continue
    if (value === null) delete merged[field]
    else merged[field] = mergeValue(merged[field], value, schema?.fields.get(field))
  }
  applyDeletions(merged, patch)
  applyOrders(merged, current, patch, schema)
  return merged
}

/** The target with a strategic merge patch applied by the schema of its kind; a new object. */
export const applyStrategicPatch = (target: JsonObject, patch: JsonObject, schema: StructSchema | undefined): JsonObject =>
  copyJson(mergeObject(target, patch, schema)) as JsonObject
