/** When a ReplicaSet was made from a Rollout's template, and what of a template can be kept when a quantity in it is malformed. */
import type { Container, Labels, PodTemplate } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { perObject } from '../../api/per-object.ts'
import { canonicalQuantityText } from '../../api/quantity-text.ts'
import { sameTemplate } from '../../api/template.ts'
import { withoutAntiAffinity } from './injected-affinity.ts'

type Json = { readonly [key: string]: unknown }

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Values that the API server fills in where nothing is said; the same wherever a field of that name stands in a pod template. */
const DEFAULTS: { readonly [field: string]: readonly unknown[] } = {
  restartPolicy: ['Always'],
  dnsPolicy: ['ClusterFirst'],
  schedulerName: ['default-scheduler'],
  terminationGracePeriodSeconds: [30],
  enableServiceLinks: [true],
  terminationMessagePath: ['/dev/termination-log'],
  terminationMessagePolicy: ['File'],
  protocol: ['TCP'],
  scheme: ['HTTP'],
  timeoutSeconds: [1],
  periodSeconds: [10],
  successThreshold: [1],
  failureThreshold: [3],
  defaultMode: [420],
  expirationSeconds: [3600],
  volumeMode: ['Filesystem'],
  hostNetwork: [false],
  hostPID: [false],
  hostIPC: [false],
  readOnly: [false],
  optional: [false],
  divisor: ['0', 0],
  serviceAccount: [],
  creationTimestamp: [],
}

/** Fields that say nothing of their own, or that the API server copies from another one. */
const DERIVED = ['serviceAccount', 'creationTimestamp']

const withoutDefaults = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutDefaults)
  if (!isJson(value)) return value
  const kept = Object.entries(value).filter(([field, member]) => !DERIVED.includes(field) && !DEFAULTS[field]?.includes(member))
  return Object.fromEntries(
    kept.map(([field, member]) => [field, field === 'labels' || field === 'annotations' ? member : withoutDefaults(member)]),
  )
}

const pullPolicyOf = (image: string | undefined): string => {
  const name = image?.split('/').at(-1) ?? ''
  const hasTag = name.includes(':') || name.includes('@')
  return !hasTag || name.endsWith(':latest') ? 'Always' : 'IfNotPresent'
}

/** Limits are the requests where none are said, and the pull policy follows from the tag. */
const plainContainer = (container: Container): unknown => {
  const { imagePullPolicy, resources, ...rest } = container
  const { limits, requests } = isJson(resources) ? resources : {}
  const policy = imagePullPolicy === pullPolicyOf(container.image) ? {} : { imagePullPolicy }
  const wanted = { ...(isJson(limits) ? limits : {}), ...(isJson(requests) ? requests : {}) }
  return { ...rest, ...policy, resources: { ...(isJson(resources) ? resources : {}), requests: wanted } }
}

const withoutHash = (labels: Labels | undefined): Labels => {
  const { [ROLLOUTS_POD_TEMPLATE_HASH]: _, ...rest } = labels ?? {}
  return rest
}

const plain = (template: PodTemplate): PodTemplate => {
  const { metadata, spec } = withoutAntiAffinity(template)
  const containers = (list: unknown) => (Array.isArray(list) ? list.map(plainContainer) : undefined)
  const own = { ...spec, containers: containers(spec.containers), initContainers: containers(spec['initContainers']) }
  return {
    metadata: { labels: withoutHash(metadata?.labels), annotations: metadata?.annotations ?? {} },
    spec: withoutDefaults(own) as PodTemplate['spec'],
  }
}

/** True when both make the same pods, whichever of them the API server has filled in. */
export const sameRolloutTemplate = (a: PodTemplate, b: PodTemplate): boolean => sameTemplate(plain(a), plain(b))

const QUANTITIES = ['limits', 'requests', 'overhead']

const isQuantity = (value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number') && canonicalQuantityText(value) !== undefined

const hasBadQuantity = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(hasBadQuantity)
  if (!isJson(value)) return false
  return Object.entries(value).some(([field, member]) =>
    QUANTITIES.includes(field) && isJson(member)
      ? Object.values(member).some(quantity => !isQuantity(quantity))
      : hasBadQuantity(member),
  )
}

const tolerant = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(tolerant)
  if (!isJson(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, member]) => {
      if (field === 'ephemeralContainers' && hasBadQuantity(member)) return []
      if (!QUANTITIES.includes(field) || !isJson(member)) return [[field, tolerant(member)]]
      return [[field, Object.fromEntries(Object.entries(member).filter(([, quantity]) => isQuantity(quantity)))]]
    }),
  )
}

/**
 * The template without what cannot be read in it: a malformed quantity is left out, and with one in them the ephemeral containers are.
 * Argo Rollouts does the same, so that one bad object does not stop the rest.
 */
export const tolerantTemplate: (template: PodTemplate) => PodTemplate = perObject(template => tolerant(template) as PodTemplate)
