/** Label selectors: the object form of resources and the text form of `kubectl -l` and list requests. */
import type { LabelSelector, Labels } from './kubernetes.ts'
import { quote } from './quote.ts'
import { splitList } from './split-list.ts'

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number]

const KEY = '(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?'
const VALUE = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?'
const IN_SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`)
const COMPARE = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`)
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`)
const IS_VALUE = new RegExp(`^${VALUE}$`)

const parseSet = (term: string): Requirement | undefined => {
  const [, key, operator, list] = IN_SET.exec(term) ?? []
  if (key === undefined || list === undefined) return undefined
  const values = list.split(',').map(value => value.trim())
  return values.every(value => IS_VALUE.test(value)) ? { key, operator: operator === 'in' ? 'In' : 'NotIn', values } : undefined
}

const parseComparison = (term: string): Requirement | undefined => {
  const [, key, operator, value] = COMPARE.exec(term) ?? []
  return key === undefined || value === undefined
    ? undefined
    : { key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] }
}

const parseExistence = (term: string): Requirement | undefined => {
  const [, not, key] = EXISTS.exec(term) ?? []
  return key === undefined ? undefined : { key, operator: not === '!' ? 'DoesNotExist' : 'Exists' }
}

const parseTerm = (term: string): Requirement | undefined => parseSet(term) ?? parseComparison(term) ?? parseExistence(term)

/**
 * The selector that a text such as `app=web,tier in (a,b),!legacy,env!=test` stands for, or what is wrong with it. Empty text
 * selects everything.
 */
export const parseSelector = (text: string): { readonly selector: LabelSelector } | { readonly problem: string } => {
  if (text.trim() === '') return { selector: {} }
  const matchExpressions: Requirement[] = []
  for (const term of splitList(text)) {
    const requirement = parseTerm(term)
    if (requirement === undefined) {
      return {
        problem: `${quote(term)} is not a label requirement; allowed are key=value, key!=value, key in (a,b), key notin (a,b), key and !key, joined by commas, e.g. "app=web,tier!=cache"`,
      }
    }
    matchExpressions.push(requirement)
  }
  return { selector: { matchExpressions } }
}

const meets = (labels: Labels, { key, operator, values = [] }: Requirement): boolean => {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  const listed = value !== undefined && values.includes(value)
  return operator === 'In' ? listed : !listed
}

/** True when the labels meet every requirement. An empty selector matches everything, an absent one nothing, as in Kubernetes. */
export const matchesSelector = (selector: LabelSelector | undefined, labels: Labels | undefined): boolean => {
  if (selector === undefined) return false
  const own = labels ?? {}
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => Object.hasOwn(own, key) && own[key] === value)
  return equal && (selector.matchExpressions ?? []).every(requirement => meets(own, requirement))
}
