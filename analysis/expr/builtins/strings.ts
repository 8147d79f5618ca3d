/** Builtins over texts. */
import {
  byteLength,
  endsWithText,
  fromBytes,
  indexOfText,
  joined,
  lastIndexOfText,
  sliceBytes,
  startsWithText,
  toBytes,
} from '../go/text.ts'
import { ANYS, BOOL, funcOf, INT, STRING, STRINGS } from '../go/types.ts'
import { toInt } from '../run/fetch.ts'
import { fail, isSlice, type Slice, sliceWith, typeName, type Value } from '../run/values.ts'
import type { Builtin } from './builtin.ts'

const text = (value: Value | undefined): string =>
  typeof value === 'string' ? value : fail(`interface conversion: interface {} is ${typeName(value ?? null)}, not string`)

const WHITE_START = /^\p{White_Space}+/u
const WHITE_END = /\p{White_Space}+$/u

const trimmed = (value: string, cutset: string | undefined): string => {
  if (cutset === undefined) return value.replace(WHITE_START, '').replace(WHITE_END, '')
  const runes = [...value]
  const cut = new Set(cutset)
  const start = runes.findIndex(rune => !cut.has(rune))
  return start === -1 ? '' : runes.slice(start, runes.findLastIndex(rune => !cut.has(rune)) + 1).join('')
}

/** Runes that become one rune; others stay, as in Go. */
const upper = (value: string): string =>
  [...value.toWellFormed()].map(rune => ([...rune.toUpperCase()].length === 1 ? rune.toUpperCase() : rune)).join('')
const lower = (value: string): string => [...value.toWellFormed()].map(rune => [...rune.toLowerCase()][0] ?? rune).join('')

const asBinary = (value: string): string => Buffer.from(toBytes(value)).toString('latin1')
const asText = (binary: string): string => fromBytes(Buffer.from(binary, 'latin1'))

/** Between the separators; of texts with half runes by bytes, since a separator may begin within a rune. */
const cut = (value: string, separator: string): string[] => {
  if (value.isWellFormed() && separator.isWellFormed()) return value.split(separator)
  return asBinary(value).split(asBinary(separator)).map(asText)
}

/** At most `limit` parts, all when that is negative; each keeps its separator when `keeps`. */
const split = (value: string, separator: string, limit: bigint, keeps: boolean): Slice => {
  if (limit === 0n) return { ...sliceWith(STRINGS, []), isNil: true }
  const whole = separator === '' ? [...value] : cut(value, separator)
  const parts = limit > 0n && BigInt(whole.length) > limit ? whole.slice(0, Number(limit)) : whole
  const rest = whole.slice(parts.length)
  const last = parts.at(-1)
  if (rest.length > 0 && last !== undefined)
    parts[parts.length - 1] = rest.reduce((whole, part) => joined(joined(whole, separator), part), last)
  return sliceWith(
    STRINGS,
    parts.map((part, i) => (keeps && i < parts.length - 1 ? joined(part, separator) : part)),
  )
}

const splitter = (name: string, keeps: boolean): Builtin => ({
  name,
  types: [funcOf([STRING, STRING], [STRINGS]), funcOf([STRING, STRING, INT], [STRINGS])],
  call: ([value, separator, limit]) => split(text(value), text(separator), limit === undefined ? -1n : toInt(limit), keeps),
})

/** An empty text is found before each rune and at the end. */
const replaced = (value: string, old: string, with_: string, limit: bigint): string => {
  const parts = old === '' ? ['', ...value] : cut(value, old)
  if (old === '') parts.push('')
  const seams = parts.length - 1
  const count = limit < 0n || limit > BigInt(seams) ? seams : Number(limit)
  return parts.reduce((whole, part, i) => joined(joined(whole, i <= count ? with_ : old), part))
}

const MAX_REPEAT = 1_000_000n

const joinedItems = (list: Value | undefined, glue: string): string => {
  if (list === undefined || !isSlice(list) || (list.type.name !== STRINGS.name && list.type.name !== ANYS.name)) {
    return fail(`invalid argument for join (type ${typeName(list ?? null)})`)
  }
  return list.items.map(text).reduce((whole, item, i) => (i === 0 ? item : joined(joined(whole, glue), item)), '')
}

const pair = (name: string, result: typeof INT, call: (value: string, part: string) => Value): Builtin => ({
  name,
  types: [funcOf([STRING, STRING], [result])],
  call: ([value, part]) => call(text(value), text(part)),
})

const affix = (name: string, cut: (value: string, part: string) => string): Builtin => ({
  name,
  types: [funcOf([STRING, STRING], [STRING]), funcOf([STRING], [STRING])],
  call: ([value, part]) => cut(text(value), part === undefined ? ' ' : text(part)),
})

export const STRING_BUILTINS: readonly Builtin[] = [
  {
    name: 'trim',
    types: [funcOf([STRING], [STRING]), funcOf([STRING, STRING], [STRING])],
    call: ([value, cutset]) => trimmed(text(value), cutset === undefined ? undefined : text(cutset)),
  },
  affix('trimPrefix', (value, part) =>
    startsWithText(value, part) ? sliceBytes(value, byteLength(part), byteLength(value)) : value,
  ),
  affix('trimSuffix', (value, part) =>
    endsWithText(value, part) ? sliceBytes(value, 0, byteLength(value) - byteLength(part)) : value,
  ),
  { name: 'upper', types: [funcOf([STRING], [STRING])], call: ([value]) => upper(text(value)) },
  { name: 'lower', types: [funcOf([STRING], [STRING])], call: ([value]) => lower(text(value)) },
  splitter('split', false),
  splitter('splitAfter', true),
  {
    name: 'replace',
    types: [funcOf([STRING, STRING, STRING, INT], [STRING]), funcOf([STRING, STRING, STRING], [STRING])],
    call: ([value, old, with_, limit]) => replaced(text(value), text(old), text(with_), limit === undefined ? -1n : toInt(limit)),
  },
  {
    name: 'repeat',
    types: [funcOf([STRING, INT], [STRING])],
    call: ([value, times], { grow }) => {
      const [one, count] = [text(value), toInt(times ?? null)]
      if (count < 0n) fail(`invalid argument for repeat (expected positive integer, got ${count})`)
      if (count > MAX_REPEAT) fail('memory budget exceeded')
      grow(byteLength(one) * Number(count))
      const repeated = one.repeat(Number(count))
      return repeated.isWellFormed() ? repeated : fromBytes(toBytes(repeated))
    },
  },
  {
    name: 'join',
    types: [
      funcOf([STRINGS, STRING], [STRING]),
      funcOf([ANYS, STRING], [STRING]),
      funcOf([ANYS], [STRING]),
      funcOf([STRINGS], [STRING]),
    ],
    call: ([list, glue]) => joinedItems(list, glue === undefined ? '' : text(glue)),
  },
  pair('indexOf', INT, (value, part) => BigInt(indexOfText(value, part))),
  pair('lastIndexOf', INT, (value, part) => BigInt(lastIndexOfText(value, part))),
  pair('hasPrefix', BOOL, startsWithText),
  pair('hasSuffix', BOOL, endsWithText),
]
