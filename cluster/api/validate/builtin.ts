/** Which validation each built-in kind has. */
import { validateDefinition, validateDefinitionUpdate } from '../crd/definition.ts'
import type { Behaviour } from '../kind.ts'
import { sameSelector, validateDeployment, validateReplicaSet } from './apps.ts'
import {
  validateAutoscaler,
  validateBudget,
  validateConfigMap,
  validateConfigMapUpdate,
  validateEvent,
  validateLease,
  validatePolicy,
  validatePolicyBinding,
  validateRevisionUpdate,
  validateRoleBinding,
  validateRoleBindingUpdate,
  validateSecret,
  validateSecretUpdate,
  validateWebhooks,
} from './other.ts'
import { validatePod, validatePodUpdate } from './pod.ts'
import { validateEndpointSlice, validateEndpointSliceUpdate, validateService, validateServiceUpdate } from './service.ts'

type Validation = Pick<Behaviour, 'validate' | 'validateUpdate'>

const ROLE_BINDING: Validation = { validate: validateRoleBinding, validateUpdate: validateRoleBindingUpdate }

const VALIDATIONS: { readonly [storage: string]: Validation } = {
  'apps/deployments': { validate: validateDeployment, validateUpdate: sameSelector },
  'apps/replicasets': { validate: validateReplicaSet, validateUpdate: sameSelector },
  'apps/statefulsets': { validateUpdate: sameSelector },
  'apps/daemonsets': { validateUpdate: sameSelector },
  'apps/controllerrevisions': { validateUpdate: validateRevisionUpdate },
  '/pods': { validate: validatePod, validateUpdate: validatePodUpdate },
  '/services': { validate: validateService, validateUpdate: validateServiceUpdate },
  'discovery.k8s.io/endpointslices': { validate: validateEndpointSlice, validateUpdate: validateEndpointSliceUpdate },
  '/configmaps': { validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
  '/secrets': { validate: validateSecret, validateUpdate: validateSecretUpdate },
  '/events': { validate: validateEvent },
  'coordination.k8s.io/leases': { validate: validateLease },
  'policy/poddisruptionbudgets': { validate: validateBudget },
  'autoscaling/horizontalpodautoscalers': { validate: validateAutoscaler },
  'rbac.authorization.k8s.io/rolebindings': ROLE_BINDING,
  'rbac.authorization.k8s.io/clusterrolebindings': ROLE_BINDING,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': { validate: validateWebhooks },
  'admissionregistration.k8s.io/validatingwebhookconfigurations': { validate: validateWebhooks },
  'admissionregistration.k8s.io/validatingadmissionpolicies': { validate: validatePolicy },
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': { validate: validatePolicyBinding },
  'apiextensions.k8s.io/customresourcedefinitions': { validate: validateDefinition, validateUpdate: validateDefinitionUpdate },
}

export const validationOf = (storage: string): Validation => VALIDATIONS[storage] ?? {}
