/** Looking into answers that may be anything. Pure. */

export type Json = { readonly [name: string]: unknown }

export const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Undefined: no JSON. */
export const parseAnswer = (body: string): { readonly json: unknown } | undefined => {
  try {
    return { json: JSON.parse(body) }
  } catch {
    // The caller says what was expected instead.
    return undefined
  }
}
