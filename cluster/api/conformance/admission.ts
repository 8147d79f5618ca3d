/** Cases about what admission webhooks and policies do to writes. The webhooks run in this process, on loopback. */
import assert from 'node:assert/strict'
import type { Resource } from '../../../kube/client.ts'
import { CONFIG_MAPS, DEPLOYMENTS, MUTATING_WEBHOOKS } from '../../../kube/resources.ts'
import { textOf } from '../json.ts'
import {
  type ConformanceCase,
  type ConformanceContext,
  configMap,
  deployment,
  eventually,
  type Loose,
  look,
  object,
  serverMessage,
} from './context.ts'
import { type Review, serveWebhook } from './webhook.ts'

const VALIDATING: Resource = {
  ...MUTATING_WEBHOOKS,
  plural: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
}
const POLICIES: Resource = { ...MUTATING_WEBHOOKS, plural: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy' }
const BINDINGS: Resource = {
  ...MUTATING_WEBHOOKS,
  plural: 'validatingadmissionpolicybindings',
  kind: 'ValidatingAdmissionPolicyBinding',
}

const NEVER_LISTENS = 'https://127.0.0.1:1/review'

type Hook = {
  readonly resource?: Resource
  readonly url: string
  readonly caBundle?: string
  readonly more?: object
  readonly resources?: readonly string[]
}

const CONFIG_MAP_RULE = { operations: ['CREATE', 'UPDATE'], apiGroups: ['', 'apps'], apiVersions: ['v1'] }

/** Installs a webhook for the namespace of the case only. */
const install = async (
  context: ConformanceContext,
  { resource = MUTATING_WEBHOOKS, url, caBundle, more = {}, resources = ['configmaps'] }: Hook,
): Promise<void> => {
  const name = `case-${context.unique}.example.test`
  const webhook = {
    name,
    clientConfig: { url, ...(caBundle ? { caBundle } : {}) },
    rules: [{ ...CONFIG_MAP_RULE, resources }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': context.namespace } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 5,
    ...more,
  }
  await context.client.create(
    resource,
    object('admissionregistration.k8s.io/v1', resource.kind, { name }, { webhooks: [webhook] }),
  )
  context.cleanUp(() => context.client.delete(resource, { name }))
}

const ref = (context: ConformanceContext, name: string) => ({ namespace: context.namespace, name })

const marking: Review = () => ({ patch: [{ op: 'add', path: '/data', value: { marked: 'yes' } }] })

/** Creates objects until a webhook shows its effect: a real server takes a moment to know it. */
const untilMarked = (context: ConformanceContext, more: object = {}) => {
  let count = 0
  return eventually('the webhook is called', async () => {
    count += 1
    const made = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, `probe-${count}`, {}, more))
    return look(made, 'data.marked') === 'yes' && made
  })
}

const untilRefused = (make: (name: string) => Promise<unknown>) => {
  let count = 0
  return eventually('the write is refused', async () => {
    count += 1
    try {
      await make(`probe-${count}`)
      return undefined
    } catch (error) {
      return error instanceof Error && error
    }
  })
}

const installPolicy = async (context: ConformanceContext, spec: object): Promise<void> => {
  const name = `case-${context.unique}`
  const matchConstraints = {
    resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': context.namespace } },
  }
  await context.client.create(
    POLICIES,
    object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', { name }, { spec: { matchConstraints, ...spec } }),
  )
  context.cleanUp(() => context.client.delete(POLICIES, { name }))
  await context.client.create(
    BINDINGS,
    object(
      'admissionregistration.k8s.io/v1',
      'ValidatingAdmissionPolicyBinding',
      { name },
      { spec: { policyName: name, validationActions: ['Deny'] } },
    ),
  )
  context.cleanUp(() => context.client.delete(BINDINGS, { name }))
}

