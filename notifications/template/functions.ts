/** Functions of templates: Go's own, and those of sprig that notification templates use. Pure. */
import { TemplateProblem } from './lex.ts'

type Call = (...args: readonly unknown[]) => unknown

/** As text/template's truth: empty values are false. */
export const isTrue = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

const goText = (value: unknown): string => {
  if (value === undefined || value === null) return '<no value>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, one]) => `${key}:${goText(one)}`).join(' ')}]`
}

/** A value as `{{value}}` prints it. */
export const print = goText

const text = (value: unknown): string => (value === undefined || value === null ? '' : goText(value))
const number = (value: unknown): number => {
  const read = Number(value)
  if (Number.isNaN(read)) throw new TemplateProblem(`${goText(value)} is no number`)
  return read
}

/** Values are JSON, so they are equal when their JSON is. */
const isEqual = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

const compare = (a: unknown, b: unknown): number => {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b)
  return number(a) - number(b)
}

const VERB = /%([-+0]*)(\d*)(?:\.(\d+))?([svdqfgt%])/g

const verbText = (verb: string, precision: string | undefined, value: unknown): string => {
  if (verb === 'q') return JSON.stringify(text(value))
  if (verb === 'd') return String(Math.trunc(number(value)))
  if (verb === 'f') return number(value).toFixed(precision === undefined ? 6 : Number(precision))
  return goText(value)
}

/** At most; a width is what a template's author writes, and no reason to fill the memory. */
const WIDEST = 1000

const printf: Call = (format, ...values) => {
  let next = 0
  return text(format).replace(VERB, (_, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    if (next >= values.length) return `%!${verb}(MISSING)`
    const shown = verbText(verb, precision, values[next])
    next += 1
    const size = Math.min(WIDEST, Number(width || 0))
    if (flags.includes('-')) return shown.padEnd(size)
    return shown.padStart(size, flags.includes('0') ? '0' : ' ')
  })
}

const index: Call = (of, ...keys) => {
  let value = of
  for (const key of keys) value = fieldOf(value, text(key))
  return value
}

/** A key of a map, an item of a list; undefined where there is none. Nothing that is not data of the value itself. */
export const fieldOf = (value: unknown, name: string): unknown => {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  if (Array.isArray(value) && !/^\d+$/.test(name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value)
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const ESCAPES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }

const GO: readonly (readonly [string, Call])[] = [
  ['and', (...args) => args.find(arg => !isTrue(arg)) ?? args.at(-1)],
  ['or', (...args) => args.find(isTrue) ?? args.at(-1)],
  ['not', value => !isTrue(value)],
  ['eq', (a, ...others) => others.some(b => isEqual(a, b))],
  ['ne', (a, b) => !isEqual(a, b)],
  ['lt', (a, b) => compare(a, b) < 0],
  ['le', (a, b) => compare(a, b) <= 0],
  ['gt', (a, b) => compare(a, b) > 0],
  ['ge', (a, b) => compare(a, b) >= 0],
  ['len', sizeOf],
  ['index', index],
  ['printf', printf],
  ['print', (...args) => args.map(goText).join('')],
  ['println', (...args) => `${args.map(goText).join(' ')}\n`],
  ['html', value => text(value).replace(/[&<>"']/g, one => ESCAPES[one] ?? one)],
  ['urlquery', value => encodeURIComponent(text(value)).replaceAll('%20', '+')],
]

const SPRIG: readonly (readonly [string, Call])[] = [
  ['default', (otherwise, value) => (isTrue(value) ? value : otherwise)],
  ['empty', value => !isTrue(value)],
  ['coalesce', (...args) => args.find(isTrue)],
  ['ternary', (yes, no, when) => (isTrue(when) ? yes : no)],
  ['upper', value => text(value).toUpperCase()],
  ['lower', value => text(value).toLowerCase()],
  ['title', value => text(value).replace(/(^|\s)(\S)/g, (_, space: string, letter: string) => space + letter.toUpperCase())],
  ['trim', value => text(value).trim()],
  ['trimPrefix', (prefix, value) => (text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : value)],
  [
    'trimSuffix',
    (suffix, value) =>
      text(value).endsWith(text(suffix)) ? text(value).slice(0, text(value).length - text(suffix).length) : value,
  ],
  ['replace', (from, to, value) => text(value).replaceAll(text(from), () => text(to))],
  ['contains', (part, value) => text(value).includes(text(part))],
  ['hasPrefix', (prefix, value) => text(value).startsWith(text(prefix))],
  ['hasSuffix', (suffix, value) => text(value).endsWith(text(suffix))],
  ['trunc', (size, value) => (number(size) < 0 ? text(value).slice(number(size)) : text(value).slice(0, number(size)))],
  ['quote', (...args) => args.map(arg => JSON.stringify(text(arg))).join(' ')],
  ['squote', (...args) => args.map(arg => `'${text(arg)}'`).join(' ')],
  ['join', (separator, list) => listOf(list).map(text).join(text(separator))],
  ['splitList', (separator, value) => text(value).split(text(separator))],
  ['first', list => listOf(list)[0]],
  ['last', list => listOf(list).at(-1)],
  ['list', (...args) => args],
  ['hasKey', (map, key) => fieldOf(map, text(key)) !== undefined],
  ['toString', text],
  ['toJson', value => JSON.stringify(value ?? null)],
  ['toPrettyJson', value => JSON.stringify(value ?? null, undefined, 2)],
  ['int', value => Math.trunc(number(value))],
  ['add', (...args) => args.reduce<number>((sum, arg) => sum + number(arg), 0)],
  ['sub', (a, b) => number(a) - number(b)],
]

export const FUNCTIONS: ReadonlyMap<string, Call> = new Map([...GO, ...SPRIG])
