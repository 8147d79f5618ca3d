/** Keeps our certificate authority in the MutatingWebhookConfiguration; every replica does, and they do not fight. */
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import { isAlreadyExists, isApiError, isConflict, isNotFound, orAbsent } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import { MUTATING_WEBHOOKS } from '../kube/resources.ts'
import { type MutatingWebhookConfiguration, makeWebhookManifests, type WebhookService } from './manifests.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

const certificatesOf = (pem: string): readonly string[] => pem.match(CERTIFICATE)?.map(one => one.replace(/\s+/g, '')) ?? []

const decodeBundle = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString()

/** True when every webhook of the configuration trusts every certificate of the bundle (PEM). */
export const trusts = (configuration: MutatingWebhookConfiguration, bundle: string): boolean => {
  const wanted = certificatesOf(bundle)
  const webhooks = configuration.webhooks ?? []
  const has = (base64: string | undefined): boolean => {
    const present = certificatesOf(decodeBundle(base64))
    return wanted.every(one => present.includes(one))
  }
  return webhooks.length > 0 && wanted.length > 0 && webhooks.every(one => has(one.clientConfig.caBundle))
}

/** An issuer without an authority of its own in the Secret: all that can be seen is that somebody is trusted. */
const trustsSomebody = ({ webhooks = [] }: MutatingWebhookConfiguration): boolean =>
  webhooks.length > 0 && webhooks.every(one => (one.clientConfig.caBundle ?? '') !== '')

/**
 * The JSON patch that makes every webhook trust exactly this bundle; none where all do. Without `exact` more certificates may be
 * there: another replica may already know the next authority, and taking it out again would be a quarrel.
 */
export const trustOps = (
  configuration: MutatingWebhookConfiguration,
  bundle: string,
  { exact }: { readonly exact: boolean },
): readonly JsonPatchOp[] => {
  if (!exact && trusts(configuration, bundle)) return []
  const value = Buffer.from(bundle).toString('base64')
  const ops = (configuration.webhooks ?? []).flatMap((one, i): readonly JsonPatchOp[] =>
    one.clientConfig.caBundle === value ? [] : [{ op: 'add', path: `/webhooks/${i}/clientConfig/caBundle`, value }],
  )
  if (ops.length === 0) return []
  return [{ op: 'test', path: '/metadata/resourceVersion', value: configuration.metadata.resourceVersion }, ...ops]
}

export type RegistrationOptions = {
  readonly client: KubeClient
  readonly bundle: () => string
  readonly target: WebhookService
  /** Make the configuration when there is none; otherwise wait until somebody applies it. */
  readonly create: boolean
  /** Somebody else (cert-manager) puts the authority in; it is only looked at. */
  readonly readOnly?: boolean
  readonly clock: Clock
  readonly log: Logger
}

export type Registration = {
  /** Whether the API server trusts our authority, as last seen. */
  readonly isTrusted: () => boolean
  /** Our authority changed: what is not in the bundle any more is taken out too. */
  readonly renew: () => void
  readonly stop: () => void
}

const CHECK_MS = 10_000
const RETRY_MS = 1_000

export const startRegistration = (options: RegistrationOptions): Registration => {
  const { clock, log } = options
  const stopping = new AbortController()
  let trusted = false
  let exact = false
  let wake = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const wantExact = exact
      exact = false
      try {
        trusted = await settleRegistration(options, wantExact)
      } catch (error) {
        exact ||= wantExact
        trusted = false
        log.warn('the webhook configuration could not be checked', { error })
      }
      wake = new AbortController()
      if (exact && trusted) continue
      await sleep(clock, trusted ? CHECK_MS : RETRY_MS, AbortSignal.any([wake.signal, stopping.signal]))
    }
  }
  void run()
  return {
    isTrusted: () => trusted,
    renew: () => {
      exact = true
      wake.abort()
    },
    stop: () => stopping.abort(),
  }
}

/** One look, and one write where it is needed; true when the API server trusts our authority afterwards. */
const settleRegistration = async (
  { client, bundle, target, create, readOnly = false, log }: RegistrationOptions,
  exact: boolean,
): Promise<boolean> => {
  const pem = bundle()
  const name = target.configuration
  const configuration = await readConfiguration(client, name)
  if (configuration === undefined) {
    if (!create) return false
    await makeConfiguration(client, { ...target, caBundle: pem })
    log.info('made the webhook configuration', { name })
    return true
  }
  if (readOnly) return pem === '' ? trustsSomebody(configuration) : trusts(configuration, pem)
  const patch = trustOps(configuration, pem, { exact })
  if (patch.length === 0) return trusts(configuration, pem)
  try {
    const after = await client.patch<MutatingWebhookConfiguration>(MUTATING_WEBHOOKS, { name }, 'json', patch)
    log.info('put the certificate authority into the webhook configuration', { name })
    return trusts(after, pem)
  } catch (error) {
    // Another replica was faster, or the list of webhooks changed: the next look tells.
    if (isConflict(error) || isNotFound(error) || (isApiError(error) && error.status === 422)) return false
    throw error
  }
}

const readConfiguration = (client: KubeClient, name: string): Promise<MutatingWebhookConfiguration | undefined> =>
  orAbsent(client.get<MutatingWebhookConfiguration>(MUTATING_WEBHOOKS, { name }))

const policyResource = (plural: string, kind: string): Resource => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
})

const POLICIES: { readonly [kind: string]: Resource } = {
  ValidatingAdmissionPolicy: policyResource('validatingadmissionpolicies', 'ValidatingAdmissionPolicy'),
  ValidatingAdmissionPolicyBinding: policyResource('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding'),
  MutatingWebhookConfiguration: MUTATING_WEBHOOKS,
}

/** Makes what is missing: the guard first, so that nothing is held without it, then the configuration. */
const makeConfiguration = async (client: KubeClient, target: WebhookService): Promise<void> => {
  for (const manifest of makeWebhookManifests(target)) {
    const resource = POLICIES[manifest.kind]
    if (resource === undefined) throw new TypeError(`${manifest.kind} has no resource`)
    await client.create(resource, manifest).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }
}
