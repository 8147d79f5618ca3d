/** The webhook: registered, trusted by the API server with a certificate that holds, and answering. */
import { X509Certificate } from 'node:crypto'
import { messageOf } from '../../kube/errors.ts'
import { missing, ok, type Row, warn } from './row.ts'
import type { ClusterSeen, WebhookConfiguration } from './seen.ts'

/** What holds updates, and what keeps a fronted Service in proxy mode. */
export const WEBHOOKS: readonly string[] = ['deployments.sluice.dev', 'services.sluice.dev']

const WEEK_MS = 7 * 24 * 60 * 60 * 1000
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

const certificatesOf = (pem: string): readonly X509Certificate[] => (pem.match(PEM) ?? []).map(one => new X509Certificate(one))

const registrationRow = ({ webhook, systemNamespace }: ClusterSeen): Row => {
  const check = 'webhook registered'
  if ('refused' in webhook) return warn(check, `its configuration could not be read (${webhook.refused}); ask somebody who may`)
  if (webhook.is === undefined)
    return missing(
      check,
      `no MutatingWebhookConfiguration of Sluice: updates are not held; install the chart, or read the webhook's logs in ${systemNamespace}`,
    )
  const names = (webhook.is.webhooks ?? []).map(({ name }) => name)
  const absent = WEBHOOKS.filter(name => !names.includes(name))
  return absent.length === 0
    ? ok(check, `MutatingWebhookConfiguration ${webhook.is.metadata.name}`)
    : missing(check, `${absent.join(' and ')} not in MutatingWebhookConfiguration ${webhook.is.metadata.name}; install it anew`)
}

const bundlesOf = ({ webhooks = [] }: WebhookConfiguration): readonly string[] => [
  ...new Set(webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? '', 'base64').toString('utf8'))),
]

/** Why the API server would not trust this serving certificate; undefined when it does. */
const distrust = (serving: X509Certificate, bundles: readonly string[], now: number): string | undefined => {
  if (now < serving.validFromDate.getTime()) return `it is valid only from ${serving.validFromDate.toISOString()} on`
  if (now >= serving.validToDate.getTime()) return `it ran out at ${serving.validToDate.toISOString()}`
  const isSigned = (bundle: string) =>
    certificatesOf(bundle).some(ca => now < ca.validToDate.getTime() && serving.checkIssued(ca) && serving.verify(ca.publicKey))
  return bundles.every(isSigned) ? undefined : 'no authority in caBundle signed it'
}

const certificateRow = ({ webhook, servingCertificate, now, systemNamespace }: ClusterSeen): Row => {
  const check = 'webhook certificate'
  if ('refused' in webhook || webhook.is === undefined) return warn(check, 'not looked at: there is no configuration to look at')
  const bundles = bundlesOf(webhook.is)
  const restart = `restart the webhook: kubectl -n ${systemNamespace} rollout restart deployment -l app.kubernetes.io/component=webhook`
  if (bundles.length === 0 || bundles.some(bundle => !bundle.includes('BEGIN CERTIFICATE')))
    return missing(check, `caBundle is empty, so that the API server trusts no webhook pod; the webhook fills it in: ${restart}`)
  if ('refused' in servingCertificate)
    return warn(check, `caBundle is filled in; the certificate itself could not be read (${servingCertificate.refused})`)
  if (servingCertificate.is === undefined)
    return warn(check, 'caBundle is filled in; the Secret with the certificate is not there')
  try {
    const [serving] = certificatesOf(servingCertificate.is)
    if (serving === undefined) return missing(check, `its Secret holds no certificate; delete the Secret and ${restart}`)
    const problem = distrust(serving, bundles, now)
    if (problem !== undefined) return missing(check, `the API server does not trust it: ${problem}; ${restart}`)
    const ends = serving.validToDate
    const until = `valid until ${ends.toISOString().slice(0, 10)}, signed by an authority in caBundle`
    return ends.getTime() - now < WEEK_MS
      ? warn(check, `${until}; it should have been renewed long ago: ${restart}`)
      : ok(check, until)
  } catch (error) {
    return missing(check, `it cannot be read: ${messageOf(error)}; delete the Secret and ${restart}`)
  }
}

const reachableRow = ({ trial, systemNamespace }: ClusterSeen): Row => {
  const check = 'webhook answers'
  if ('refused' in trial)
    return warn(check, `could not be tried: a dry run of a Deployment is not allowed to you (${trial.refused})`)
  const { outcome, message } = trial.is
  if (outcome === 'refused-by-webhook') return ok(check, 'it refused a wrong annotation in a dry run')
  if (outcome === 'let-through')
    return missing(
      check,
      'the API server took a Deployment with a wrong annotation without asking it (a dry run); see webhook registered',
    )
  return missing(
    check,
    `${message}; see webhook pods, and whether a NetworkPolicy of ${systemNamespace} keeps the API server out`,
  )
}

const guardRow = ({ guard }: ClusterSeen): Row => {
  const check = 'guard'
  if ('refused' in guard) return warn(check, `its ValidatingAdmissionPolicy could not be read (${guard.refused})`)
  const { policy, binding } = guard.is
  if (policy && binding) return ok(check, 'held Deployments are guarded while the webhook is down')
  return missing(
    check,
    `${policy ? 'its binding' : 'the ValidatingAdmissionPolicy'} is not there: held Deployments are not guarded; install it anew`,
  )
}

export const webhookRows = (seen: ClusterSeen): readonly Row[] => [
  registrationRow(seen),
  certificateRow(seen),
  reachableRow(seen),
  guardRow(seen),
]
