/** Rules of workloads (Kubernetes: pkg/apis/apps/validation). */
import { type FieldError, forbiddenField, invalid, notSupported, required } from '../field-error.ts'
import { at, isObject, type JsonObject, numberOf, objectOf, sameMeaning, stringsOf, textOf } from '../json.ts'
import { validateLabels } from '../metadata.ts'
import { matchesLabels } from '../selectors.ts'
import { countOrPercent, isZero, notNegative, percentOf } from './numbers.ts'
import { validatePodSpec } from './pod.ts'
import { isEmptySelector, validateSelector } from './selector.ts'

const validateOwnSelector = (spec: JsonObject): readonly FieldError[] => {
  const selector = spec['selector']
  if (!isObject(selector)) return [required('spec.selector')]
  if (isEmptySelector(selector)) return [invalid('spec.selector', selector, 'empty selector is invalid for deployment')]
  return validateSelector(selector, 'spec.selector')
}

const validateTemplate = (spec: JsonObject): readonly FieldError[] => {
  const template = spec['template']
  if (!isObject(template)) return [required('spec.template')]
  const labels = at(template, 'metadata', 'labels')
  const podSpec = objectOf(template['spec'])
  const mismatch = !isEmptySelector(spec['selector']) && !matchesLabels(spec['selector'], stringsOf(labels))
  const restart = textOf(podSpec['restartPolicy'])
  return [
    ...(mismatch
      ? [invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]
      : []),
    ...validateLabels(labels, 'spec.template.metadata.labels'),
    ...validatePodSpec(podSpec, 'spec.template.spec'),
    ...(restart && restart !== 'Always' ? [notSupported('spec.template.spec.restartPolicy', restart, ['Always'])] : []),
    ...(podSpec['activeDeadlineSeconds'] === undefined
      ? []
      : [forbiddenField('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported')]),
  ]
}

const validateRollingUpdate = (rolling: unknown): readonly FieldError[] => {
  const field = 'spec.strategy.rollingUpdate'
  if (!isObject(rolling)) return [required(field, 'this should be defaulted and never be nil')]
  const { maxSurge, maxUnavailable } = rolling
  return [
    ...countOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...countOrPercent(`${field}.maxSurge`, maxSurge),
    ...(isZero(maxUnavailable) && isZero(maxSurge)
      ? [invalid(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...((percentOf(maxUnavailable) ?? 0) > 100
      ? [invalid(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')]
      : []),
  ]
}

const validateStrategy = (strategy: JsonObject): readonly FieldError[] => {
  switch (strategy['type']) {
    case 'Recreate':
      return isObject(strategy['rollingUpdate'])
        ? [forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")]
        : []
    case 'RollingUpdate':
      return validateRollingUpdate(strategy['rollingUpdate'])
    default:
      return [notSupported('spec.strategy', strategy, ['Recreate', 'RollingUpdate'])]
  }
}

const validateDeadline = (spec: JsonObject): readonly FieldError[] => {
  const deadline = numberOf(spec['progressDeadlineSeconds'])
  if (deadline === undefined) return []
  const tooShort = deadline <= (numberOf(spec['minReadySeconds']) ?? 0)
  return [
    ...notNegative('spec.progressDeadlineSeconds', deadline),
    ...(tooShort ? [invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')] : []),
  ]
}

export const validateDeployment = (deployment: JsonObject): readonly FieldError[] => {
  const spec = objectOf(deployment['spec'])
  return [
    ...notNegative('spec.replicas', spec['replicas']),
    ...validateOwnSelector(spec),
    ...validateTemplate(spec),
    ...validateStrategy(objectOf(spec['strategy'])),
    ...notNegative('spec.minReadySeconds', spec['minReadySeconds']),
    ...notNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit']),
    ...validateDeadline(spec),
  ]
}

export const validateReplicaSet = (set: JsonObject): readonly FieldError[] => {
  const spec = objectOf(set['spec'])
  return [
    ...notNegative('spec.replicas', spec['replicas']),
    ...notNegative('spec.minReadySeconds', spec['minReadySeconds']),
    ...validateOwnSelector(spec),
    ...validateTemplate(spec),
  ]
}

/** Which pods a workload owns cannot change. */
export const sameSelector = (object: JsonObject, old: JsonObject): readonly FieldError[] => {
  const [now, before] = [at(object, 'spec', 'selector'), at(old, 'spec', 'selector')]
  return sameMeaning(now, before) ? [] : [invalid('spec.selector', now ?? null, 'field is immutable')]
}
