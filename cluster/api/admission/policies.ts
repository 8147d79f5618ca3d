/** ValidatingAdmissionPolicies: rules in CEL that need no webhook. Parameters are not supported. */
import type { Api } from '../api.ts'
import { evaluateCel } from '../cel.ts'
import { Failure, forbidden } from '../failure.ts'
import { arrayOf, at, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import { namespaceOf } from '../rest/namespace-check.ts'
import { subjectOf } from '../rest/subject.ts'
import type { Stored } from '../store.ts'
import type { AdmissionAttributes } from './chain.ts'
import { evaluateConditions, matchesRule, matchesSelectors } from './match.ts'
import { celVariables } from './variables.ts'

const POLICIES = 'admissionregistration.k8s.io/validatingadmissionpolicies'
const BINDINGS = 'admissionregistration.k8s.io/validatingadmissionpolicybindings'

type Variables = { readonly [name: string]: unknown }

/** What is wrong with the request, in the words of the policy. */
type Finding = { readonly message: string; readonly reason: string }

const CODES: { readonly [reason: string]: number } = {
  Unauthorized: 401,
  Forbidden: 403,
  Invalid: 422,
  RequestEntityTooLarge: 413,
}

const matchesResources = (constraints: unknown, attributes: AdmissionAttributes, namespace: JsonObject | undefined): boolean => {
  if (!isObject(constraints)) return true
  const rules = objectsOf(constraints['resourceRules'])
  const included = rules.length === 0 || rules.some(rule => matchesRule(rule, attributes))
  const excluded = objectsOf(constraints['excludeResourceRules']).some(rule => matchesRule(rule, attributes))
  return included && !excluded && matchesSelectors(constraints, attributes, namespace)
}

/** `variables.NAME`, each of which may use those before it. One that fails is left out, so what uses it fails, too. */
const withVariables = (policy: Stored, variables: Variables): Variables => {
  const own: { [name: string]: unknown } = {}
  for (const variable of objectsOf(at(policy, 'spec', 'variables'))) {
    const result = evaluateCel(textOf(variable['expression']), { ...variables, variables: own })
    if ('value' in result) own[textOf(variable['name'])] = result.value
  }
  return { ...variables, variables: own }
}

const messageOf = (validation: JsonObject, variables: Variables): string => {
  const expression = textOf(validation['messageExpression'])
  if (expression) {
    const result = evaluateCel(expression, variables)
    if ('value' in result && typeof result.value === 'string' && result.value.trim()) return result.value.trim()
  }
  return textOf(validation['message']) || `failed expression: ${textOf(validation['expression']).trim()}`
}

const findingOf = (validation: JsonObject, variables: Variables, fails: boolean): Finding | undefined => {
  const expression = textOf(validation['expression'])
  const result = evaluateCel(expression, variables)
  if ('error' in result)
    return fails ? { message: `expression '${expression}' resulted in error: ${result.error}`, reason: 'Invalid' } : undefined
  if (result.value === true) return undefined
  return { message: messageOf(validation, variables), reason: textOf(validation['reason']) || 'Invalid' }
}

const findingsOf = (policy: Stored, attributes: AdmissionAttributes, namespace: JsonObject | undefined): readonly Finding[] => {
  const fails = at(policy, 'spec', 'failurePolicy') !== 'Ignore'
  const variables = withVariables(policy, celVariables(attributes, namespace))
  const conditions = evaluateConditions(at(policy, 'spec', 'matchConditions'), variables)
  if ('error' in conditions) return fails ? [{ message: conditions.error, reason: 'Invalid' }] : []
  if (!conditions.met) return []
  return objectsOf(at(policy, 'spec', 'validations')).flatMap(validation => findingOf(validation, variables, fails) ?? [])
}

const denial = (attributes: AdmissionAttributes, message: string, reason: string): Failure => {
  const base = forbidden(subjectOf(attributes.kind, attributes.name), message)
  return new Failure(CODES[reason] ?? 422, reason, base.message, { ...base.details, causes: [{ reason: '', message }] })
}

const enforce = (policy: Stored, binding: Stored, findings: readonly Finding[], attributes: AdmissionAttributes): void => {
  const actions = arrayOf(at(binding, 'spec', 'validationActions'))
  const [policyName, bindingName] = [policy.metadata.name, binding.metadata.name]
  for (const { message, reason } of findings) {
    if (actions.includes('Deny'))
      throw denial(
        attributes,
        `ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}' denied request: ${message}`,
        reason,
      )
    if (actions.includes('Warn'))
      attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}': ${message}`)
  }
}

/** Throws the denial of the first policy that a binding enforces; adds warnings of the others. */
export const validateByPolicies = (api: Api, attributes: AdmissionAttributes): void => {
  const bindings = api.store.list(BINDINGS)
  if (bindings.length === 0) return
  const namespace = namespaceOf(api, attributes.namespace)
  for (const policy of api.store.list(POLICIES)) {
    const own = bindings.filter(
      binding =>
        at(binding, 'spec', 'policyName') === policy.metadata.name &&
        matchesResources(at(binding, 'spec', 'matchResources'), attributes, namespace),
    )
    if (own.length === 0 || !matchesResources(objectOf(at(policy, 'spec', 'matchConstraints')), attributes, namespace)) continue
    const findings = findingsOf(policy, attributes, namespace)
    for (const binding of own) enforce(policy, binding, findings, attributes)
  }
}
