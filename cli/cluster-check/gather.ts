/** Reads from the cluster what the checks look at. What may not be read is an answer, too; nothing is changed. */
import { CUSTOM_RESOURCES } from '../../api/custom-resources.ts'
import type { KubeObject, Labels, Pod } from '../../api/kubernetes.ts'
import { WEBHOOK_SECRET } from '../../api/names.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { isApiError, messageOf, orAbsent } from '../../kube/errors.ts'
import { CONFIG_MAPS, CRDS, DEPLOYMENTS, LEASES, MUTATING_WEBHOOKS, NODES, PODS, SECRETS } from '../../kube/resources.ts'
import type { Lease } from '../eject/lease.ts'
import { askRights } from './ask-rights.ts'
import { nameOf } from './definitions.ts'
import type { Answer, ClusterSeen, Definition, Node, WebhookConfiguration, Workload } from './seen.ts'
import { tryWebhook } from './trial.ts'
import { WEBHOOKS } from './webhook.ts'

const DAEMON_SETS: Resource = { group: 'apps', version: 'v1', plural: 'daemonsets', kind: 'DaemonSet', namespaced: true }
const FELIX: Resource = {
  group: 'crd.projectcalico.org',
  version: 'v1',
  plural: 'felixconfigurations',
  kind: 'FelixConfiguration',
  namespaced: false,
}
const admission = (plural: string, kind: string): Resource => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
})
const POLICIES = admission('validatingadmissionpolicies', 'ValidatingAdmissionPolicy')
const BINDINGS = admission('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding')

const SLUICE = 'app.kubernetes.io/name=sluice'

/** What the reading says; where the user may not, that. Only a refusal is an answer: a server that cannot be reached is not. */
const answerOf = async <T>(reading: Promise<T>): Promise<Answer<T>> => {
  try {
    return { is: await reading }
  } catch (error) {
    if (isApiError(error) && (error.status === 403 || error.status === 401)) return { refused: 'you may not' }
    if (isApiError(error)) return { refused: messageOf(error) }
    throw error
  }
}

const objectOf = <T extends KubeObject>(client: KubeClient, resource: Resource, name: string, namespace?: string) =>
  answerOf(orAbsent(client.get<T>(resource, { name, ...(namespace !== undefined && { namespace }) })))

const listOf = <T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  options: { readonly namespace?: string; readonly labelSelector?: string } = {},
): Promise<Answer<readonly T[]>> => answerOf(client.list<T>(resource, options).then(({ items }) => items))

const mapAnswer = <T, U>(answer: Answer<T>, change: (value: T) => U): Answer<U> =>
  'is' in answer ? { is: change(answer.is) } : answer

type Groups = { readonly groups?: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[] }
type Resources = { readonly resources?: readonly { readonly name: string }[] }

const readGroupVersions = async (client: KubeClient): Promise<readonly string[]> => {
  const { groups = [] } = (await client.raw('GET', '/apis')) as Groups
  return groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))
}

const readAdmissionResources = async (client: KubeClient): Promise<readonly string[]> => {
  const served = (await orAbsent(client.raw('GET', '/apis/admissionregistration.k8s.io/v1'))) as Resources | undefined
  return (served?.resources ?? []).map(({ name }) => name)
}

const readVersion = async (client: KubeClient): Promise<string> => {
  const { gitVersion = 'unknown' } = (await client.raw('GET', '/version')) as { readonly gitVersion?: string }
  return gitVersion
}

/** Ours by what it does, not by its name, which may differ from install to install. */
const readWebhook = async (client: KubeClient): Promise<Answer<WebhookConfiguration | undefined>> =>
  mapAnswer(await listOf<WebhookConfiguration>(client, MUTATING_WEBHOOKS), all =>
    all.find(({ webhooks = [] }) => webhooks.some(({ name }) => WEBHOOKS.includes(name))),
  )

