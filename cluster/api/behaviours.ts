/** What each built-in kind does to its objects: defaults, generations, grace, validation. */
import type { Resource } from '../../kube/client.ts'
import {
  cronJobDefaults,
  daemonSetDefaults,
  deploymentDefaults,
  jobDefaults,
  replicaSetDefaults,
  statefulSetDefaults,
} from './defaults/apps.ts'
import {
  autoscalerDefaults,
  clusterRoleBindingDefaults,
  definitionDefaults,
  eventDefaults,
  mutatingWebhookDefaults,
  namespaceDefaults,
  networkPolicyDefaults,
  policyBindingDefaults,
  policyDefaults,
  priorityClassDefaults,
  roleBindingDefaults,
  secretDefaults,
  validatingWebhookDefaults,
} from './defaults/other.ts'
import { podDefaults } from './defaults/pod.ts'
import { endpointSliceDefaults, endpointsDefaults, nodeDefaults, serviceDefaults } from './defaults/service.ts'
import { type Draft, ensureChild, type JsonObject, sameJson } from './json.ts'
import { type Behaviour, storageKey } from './kind.ts'
import { podGrace, preparePod } from './pods.ts'
import { schemaOfKind } from './schema/kubernetes.ts'
import { checkTypes, roundTrip, unknownFieldsOf } from './schema/typed.ts'
import { validationOf } from './validate/builtin.ts'

const differs =
  (...fields: readonly string[]) =>
  (object: JsonObject, old: JsonObject): boolean =>
    fields.some(field => !sameJson(object[field], old[field]))

const specChanged = differs('spec')

/** A Deployment counts a change of its annotations as a change, too: they are copied to its ReplicaSets. */
const deploymentChanged = (object: JsonObject, old: JsonObject): boolean =>
  specChanged(object, old) ||
  !sameJson((object['metadata'] as JsonObject)['annotations'], (old['metadata'] as JsonObject)['annotations'])

const keepLabels = (draft: Draft, old: JsonObject): void => {
  const labels = (old['metadata'] as JsonObject)['labels']
  const metadata = ensureChild(draft, 'metadata')
  if (labels === undefined) delete metadata['labels']
  else metadata['labels'] = labels
}

const startNamespace = (draft: Draft): void => {
  draft['status'] = { phase: 'Active' }
}

const OWN: { readonly [storage: string]: Behaviour } = {
  'apps/deployments': { setDefaults: deploymentDefaults, changesGeneration: deploymentChanged, prepareStatus: keepLabels },
  'apps/replicasets': { setDefaults: replicaSetDefaults, changesGeneration: specChanged },
  'apps/statefulsets': { setDefaults: statefulSetDefaults, changesGeneration: specChanged },
  'apps/daemonsets': { setDefaults: daemonSetDefaults, changesGeneration: specChanged },
  'batch/jobs': { setDefaults: jobDefaults, changesGeneration: specChanged },
  'batch/cronjobs': { setDefaults: cronJobDefaults, changesGeneration: specChanged },
  'scheduling.k8s.io/priorityclasses': { setDefaults: priorityClassDefaults, changesGeneration: differs('value', 'description') },
  '/pods': { setDefaults: podDefaults, changesGeneration: specChanged, prepareCreate: preparePod, graceSeconds: podGrace },
  '/services': { setDefaults: serviceDefaults },
  '/endpoints': { setDefaults: endpointsDefaults },
  'discovery.k8s.io/endpointslices': {
    setDefaults: endpointSliceDefaults,
    changesGeneration: differs('addressType', 'endpoints', 'ports'),
  },
  '/secrets': { setDefaults: secretDefaults },
  '/namespaces': { setDefaults: namespaceDefaults, prepareCreate: startNamespace },
  '/nodes': { setDefaults: nodeDefaults },
  '/events': { setDefaults: eventDefaults },
  'autoscaling/horizontalpodautoscalers': { setDefaults: autoscalerDefaults },
  'policy/poddisruptionbudgets': { changesGeneration: specChanged },
  'networking.k8s.io/ingresses': { changesGeneration: specChanged },
  'networking.k8s.io/networkpolicies': { setDefaults: networkPolicyDefaults, changesGeneration: specChanged },
  'rbac.authorization.k8s.io/rolebindings': { setDefaults: roleBindingDefaults },
  'rbac.authorization.k8s.io/clusterrolebindings': { setDefaults: clusterRoleBindingDefaults },
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': {
    setDefaults: mutatingWebhookDefaults,
    changesGeneration: differs('webhooks'),
  },
  'admissionregistration.k8s.io/validatingwebhookconfigurations': {
    setDefaults: validatingWebhookDefaults,
    changesGeneration: differs('webhooks'),
  },
  'admissionregistration.k8s.io/validatingadmissionpolicies': { setDefaults: policyDefaults, changesGeneration: specChanged },
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': {
    setDefaults: policyBindingDefaults,
    changesGeneration: specChanged,
  },
  'apiextensions.k8s.io/customresourcedefinitions': { setDefaults: definitionDefaults, changesGeneration: specChanged },
}

/** The behaviour of a built-in kind, its typed round trip included. */
export const behaviourOf = (kind: Resource): Behaviour => {
  const storage = storageKey(kind)
  const schema = schemaOfKind(kind)
  const own = OWN[storage] ?? {}
  return {
    ...validationOf(storage),
    ...own,
    ...(schema
      ? {
          unknownFields: object => unknownFieldsOf(object, schema),
          checkTypes: object => checkTypes(object, schema, kind),
          setDefaults: draft => {
            roundTrip(draft, schema, false)
            // A spec that is no pointer in Go is always there, and so are the defaults inside it.
            if (schema.fields.get('spec')?.zero === 'shown') ensureChild(draft, 'spec')
            own.setDefaults?.(draft)
            roundTrip(draft, schema, true)
          },
        }
      : {}),
  }
}
