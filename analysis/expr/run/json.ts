/** Values to and from JSON, as Go's encoding/json has it. */
import { jsonFloat } from '../go/numbers.ts'
import { compareText, toBytes, wellFormed } from '../go/text.ts'
import { BYTES, STRING_MAP } from '../go/types.ts'
import { formatTime } from '../time/format.ts'
import { anys, fail, integerOf, isMap, isSlice, stringMap, typeName, type Value } from './values.ts'

/**
 * A parsed JSON value as expressions see it: all numbers are float64, since that is what Go's decoder (and so every provider of
 * Argo Rollouts) makes of them.
 */
export const toExprValue = (json: unknown): Value => {
  if (json === null || json === undefined) return null
  if (typeof json === 'boolean' || typeof json === 'number') return json
  if (typeof json === 'string') return wellFormed(json)
  if (Array.isArray(json)) return anys(json.map(toExprValue))
  return stringMap(Object.entries(json as object).map(([key, value]) => [wellFormed(key), toExprValue(value)] as const))
}

const hasTooLarge = (value: unknown): boolean => {
  if (typeof value === 'number') return !Number.isFinite(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasTooLarge)
}

export const parseJson = (text: string): Value => {
  let json: unknown
  try {
    json = JSON.parse(wellFormed(text))
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
  if (hasTooLarge(json)) fail('json: cannot unmarshal number into Go value of type float64')
  return toExprValue(json)
}

const ESCAPED: { readonly [rune: string]: string } = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** Bytes that are no UTF-8 are written as the escape of U+FFFD. */
const quoted = (text: string): string =>
  text.isWellFormed()
    ? JSON.stringify(text)
    : `"${[...text].map(rune => (rune.isWellFormed() ? JSON.stringify(rune).slice(1, -1) : '\\ufffd')).join('')}"`

const textJson = (text: string): string => quoted(text).replace(/[<>&\u2028\u2029]/g, rune => ESCAPED[rune] ?? rune)

const block = (open: string, items: readonly string[], close: string, indent: string): string =>
  items.length === 0 ? open + close : `${open}\n${items.map(item => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`

const scalarJson = (value: Exclude<Value, null>): string | undefined => {
  if (typeof value === 'string') return textJson(value)
  if (typeof value === 'number') return jsonFloat(value) ?? fail('json: unsupported value')
  if (typeof value !== 'object') return String(value)
  const whole = integerOf(value) ?? (value.kind === 'boxed' ? value.value : value.kind === 'duration' ? value.ns : undefined)
  if (whole !== undefined) return String(whole)
  if (value.kind === 'time' && !/^\d{4}-/.test(formatTime(value, '2006-'))) {
    return fail('json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]')
  }
  return value.kind === 'time' ? `"${formatTime(value, '2006-01-02T15:04:05.999999999Z07:00')}"` : undefined
}

/** json.Marshal: in one line, keys in order. */
export const compactJson = (value: Value): string => {
  if (value === null) return 'null'
  const scalar = scalarJson(value)
  if (scalar !== undefined) return scalar
  if (isSlice(value)) return value.isNil ? 'null' : `[${value.items.map(compactJson).join(',')}]`
  if (!isMap(value)) return fail(`json: unsupported type: ${typeName(value)}`)
  const entries = [...value.entries].sort(([a], [b]) => compareText(a, b))
  return `{${entries.map(([key, entry]) => `${textJson(key)}:${compactJson(entry.value)}`).join(',')}}`
}

/** json.MarshalIndent with two blanks. */
export const toJson = (value: Value, indent = ''): string => {
  if (value === null) return 'null'
  const scalar = scalarJson(value)
  if (scalar !== undefined) return scalar
  if (typeof value !== 'object') return 'null'
  const inner = `${indent}  `
  if (value.kind === 'slice') {
    if (value.isNil) return 'null'
    if (value.type.name === BYTES.name)
      return `"${Buffer.from(value.items.map(item => Number(integerOf(item)))).toString('base64')}"`
    return block(
      '[',
      value.items.map(item => toJson(item, inner)),
      ']',
      indent,
    )
  }
  if (value.kind === 'location') return '{}'
  if (value.kind !== 'map' || value.type.name !== STRING_MAP.name) return fail(`json: unsupported type: ${typeName(value)}`)
  const entries = [...value.entries].sort(([a], [b]) => compareText(a, b))
  const lines = entries.map(([key, entry]) => `${textJson(key)}: ${toJson(entry.value, inner)}`)
  return block('{', lines, '}', indent)
}

export const toBase64 = (text: string): string => Buffer.from(toBytes(text)).toString('base64')
