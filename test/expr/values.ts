/** Environments and values as the Go program in go/ reads and writes them, so that equal texts mean equal answers. */
import { conditionEnv } from '../../analysis/expr/argo.ts'
import { compileCondition, type Env, evaluate } from '../../analysis/expr/compile.ts'
import { formatFloat } from '../../analysis/expr/go/numbers.ts'
import { toBytes } from '../../analysis/expr/go/text.ts'
import { FLOATS, INT64, INTS, STRINGS } from '../../analysis/expr/go/types.ts'
import { toExprValue } from '../../analysis/expr/run/json.ts'
import { anys, boxed, isMap, isSlice, sliceWith, stringMap, typeName, type Value } from '../../analysis/expr/run/values.ts'
import { UTC } from '../../analysis/expr/time/civil.ts'
import { formatTime } from '../../analysis/expr/time/format.ts'

export type Question = { readonly source: string; readonly env: { readonly [name: string]: unknown } }
export type Answer = {
  readonly value?: string
  readonly compileError?: string
  readonly runError?: string
  readonly text?: string
}

const TYPED: { readonly [name: string]: (of: unknown) => Value } = {
  $int: of => BigInt(of as string),
  $int64: of => boxed(INT64, BigInt(of as string)),
  $ints: of => sliceWith(INTS, (of as number[]).map(BigInt)),
  $floats: of => sliceWith(FLOATS, of as number[]),
  $strings: of => sliceWith(STRINGS, of as string[]),
}

/** JSON in which `{"$int": "1"}` and the like stand for what JSON cannot say. */
export const typed = (json: unknown): Value => {
  if (Array.isArray(json)) return anys(json.map(typed))
  if (typeof json !== 'object' || json === null) return toExprValue(json)
  const [first] = Object.entries(json)
  const special = first && TYPED[first[0]]
  if (special) return special(first[1])
  return stringMap(Object.entries(json).map(([name, of]) => [name, typed(of)] as const))
}

export const envOf = (env: Question['env']): Env => {
  const result = typed(env['result'] ?? null)
  return new Map([...conditionEnv(result), ...Object.entries(env).map(([name, of]) => [name, typed(of)] as const)])
}

const text = (value: string): string =>
  /^[ -!#-[\]-~]*$/.test(value) ? `"${value}"` : `base64 ${Buffer.from(toBytes(value)).toString('base64')}`

const objectText = (value: Exclude<Value, null | boolean | bigint | number | string>): string => {
  if (value.kind === 'func') return 'func'
  if (value.kind === 'time') return `time ${formatTime({ ...value, location: UTC }, '2006-01-02T15:04:05.999999999Z07:00')}`
  if (value.kind === 'duration') return `duration ${value.ns}`
  if (value.kind === 'location') return `location ${value.name}`
  return `${typeName(value)} ${'value' in value ? value.value : ''}`
}

export const canon = (value: Value): string => {
  if (value === null) return 'nil'
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') return `float64 ${formatFloat(value)}`
  if (typeof value !== 'object') return String(value)
  if (isSlice(value)) {
    return value.isNil ? `${typeName(value)}(nil)` : `${typeName(value)}[${value.items.map(canon).join(', ')}]`
  }
  if (!isMap(value)) return objectText(value)
  const pairs = [...value.entries.values()].map(entry => `${canon(entry.key)}: ${canon(entry.value)}`)
  return `${typeName(value)}{${pairs.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join(', ')}}`
}

/** What our implementation answers. */
export const answer = ({ source, env }: Question): Answer => {
  const names = envOf(env)
  const compiled = compileCondition(source, names)
  if ('problem' in compiled) return { compileError: compiled.problem.message, text: compiled.problem.text }
  const done = evaluate(compiled.program, names, Date.parse('2026-03-01T12:00:00Z'))
  return 'problem' in done ? { runError: done.problem.message, text: done.problem.text } : { value: canon(done.value) }
}

const NUMBER = /float64 (-?[0-9.]+(?:e[+-]\d+)?)/g

/** Powers with a fraction may differ in the last digit: Go computes them with its own exp and log. */
const almost = (ours: string, go: string): boolean => {
  const rest = (value: string) => value.replaceAll(NUMBER, 'float64')
  const numbers = (value: string) => [...value.matchAll(NUMBER)].map(([, number]) => Number(number))
  const others = numbers(go)
  return (
    rest(ours) === rest(go) && numbers(ours).every((number, i) => Math.abs(number - (others[i] ?? 0)) <= Math.abs(number) * 1e-14)
  )
}

/** The same value, or the same class of error. */
export const agree = (ours: Answer, go: Answer, hasPower = false): boolean =>
  (ours.value === go.value || (hasPower && almost(ours.value ?? '', go.value ?? ''))) &&
  (ours.compileError === undefined) === (go.compileError === undefined) &&
  (ours.runError === undefined) === (go.runError === undefined)
