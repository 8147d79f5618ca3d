/** Label and field selectors of list and watch requests: text to a predicate over objects. */
import { badRequest } from './failure.ts'
import { at, isObject, type JsonObject, objectsOf, stringsOf, textOf } from './json.ts'

export type Matches = (object: JsonObject) => boolean

type LabelTerm = { readonly key: string; readonly allows: (value: string | undefined) => boolean }

const cannotParse = (text: string, why: string) =>
  badRequest(`unable to parse requirement: ${why} in label selector ${JSON.stringify(text)}`)

/** Splits at commas that are not inside parentheses. */
const splitTerms = (text: string): readonly string[] => {
  const terms: string[] = []
  let depth = 0
  let from = 0
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1
    else if (text[index] === ')') depth -= 1
    else if (text[index] === ',' && depth === 0) {
      terms.push(text.slice(from, index))
      from = index + 1
    }
  }
  return [...terms, text.slice(from)].map(term => term.trim())
}

const SET_TERM = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/
const EQUALS_TERM = /^([^\s=!<>]+)\s*(==|=|!=)\s*([^\s=!]*)$/
const KEY = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/

const setTerm = ([, key = '', operator, list = '']: RegExpMatchArray): LabelTerm => {
  const values = new Set(list.split(',').map(value => value.trim()))
  return {
    key,
    allows:
      operator === 'in' ? value => value !== undefined && values.has(value) : value => value === undefined || !values.has(value),
  }
}

const parseTerm = (term: string, whole: string): LabelTerm => {
  const set = term.match(SET_TERM)
  if (set) return setTerm(set)
  const equals = term.match(EQUALS_TERM)
  if (equals) {
    const [, key = '', operator, expected = ''] = equals
    return { key, allows: operator === '!=' ? value => value !== expected : value => value === expected }
  }
  if (term.startsWith('!') && KEY.test(term.slice(1).trim()))
    return { key: term.slice(1).trim(), allows: value => value === undefined }
  if (KEY.test(term)) return { key: term, allows: value => value !== undefined }
  throw cannotParse(whole, `found ${JSON.stringify(term)}, expected e.g. "app=web", "tier in (a, b)", "env" or "!env"`)
}

/** A labelSelector parameter, e.g. `app=web,tier in (a, b),!old`. Empty text matches everything. */
export const labelSelector = (text: string): Matches => {
  if (!text.trim()) return () => true
  const terms = splitTerms(text).map(term => parseTerm(term, text))
  for (const { key } of terms) if (!KEY.test(key)) throw cannotParse(text, `invalid label key ${JSON.stringify(key)}`)
  return object => {
    const labels = stringsOf(at(object, 'metadata', 'labels'))
    return terms.every(({ key, allows }) => allows(Object.hasOwn(labels, key) ? labels[key] : undefined))
  }
}

/** Does a LabelSelector object match these labels? An empty selector matches everything, an absent one nothing. */
export const matchesLabels = (selector: unknown, labels: { readonly [key: string]: string }): boolean => {
  if (!isObject(selector)) return false
  const wanted = Object.entries(stringsOf(selector['matchLabels']))
  if (!wanted.every(([key, value]) => labels[key] === value)) return false
  return objectsOf(selector['matchExpressions']).every(expression => {
    const value = labels[textOf(expression['key'])]
    const values = Array.isArray(expression['values']) ? expression['values'] : []
    switch (expression['operator']) {
      case 'In':
        return value !== undefined && values.includes(value)
      case 'NotIn':
        return value === undefined || !values.includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
      default:
        return false
    }
  })
}

/** The text form of a LabelSelector object, as `status.selector` of a Scale has it. */
export const selectorText = (selector: unknown): string => {
  if (!isObject(selector)) return ''
  const equal = Object.entries(stringsOf(selector['matchLabels'])).map(([key, value]) => `${key}=${value}`)
  const others = objectsOf(selector['matchExpressions']).map(({ key, operator, values }) => {
    if (operator === 'Exists') return textOf(key)
    if (operator === 'DoesNotExist') return `!${textOf(key)}`
    return `${textOf(key)} ${operator === 'In' ? 'in' : 'notin'} (${(Array.isArray(values) ? [...values].sort() : []).join(',')})`
  })
  return [...equal, ...others].sort().join(',')
}

/** Fields that a field selector may name, by storage key; `metadata.name` and `metadata.namespace` always work. */
const FIELDS: { readonly [storage: string]: readonly string[] } = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  '/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  '/namespaces': ['status.phase'],
  '/nodes': ['spec.unschedulable'],
  '/secrets': ['type'],
  '/services': ['spec.clusterIP', 'spec.type'],
  'apps/replicasets': ['status.replicas'],
}

/** The fields of events.k8s.io/v1 by their names in core/v1, in which events are kept. */
const fieldPath = (name: string): readonly string[] =>
  name === 'source' ? ['source', 'component'] : name.split('.').map(part => (part === 'regarding' ? 'involvedObject' : part))

const fieldText = (value: unknown, name: string) =>
  value === undefined || value === null ? (name === 'spec.unschedulable' ? 'false' : '') : String(value)

/** A fieldSelector parameter, e.g. `status.phase!=Failed,spec.nodeName=a`; refuses fields that the kind cannot be selected by. */
export const fieldSelector = (text: string, storage: string, selectable: readonly string[] = []): Matches => {
  if (!text.trim()) return () => true
  const known = ['metadata.name', 'metadata.namespace', ...(FIELDS[storage] ?? []), ...selectable]
  const terms = text.split(',').map(term => {
    const [, name = '', operator = '', expected = ''] = term.trim().match(/^([^=!]+?)\s*(==|=|!=)\s*(.*)$/) ?? []
    if (!operator) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    const field = storage === '/events' ? name.replace(/^regarding\./, 'involvedObject.') : name
    if (!known.includes(field)) throw badRequest(`field label not supported: ${name}`)
    return { path: fieldPath(field), name: field, expected, negated: operator === '!=' }
  })
  return object =>
    terms.every(({ path, name, expected, negated }) => (fieldText(at(object, ...path), name) === expected) !== negated)
}
