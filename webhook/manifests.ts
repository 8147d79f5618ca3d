/**
 * The cluster-wide objects that bring requests to the webhook, and the guard that works without it. Pure: applied by an installer
 * (chart, `make up`) or, when it is told to, by the webhook itself.
 */
import type { KubeObject } from '../api/kubernetes.ts'
import { BYPASS, CONTROLLER_USER, guardName, PREFIX, SAVED, SIDECAR_LABEL, SLUICE_NAMESPACE } from '../api/names.ts'

export const MUTATE_PATH = '/mutate'

type MatchCondition = { readonly name: string; readonly expression: string }

export type Webhook = {
  readonly name: string
  readonly clientConfig: {
    readonly service?: { readonly namespace: string; readonly name: string; readonly path: string; readonly port: number }
    readonly url?: string
    /** PEM, base64. */
    readonly caBundle?: string
  }
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly apiVersions: readonly string[]
    readonly operations: readonly string[]
    readonly resources: readonly string[]
    readonly scope: string
  }[]
  readonly namespaceSelector: { readonly matchExpressions: readonly object[] }
  readonly objectSelector?: { readonly matchExpressions: readonly object[] }
  readonly matchConditions: readonly MatchCondition[]
  readonly failurePolicy: 'Fail' | 'Ignore'
  readonly matchPolicy: 'Equivalent'
  readonly sideEffects: 'None'
  readonly reinvocationPolicy: 'IfNeeded'
  readonly timeoutSeconds: number
  readonly admissionReviewVersions: readonly string[]
}

export type MutatingWebhookConfiguration = KubeObject & { readonly webhooks?: readonly Webhook[] }

export type WebhookService = {
  /** Of the MutatingWebhookConfiguration; the guard's name begins with it. */
  readonly configuration: string
  /** Whose writes are never looked at. */
  readonly controllerUser: string
  /** The Service in front of the webhook's pods; its namespace too. */
  readonly namespace: string
  readonly service: string
  /** The Service's port. */
  readonly port: number
  /** PEM; absent: the webhook puts it in when it starts. */
  readonly caBundle?: string
}

const NATIVE_CONTROLLER = 'system:serviceaccount:kube-system:deployment-controller'

const hasAnnotation = (object: string, key: string): string =>
  `(has(${object}.metadata.annotations) && '${key}' in ${object}.metadata.annotations)`

const hasValue = (object: string, key: string, value: string): string =>
  `(has(${object}.metadata.annotations) && '${key}' in ${object}.metadata.annotations && ${object}.metadata.annotations['${key}'] == '${value}')`

/** Its pods get sidecars: the label has to go with the next new template when nothing asks for it any more. */
const HAS_SIDECAR = `(has(object.spec.template.metadata) && has(object.spec.template.metadata.labels) && '${SIDECAR_LABEL}' in object.spec.template.metadata.labels)`

/** Opted in before or after, or still held though it opted out, or with sidecars from that time. */
const OPTED_IN: MatchCondition = {
  name: 'opted-in',
  expression: [
    hasAnnotation('object', `${PREFIX}strategy`),
    `(oldObject != null && (${hasAnnotation('oldObject', `${PREFIX}strategy`)} || ${hasAnnotation('oldObject', SAVED)}))`,
    HAS_SIDECAR,
  ].join(' || '),
}

const notAController = (user: string): MatchCondition => ({
  name: 'not-a-controller',
  expression: `!(request.userInfo.username in ['${user}', '${NATIVE_CONTROLLER}'])`,
})

/** Decided by the API server itself, so that the way out works while no webhook pod does. */
const NOT_BYPASSED: MatchCondition = { name: 'not-bypassed', expression: `!${hasValue('object', BYPASS, 'true')}` }

/** Kubernetes' own and our own namespace are never looked at: nothing there may wait for a webhook pod. */
const OUTSIDE_SYSTEM = (namespace: string): Webhook['namespaceSelector'] => ({
  matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', namespace] }],
})

const common = ({ namespace, service, port, caBundle }: WebhookService) =>
  ({
    clientConfig: {
      service: { namespace, name: service, path: MUTATE_PATH, port },
      ...(caBundle === undefined ? {} : { caBundle: btoa(caBundle) }),
    },
    namespaceSelector: OUTSIDE_SYSTEM(namespace),
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    reinvocationPolicy: 'IfNeeded',
    admissionReviewVersions: ['v1'],
  }) as const

