/** Defaults of the smaller kinds. */
import { childOf, childrenOf, type Draft, ensureChild, fillIn, textOf } from '../json.ts'

/** stringData is written over data, in base64. */
export const secretDefaults = (secret: Draft): void => {
  fillIn(secret, { type: 'Opaque' })
  const plain = childOf(secret, 'stringData')
  if (!plain) return
  const data = ensureChild(secret, 'data')
  for (const [key, value] of Object.entries(plain)) data[key] = Buffer.from(textOf(value)).toString('base64')
  delete secret['stringData']
}

export const namespaceDefaults = (namespace: Draft): void => {
  const metadata = ensureChild(namespace, 'metadata')
  if (metadata['name']) ensureChild(metadata, 'labels')['kubernetes.io/metadata.name'] = metadata['name']
  const spec = ensureChild(namespace, 'spec')
  if (!spec['finalizers']) spec['finalizers'] = ['kubernetes']
}

/** SetDefaults_NetworkPolicy of Kubernetes: for ingress always, for egress when it has such rules. */
export const networkPolicyDefaults = (policy: Draft): void => {
  const spec = childOf(policy, 'spec')
  if (!spec) return
  const egress = childrenOf(spec, 'egress')
  fillIn(spec, { policyTypes: egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] })
  for (const rule of [...childrenOf(spec, 'ingress'), ...egress])
    for (const port of childrenOf(rule, 'ports')) fillIn(port, { protocol: 'TCP' })
}

const webhookDefaults = (webhook: Draft): void => {
  fillIn(webhook, {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  })
  for (const rule of childrenOf(webhook, 'rules')) fillIn(rule, { scope: '*' })
  const service = childOf(childOf(webhook, 'clientConfig'), 'service')
  fillIn(service, { port: 443 })
}

export const mutatingWebhookDefaults = (configuration: Draft): void => {
  for (const webhook of childrenOf(configuration, 'webhooks')) {
    webhookDefaults(webhook)
    fillIn(webhook, { reinvocationPolicy: 'Never' })
  }
}

export const validatingWebhookDefaults = (configuration: Draft): void => {
  for (const webhook of childrenOf(configuration, 'webhooks')) webhookDefaults(webhook)
}

const constraintDefaults = (constraints: Draft | undefined): void => {
  if (!constraints) return
  fillIn(constraints, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} })
  for (const rule of [...childrenOf(constraints, 'resourceRules'), ...childrenOf(constraints, 'excludeResourceRules')])
    fillIn(rule, { scope: '*' })
}

export const policyDefaults = (policy: Draft): void => {
  const spec = childOf(policy, 'spec')
  fillIn(spec, { failurePolicy: 'Fail' })
  constraintDefaults(childOf(spec, 'matchConstraints'))
}

export const policyBindingDefaults = (binding: Draft): void =>
  constraintDefaults(childOf(childOf(binding, 'spec'), 'matchResources'))

const roleRefDefaults = (binding: Draft, kind: string): void => {
  fillIn(childOf(binding, 'roleRef'), { apiGroup: 'rbac.authorization.k8s.io', kind })
  for (const subject of childrenOf(binding, 'subjects'))
    if (subject['kind'] !== 'ServiceAccount') fillIn(subject, { apiGroup: 'rbac.authorization.k8s.io' })
}

export const roleBindingDefaults = (binding: Draft): void => roleRefDefaults(binding, 'Role')
export const clusterRoleBindingDefaults = (binding: Draft): void => roleRefDefaults(binding, 'ClusterRole')

const scalingRules = (behavior: Draft, direction: string, defaults: { readonly [field: string]: unknown }): void => {
  const rules = ensureChild(behavior, direction)
  fillIn(rules, { selectPolicy: 'Max', ...defaults })
}

export const autoscalerDefaults = (autoscaler: Draft): void => {
  const spec = childOf(autoscaler, 'spec')
  if (!spec) return
  fillIn(spec, { minReplicas: 1 })
  if (childrenOf(spec, 'metrics').length === 0)
    spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]
  const behavior = childOf(spec, 'behavior')
  if (!behavior) return
  scalingRules(behavior, 'scaleUp', {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  })
  scalingRules(behavior, 'scaleDown', { policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] })
}

export const eventDefaults = (event: Draft): void => {
  ensureChild(event, 'source')
  fillIn(event, {
    reportingComponent: textOf(childOf(event, 'source')?.['component']),
    reportingInstance: textOf(childOf(event, 'source')?.['host']),
  })
}

export const definitionDefaults = (definition: Draft): void => {
  const spec = childOf(definition, 'spec')
  const names = childOf(spec, 'names')
  if (!spec || !names) return
  fillIn(names, { singular: textOf(names['kind']).toLowerCase(), listKind: `${textOf(names['kind'])}List` })
  fillIn(spec, { conversion: { strategy: 'None' } })
  if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields']
}

export const priorityClassDefaults = (priority: Draft): void => fillIn(priority, { preemptionPolicy: 'PreemptLowerPriority' })
