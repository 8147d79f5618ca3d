/** Which requests a webhook or policy is about: rules, selectors, conditions. */
import { evaluateCel } from '../cel.ts'
import { arrayOf, at, isObject, type JsonObject, objectsOf, stringsOf, textOf } from '../json.ts'
import { matchesLabels } from '../selectors.ts'
import type { AdmissionAttributes } from './chain.ts'

const includes = (list: unknown, value: string): boolean => arrayOf(list).some(one => one === '*' || one === value)

// A rule names `pods`, `pods/log`, all subresources of pods, a subresource of everything, everything without or with subresources.
const matchesResource = (pattern: string, plural: string, subresource: string | undefined): boolean => {
  const [resource = '', sub] = pattern.split('/')
  if (pattern === '*/*') return true
  if (resource !== '*' && resource !== plural) return false
  return sub === undefined ? subresource === undefined : sub === '*' || sub === subresource
}

const matchesScope = (scope: unknown, namespaced: boolean): boolean =>
  scope === undefined || scope === '*' || scope === '' || scope === (namespaced ? 'Namespaced' : 'Cluster')

/** Does one rule of a webhook or policy name this request? */
export const matchesRule = (rule: JsonObject, attributes: AdmissionAttributes): boolean => {
  const { kind, operation, subresource } = attributes
  const names = arrayOf(rule['resourceNames'])
  return (
    includes(rule['operations'], operation) &&
    includes(rule['apiGroups'], kind.group) &&
    includes(rule['apiVersions'], kind.version) &&
    arrayOf(rule['resources']).some(pattern => matchesResource(textOf(pattern), kind.plural, subresource)) &&
    // A namespace is subject to namespaced rules of its own, but it is a cluster-wide object.
    matchesScope(rule['scope'], kind.namespaced) &&
    (names.length === 0 || names.includes(attributes.name))
  )
}

const isEmpty = (selector: unknown) => !isObject(selector) || Object.keys(selector).length === 0

const matchesNamespace = (selector: unknown, attributes: AdmissionAttributes, namespace: JsonObject | undefined): boolean => {
  if (isEmpty(selector)) return true
  if (attributes.kind.storage === '/namespaces')
    return matchesLabels(selector, stringsOf(at(attributes.object ?? attributes.oldObject, 'metadata', 'labels')))
  if (!attributes.kind.namespaced) return true
  return matchesLabels(selector, stringsOf(at(namespace, 'metadata', 'labels')))
}

const matchesObject = (selector: unknown, { object, oldObject }: AdmissionAttributes): boolean =>
  isEmpty(selector) ||
  [object, oldObject].some(one => one !== null && matchesLabels(selector, stringsOf(at(one, 'metadata', 'labels'))))

/** Both selectors of a webhook, policy or binding. */
export const matchesSelectors = (
  selectors: JsonObject,
  attributes: AdmissionAttributes,
  namespace: JsonObject | undefined,
): boolean =>
  matchesNamespace(selectors['namespaceSelector'], attributes, namespace) &&
  matchesObject(selectors['objectSelector'], attributes)

export type Conditions = { readonly met: boolean } | { readonly error: string }

/** All conditions must hold. One that is false decides even when another cannot be evaluated. */
export const evaluateConditions = (conditions: unknown, variables: { readonly [name: string]: unknown }): Conditions => {
  const results = objectsOf(conditions).map(condition => ({
    name: textOf(condition['name']),
    result: evaluateCel(textOf(condition['expression']), variables),
  }))
  if (results.some(({ result }) => 'value' in result && result.value === false)) return { met: false }
  for (const { name, result } of results) {
    if ('error' in result) return { error: `matchCondition ${JSON.stringify(name)}: ${result.error}` }
    if (result.value !== true) return { error: `matchCondition ${JSON.stringify(name)}: the expression gives no bool` }
  }
  return { met: true }
}
