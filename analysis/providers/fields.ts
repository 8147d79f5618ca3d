/** Reading what stands under a provider's key; each problem names the field, the value, what is allowed and an example. Pure. */

export type Fields = { readonly [name: string]: unknown }

/** Thrown by the readers below, caught by `decoded`. */
class FieldProblem extends Error {}

export const reject = (where: string, value: unknown, rule: string): never => {
  throw new FieldProblem(`${where} is ${JSON.stringify(value) ?? 'missing'}, it must be ${rule}`)
}

/** For values that may be secrets. */
export const rejectQuietly = (where: string, rule: string): never => {
  throw new FieldProblem(`${where} must be ${rule}`)
}

export const object = (where: string, value: unknown, example: string): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : reject(where, value, `an object, e.g. ${example}`)

export const text = (where: string, value: unknown, example: string): string =>
  typeof value === 'string' && value !== '' ? value : reject(where, value, `a text that is not empty, e.g. ${example}`)

export const optionalText = (where: string, value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : rejectQuietly(where, 'a text')

export const optionalFlag = (where: string, value: unknown): boolean =>
  value === undefined || value === null ? false : typeof value === 'boolean' ? value : reject(where, value, 'true or false')

/** Seconds as milliseconds; nothing and 0 are the default. */
export const seconds = (where: string, value: unknown, otherwise: number): number => {
  if (value === undefined || value === null || value === 0) return otherwise * 1000
  const isRight = typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 600
  return isRight ? (value as number) * 1000 : reject(where, value, `a whole number of seconds from 1 to 600, e.g. ${otherwise}`)
}

/** `[{key, value}]`. */
export const headers = (where: string, value: unknown): { readonly [name: string]: string } => {
  if (value === undefined || value === null) return {}
  if (!Array.isArray(value)) return rejectQuietly(where, 'a list, e.g. [{"key": "X-Scope-OrgID", "value": "team-a"}]')
  return Object.fromEntries(
    value.map((one: unknown, i) => {
      const fields =
        typeof one === 'object' && one !== null
          ? (one as Fields)
          : rejectQuietly(`${where}[${i}]`, 'an object with key and value')
      const { key, value: of } = fields
      const isRight =
        typeof key === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key) && typeof of === 'string' && !/[\r\n\0]/.test(of)
      return isRight
        ? [key, of]
        : rejectQuietly(`${where}[${i}]`, 'a header with key and value, e.g. {"key": "X-Scope-OrgID", "value": "team-a"}')
    }),
  )
}

/** What a reader makes of a configuration, or what is wrong with it. */
export const decoded = <T>(read: () => T): { readonly config: T } | { readonly problem: string } => {
  try {
    return { config: read() }
  } catch (error) {
    if (error instanceof FieldProblem) return { problem: error.message }
    throw error
  }
}