/** Where the API server sends reviews is where Sluice runs. */
const namespaceOf = (webhook: Answer<WebhookConfiguration | undefined>): string | undefined =>
  'is' in webhook ? webhook.is?.webhooks?.[0]?.clientConfig.service?.namespace : undefined

type Secret = KubeObject & { readonly data?: { readonly [key: string]: string } }

const readServing = async (client: KubeClient, namespace: string): Promise<Answer<string | undefined>> =>
  mapAnswer(await objectOf<Secret>(client, SECRETS, WEBHOOK_SECRET, namespace), secret => {
    const text = secret?.data?.['tls.crt']
    return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8')
  })

const readGuard = async (client: KubeClient): Promise<ClusterSeen['guard']> => {
  const [policies, bindings] = await Promise.all([
    listOf(client, POLICIES, { labelSelector: SLUICE }),
    listOf<KubeObject & { readonly spec?: { readonly policyName?: string } }>(client, BINDINGS),
  ])
  if ('refused' in policies) return policies
  if ('refused' in bindings) return bindings
  const names = policies.is.map(({ metadata }) => metadata.name)
  return { is: { policy: names.length > 0, binding: bindings.is.some(({ spec }) => names.includes(spec?.policyName ?? '')) } }
}

const readDefinitions = async (client: KubeClient): Promise<ClusterSeen['definitions']> =>
  Object.fromEntries(
    await Promise.all(
      CUSTOM_RESOURCES.map(
        async resource => [nameOf(resource), await objectOf<Definition>(client, CRDS, nameOf(resource))] as const,
      ),
    ),
  )

type ConfigMap = KubeObject & { readonly data?: Labels }
type Felix = KubeObject & { readonly spec?: { readonly bpfEnabled?: boolean } }

export type ClusterOptions = {
  /** Where a Deployment is tried in a dry run. */
  readonly namespace: string
  /** Where Sluice is said to run, for when its webhook does not tell. */
  readonly sluiceNamespace: string
  readonly now: number
}

export const gatherCluster = async (
  client: KubeClient,
  { namespace, sluiceNamespace, now }: ClusterOptions,
): Promise<ClusterSeen> => {
  const version = await readVersion(client)
  const [groupVersions, admissionResources, webhook] = await Promise.all([
    readGroupVersions(client),
    readAdmissionResources(client),
    readWebhook(client),
  ])
  const systemNamespace = namespaceOf(webhook) ?? sluiceNamespace
  const [nodes, definitions, servingCertificate, trial, guard, pods, leases, daemonSets, cilium, felix, argoRollouts] =
    await Promise.all([
      listOf<Node>(client, NODES),
      readDefinitions(client),
      readServing(client, systemNamespace),
      tryWebhook(client, namespace),
      readGuard(client),
      listOf<Pod>(client, PODS, { namespace: systemNamespace, labelSelector: SLUICE }),
      listOf<Lease>(client, LEASES, { namespace: systemNamespace }),
      listOf<Workload>(client, DAEMON_SETS),
      objectOf<ConfigMap>(client, CONFIG_MAPS, 'cilium-config', 'kube-system'),
      objectOf<Felix>(client, FELIX, 'default'),
      listOf<Workload>(client, DEPLOYMENTS, { labelSelector: 'app.kubernetes.io/name=argo-rollouts' }),
    ])
  return {
    now,
    systemNamespace,
    version,
    groupVersions,
    admissionResources,
    nodes,
    definitions,
    webhook,
    servingCertificate,
    trial,
    guard,
    pods,
    leases,
    rights: await askRights(client, {
      namespace: systemNamespace,
      configuration: ('is' in webhook ? webhook.is?.metadata.name : undefined) ?? 'sluice',
      pods: 'is' in pods ? pods.is : [],
    }),
    daemonSets,
    ciliumConfig: mapAnswer(cilium, map => map?.data),
    felix: mapAnswer(felix, one => one && { bpfEnabled: one.spec?.bpfEnabled === true }),
    argoRollouts,
  }
}
