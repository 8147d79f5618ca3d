/** JSON values as they travel through the server: read-only once stored, a Draft while one request owns them. */

export type JsonObject = { readonly [field: string]: unknown }

/** A private copy of an object that its one owner may change in place. */
export type Draft = { [field: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object itself, or an empty one for anything else. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** The array itself, or an empty one for anything else. */
export const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The objects of an array; anything that is not an object is left out. */
export const objectsOf = (value: unknown): readonly JsonObject[] => arrayOf(value).filter(isObject)

/** The string itself, or '' for anything else. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** Only the string values of an object, e.g. of labels or annotations. */
export const stringsOf = (value: unknown): { readonly [key: string]: string } =>
  Object.fromEntries(Object.entries(objectOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))

/** The value at a path of field names, or undefined where the path ends early. */
export const at = (value: unknown, ...path: readonly string[]): unknown => {
  let current = value
  for (const field of path) {
    if (!isObject(current) || !Object.hasOwn(current, field)) return undefined
    current = current[field]
  }
  return current
}

/** A deep copy that its caller may change. */
export const draftOf = (value: JsonObject): Draft => copyJson(value) as Draft

/** A deep copy of any JSON value. */
export const copyJson = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copyJson)
  if (!isObject(value)) return value
  const copy: Draft = {}
  // A field of this name would set the prototype of the copy.
  for (const field in value) if (field !== '__proto__') copy[field] = copyJson(value[field])
  return copy
}

/** The object at a field of a draft, to be changed in place; undefined when there is none. */
export const childOf = (draft: Draft | undefined, field: string): Draft | undefined => {
  const child = draft?.[field]
  return isObject(child) ? (child as Draft) : undefined
}

/** The objects in an array field of a draft, to be changed in place. */
export const childrenOf = (draft: Draft | undefined, field: string): readonly Draft[] =>
  objectsOf(draft?.[field]) as readonly Draft[]

/** The object at a field, made when it is missing. */
export const ensureChild = (draft: Draft, field: string): Draft => {
  const child = childOf(draft, field)
  if (child) return child
  const made: Draft = {}
  draft[field] = made
  return made
}

/** Sets fields that are absent (or null); keeps what is there. */
export const fillIn = (draft: Draft | undefined, defaults: JsonObject): void => {
  if (!draft) return
  for (const [field, value] of Object.entries(defaults))
    if (draft[field] === undefined || draft[field] === null) draft[field] = copyJson(value)
}

/** True when both are the same JSON value; the order of fields does not matter, an undefined field is an absent one. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const fields = Object.keys(a).filter(field => a[field] !== undefined)
  const others = Object.keys(b).filter(field => b[field] !== undefined)
  return fields.length === others.length && fields.every(field => Object.hasOwn(b, field) && sameJson(a[field], b[field]))
}

const withoutEmpty = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(item => withoutEmpty(item) ?? null)
  if (!isObject(value)) return value === null ? undefined : value
  const kept = Object.entries(value).flatMap(([field, child]) => {
    const rest = withoutEmpty(child)
    return rest === undefined ? [] : [[field, rest] as const]
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

/** As sameJson, but null, an absent field, an empty array and an empty object are one and the same. */
export const sameMeaning = (a: unknown, b: unknown): boolean => sameJson(withoutEmpty(a), withoutEmpty(b))
