/**
 * Remembers what a pure function makes of an object for as long as the object lives. For what is read again and again and never changed,
 * as objects of a cache are: a changed one is another object.
 */
export const perObject = <K extends object, V>(make: (object: K) => V): ((object: K) => V) => {
  const known = new WeakMap<K, { readonly value: V }>()
  return object => {
    const before = known.get(object)
    if (before !== undefined) return before.value
    const value = make(object)
    known.set(object, { value })
    return value
  }
}