/**
 * The MutatingWebhookConfiguration. Deployments: without an answer an update of an opted-in one is refused, so that no
 * new version gets past the trial. Services: without an answer they pass, and the controller repairs what was missed. Pods that are to
 * have a sidecar: without one they would take traffic past the split, so they wait.
 */
export const makeMutatingWebhookConfiguration = (target: WebhookService): MutatingWebhookConfiguration => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: {
    name: target.configuration,
    labels: { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': 'webhook' },
  },
  webhooks: [
    {
      name: 'deployments.sluice.dev',
      ...common(target),
      rules: [
        {
          apiGroups: ['apps'],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['deployments'],
          scope: 'Namespaced',
        },
      ],
      matchConditions: [OPTED_IN, notAController(target.controllerUser), NOT_BYPASSED],
      failurePolicy: 'Fail',
      timeoutSeconds: 3,
    },
    {
      name: 'services.sluice.dev',
      ...common(target),
      rules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['services'], scope: 'Namespaced' },
      ],
      matchConditions: [notAController(target.controllerUser), NOT_BYPASSED],
      failurePolicy: 'Ignore',
      timeoutSeconds: 2,
    },
    {
      name: 'pods.sluice.dev',
      ...common(target),
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' }],
      objectSelector: { matchExpressions: [{ key: SIDECAR_LABEL, operator: 'Exists' }] },
      matchConditions: [],
      failurePolicy: 'Fail',
      timeoutSeconds: 3,
    },
  ],
})

/**
 * The guard of held Deployments: runs inside the API server after all mutation, so it stands while every process of ours is
 * down. It refuses what would let the native controller loose in mid-update. With the webhook up it never has to: the webhook has
 * put those fields back by then.
 */
export const makeGuardPolicy = ({
  configuration,
  controllerUser,
}: WebhookService = DEFAULT_TARGET): KubeObject & { readonly spec: object } => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: guardName(configuration), labels: { 'app.kubernetes.io/name': 'sluice' } },
  spec: {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [
        { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'], scope: 'Namespaced' },
      ],
    },
    matchConditions: [
      { name: 'held', expression: hasAnnotation('oldObject', SAVED) },
      { name: 'not-the-controller', expression: `request.userInfo.username != '${controllerUser}'` },
      NOT_BYPASSED,
    ],
    validations: [
      {
        expression: 'has(object.spec.paused) && object.spec.paused',
        message: `spec.paused: must stay true while Sluice has an update in progress; to go on run kubectl sluice promote NAME, to stop kubectl sluice abort NAME, to leave Sluice kubectl sluice eject deployment/NAME`,
      },
      {
        expression: "has(object.spec.strategy) && has(object.spec.strategy.type) && object.spec.strategy.type == 'Recreate'",
        message:
          'spec.strategy: must stay Recreate while Sluice has an update in progress; your own strategy is put back when it ends',
      },
      {
        expression: hasAnnotation('object', SAVED),
        message: `metadata.annotations[${SAVED}]: must stay while Sluice has an update in progress; it holds the values that are put back when it ends`,
      },
    ],
  },
})

export const makeGuardBinding = ({ configuration }: WebhookService = DEFAULT_TARGET): KubeObject & { readonly spec: object } => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: guardName(configuration), labels: { 'app.kubernetes.io/name': 'sluice' } },
  spec: { policyName: guardName(configuration), validationActions: ['Deny'] },
})

/** What an installer applies for the webhook, in order: the guard first, so that nothing is held without it. */
export const makeWebhookManifests = (target: WebhookService = DEFAULT_TARGET): readonly KubeObject[] => [
  makeGuardPolicy(target),
  makeGuardBinding(target),
  makeMutatingWebhookConfiguration(target),
]

export const DEFAULT_TARGET: WebhookService = {
  configuration: 'sluice',
  controllerUser: CONTROLLER_USER,
  namespace: SLUICE_NAMESPACE,
  service: 'sluice-webhook',
  port: 443,
}