export const ADMISSION_CASES: readonly ConformanceCase[] = [
  {
    name: 'a mutating webhook changes what is stored, and defaults are set again after it',
    run: async context => {
      const ports: Review = () => ({
        patch: [
          {
            op: 'add',
            path: '/spec/template/spec/containers/-',
            value: { name: 'side', image: 'example.test/side:1', ports: [{ containerPort: 9 }] },
          },
        ],
      })
      const { url, caBundle } = await serveWebhook(context, ports)
      await install(context, { url, caBundle, resources: ['deployments'] })
      let count = 0
      const made = await eventually('the webhook is called', async () => {
        count += 1
        const answer = await context.client.create<Loose>(DEPLOYMENTS, deployment(context, `web-${count}`))
        return look(answer, 'spec.template.spec.containers[1]') !== undefined && answer
      })
      assert.deepEqual(look(made, 'spec.template.spec.containers[1].ports'), [{ containerPort: 9, protocol: 'TCP' }])
    },
  },
  {
    name: 'a denial is told with the name of the webhook',
    run: async context => {
      const { url, caBundle } = await serveWebhook(context, () => ({ allowed: false, message: 'not today' }))
      await install(context, { resource: VALIDATING, url, caBundle })
      const error = await untilRefused(name => context.client.create(CONFIG_MAPS, configMap(context, name)))
      assert.equal(serverMessage(error), `admission webhook "case-${context.unique}.example.test" denied the request: not today`)
      assert.equal(look(error, 'status'), 403)
    },
  },
  {
    name: 'match conditions decide which requests a webhook sees',
    run: async context => {
      const { url, caBundle } = await serveWebhook(context, marking)
      const opted =
        "(has(object.metadata.annotations) && 'example.test/on' in object.metadata.annotations) || (oldObject != null && has(oldObject.metadata.annotations) && 'example.test/on' in oldObject.metadata.annotations)"
      const matchConditions = [
        { name: 'opted-in', expression: opted },
        { name: 'not-self', expression: "!(request.userInfo.username in ['system:serviceaccount:nowhere:nobody'])" },
      ]
      await install(context, { url, caBundle, more: { matchConditions } })
      const marked = await untilMarked(context, { annotations: { 'example.test/on': 'yes' } })
      const plain = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'plain'))
      assert.equal(look(plain, 'data'), undefined)
      const removed = await context.client.patch<Loose>(CONFIG_MAPS, ref(context, marked.metadata.name), 'merge', {
        metadata: { annotations: null },
        data: null,
      })
      assert.equal(look(removed, 'data.marked'), 'yes')
    },
  },
  {
    name: 'a webhook that cannot be reached blocks writes, unless its failures are ignored',
    run: async context => {
      await install(context, { url: NEVER_LISTENS, more: { failurePolicy: 'Ignore' } })
      await context.client.create(CONFIG_MAPS, configMap(context, 'one'))
      const name = `case-${context.unique}.example.test`
      await context.client.patch(MUTATING_WEBHOOKS, { name }, 'json', [
        { op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Fail' },
      ])
      const error = await untilRefused(probe => context.client.create(CONFIG_MAPS, configMap(context, probe)))
      assert.match(
        error.message,
        /failed calling webhook "case-\w+\.example\.test": failed to call webhook: Post "https:\/\/127\.0\.0\.1:1\/review/,
      )
      assert.equal(look(error, 'status'), 500)
    },
  },
  {
    name: 'a webhook is asked again when a later one changed the object',
    run: async context => {
      const first: Review = request => ({
        patch: [
          {
            op: 'add',
            path: '/metadata/annotations',
            value: {
              ...(look(request, 'object.metadata.annotations') as object),
              seen: JSON.stringify(look(request, 'object.data') ?? {}),
            },
          },
        ],
      })
      const { url, caBundle } = await serveWebhook(context, first)
      const later = await serveWebhook(context, marking)
      const name = `case-${context.unique}.example.test`
      const webhook = (prefix: string, clientConfig: object, more: object = {}) => ({
        name: `${prefix}.${name}`,
        clientConfig,
        rules: [{ ...CONFIG_MAP_RULE, resources: ['configmaps'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': context.namespace } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        ...more,
      })
      const webhooks = [
        webhook('a', { url, caBundle }, { reinvocationPolicy: 'IfNeeded' }),
        webhook('b', { url: later.url, caBundle: later.caBundle }),
      ]
      await context.client.create(
        MUTATING_WEBHOOKS,
        object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', { name }, { webhooks }),
      )
      context.cleanUp(() => context.client.delete(MUTATING_WEBHOOKS, { name }))
      const made = await untilMarked(context)
      assert.equal(textOf(made.metadata.annotations?.['seen']), '{"marked":"yes"}')
    },
  },
  {
    name: 'a webhook for deployments does not see their scale',
    run: async context => {
      await context.client.create(DEPLOYMENTS, deployment(context, 'web'))
      const { url, caBundle } = await serveWebhook(context, () => ({ allowed: false, message: 'no' }))
      await install(context, { resource: VALIDATING, url, caBundle, resources: ['deployments'] })
      await untilRefused(name => context.client.create(DEPLOYMENTS, deployment(context, name)))
      const scaled = await context.client.patch<Loose>(
        DEPLOYMENTS,
        ref(context, 'web'),
        'merge',
        { spec: { replicas: 0 } },
        'scale',
      )
      assert.equal(scaled.kind, 'Scale')
    },
  },
  {
    name: 'a policy in CEL refuses what it does not allow',
    run: async context => {
      await installPolicy(context, {
        matchConditions: [
          {
            name: 'guarded',
            expression: "has(object.metadata.annotations) && 'example.test/guarded' in object.metadata.annotations",
          },
        ],
        validations: [
          { expression: 'object.spec.replicas <= 5', messageExpression: "'too many: ' + string(object.spec.replicas)" },
        ],
      })
      const guarded = (name: string, replicas: number) => {
        const made = deployment(context, name, { replicas })
        return { ...made, metadata: { ...made.metadata, annotations: { 'example.test/guarded': 'yes' } } }
      }
      const error = await untilRefused(name => context.client.create(DEPLOYMENTS, guarded(name, 6)))
      assert.match(error.message, /ValidatingAdmissionPolicy 'case-\w+' with binding 'case-\w+' denied request: too many: 6/)
      assert.equal(look(error, 'status'), 422)
      await context.client.create(DEPLOYMENTS, guarded('few', 0))
      await context.client.create(DEPLOYMENTS, deployment(context, 'free', { replicas: 6 }))
    },
  },
]
