/** The JSONPath of printer columns: `.status.phase`, `.spec.list[0].name`, `.status.conditions[?(@.type=="Ready")].status`, `.a['b.c']`, `[*]`. */
import { isObject } from '../json.ts'

type Step =
  | { readonly is: 'field'; readonly name: string }
  | { readonly is: 'index'; readonly index: number }
  | { readonly is: 'all' }
  | { readonly is: 'where'; readonly path: readonly string[]; readonly equals: boolean; readonly value: string }

const FIELD = /^\.((?:[^.[\]\\'"]|\\.)+)/
const QUOTED = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/
const INDEX = /^\[(-?\d+)\]/
const ALL = /^(?:\[\*\]|\.\*)/
const WHERE = /^\[\?\(@((?:\.[\w-]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\)\]/

const unescaped = (text: string) => text.replaceAll(/\\(.)/g, '$1')

const nextStep = (rest: string): { readonly step: Step; readonly length: number } | undefined => {
  const all = rest.match(ALL)
  if (all) return { step: { is: 'all' }, length: all[0].length }
  const field = rest.match(FIELD)
  if (field) return { step: { is: 'field', name: unescaped(field[1]!) }, length: field[0].length }
  const quoted = rest.match(QUOTED)
  if (quoted) return { step: { is: 'field', name: unescaped(quoted[1] ?? quoted[2] ?? '') }, length: quoted[0].length }
  const index = rest.match(INDEX)
  if (index) return { step: { is: 'index', index: Number(index[1]) }, length: index[0].length }
  const where = rest.match(WHERE)
  if (!where) return undefined
  const [whole, path = '', operator, ...values] = where
  return {
    step: {
      is: 'where',
      path: path.split('.').slice(1),
      equals: operator === '==',
      value: values.find(value => value !== undefined) ?? '',
    },
    length: whole.length,
  }
}

/** The steps of a path, or undefined when it is not of the forms that are known. */
const parseJsonPath = (path: string): readonly Step[] | undefined => {
  const steps: Step[] = []
  let rest = path
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .replace(/^\$/, '')
  if (rest && rest[0] !== '.' && rest[0] !== '[') rest = `.${rest}`
  while (rest) {
    const next = nextStep(rest)
    if (!next) return undefined
    steps.push(next.step)
    rest = rest.slice(next.length)
  }
  return steps
}

const follow = (value: unknown, step: Step): readonly unknown[] => {
  switch (step.is) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : []
    case 'index':
      return Array.isArray(value) && value.length > 0 ? [value.at(step.index)] : []
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
    case 'where':
      return Array.isArray(value)
        ? value.filter(
            item =>
              (String(step.path.reduce<unknown>((at, field) => (isObject(at) ? at[field] : undefined), item)) === step.value) ===
              step.equals,
          )
        : []
  }
}

/** Every value that a path leads to; none when it is not understood. */
export const valuesAt = (value: unknown, path: string): readonly unknown[] => {
  const steps = parseJsonPath(path)
  if (!steps) return []
  const found = steps.reduce<readonly unknown[]>((values, step) => values.flatMap(one => follow(one, step)), [value])
  return found.filter(one => one !== undefined)
}
