/** The webhook as a whole: started in the order in which its parts need each other, stopped in the order that drops no request. */
import type { Deployment } from '../api/kubernetes.ts'
import { WEBHOOK_SECRET } from '../api/names.ts'
import { VERSION } from '../api/version.ts'
import { observeClient } from '../kube/api-metrics.ts'
import { ensureCertificates } from '../kube/certificates.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import { decodeYaml } from '../kube/decode-yaml.ts'
import { startHealthServer } from '../kube/health-server.ts'
import { startInformer } from '../kube/informer.ts'
import type { Logger } from '../kube/log.ts'
import { observeInformers } from '../kube/metrics.ts'
import { watchMountedCertificates } from '../kube/mounted-certificates.ts'
import { observeCertificate, observeProcess } from '../kube/process-metrics.ts'
import { DEPLOYMENTS } from '../kube/resources.ts'
import { startServer } from '../kube/tls-server.ts'
import { makeApp } from './app.ts'
import type { WebhookService } from './manifests.ts'
import { makeMetrics, observeRegistration } from './metrics.ts'
import { startRegistration } from './registration.ts'
import { review } from './review.ts'
import { startSidecarAuthority } from './sidecar-authority.ts'
import type { SidecarOptions } from './sidecar-options.ts'
import { countedNamespace, makeView, slimDeployment } from './viewed-deployments.ts'

export type WebhookOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Logger
  readonly host: string
  readonly port: number
  readonly healthPort: number
  /** The Service that clients know us by; the certificate is for its names. */
  readonly target: WebhookService
  readonly createConfiguration: boolean
  /** What sidecars are made of, but for the authority, which is read from the cluster. */
  readonly sidecar?: Omit<SidecarOptions, 'ca'>
  /** A folder with tls.crt, tls.key and ca.crt that somebody else keeps, as he keeps the configuration's caBundle; absent: our own. */
  readonly certificateDirectory?: string
}

export type RunningWebhook = {
  readonly port: number
  readonly healthPort: number
  /**
   * Not ready from now on; serves on for so long, closing connections with their answers, until clients know; then finishes what
   * runs. Every wait has an end.
   */
  readonly stop: (quietMs: number) => Promise<void>
}

const LAST_REQUESTS_MS = 5_000

const namesOf = ({ service, namespace }: WebhookService): readonly string[] => [
  `${service}.${namespace}.svc`,
  service,
  `${service}.${namespace}`,
  `${service}.${namespace}.svc.cluster.local`,
]

export const runWebhook = async (options: WebhookOptions): Promise<RunningWebhook> => {
  const { clock, log, host, target } = options
  const metrics = makeMetrics()
  const client = observeClient(metrics.registry, options.client)
  const authority = startSidecarAuthority({ client, namespace: target.namespace, clock, log })
  const { certificateDirectory: directory } = options
  const secret = { namespace: target.namespace, name: WEBHOOK_SECRET }
  const keeper =
    directory === undefined
      ? await ensureCertificates({ client, secret, dnsNames: namesOf(target), clock, log })
      : await watchMountedCertificates({ directory, clock, log })
  const deployments = startInformer<Deployment>({
    client,
    resource: DEPLOYMENTS,
    transform: slimDeployment,
    indexes: { countedNamespace },
    log,
    clock,
  })
  const registration = startRegistration({
    client,
    bundle: () => keeper.current().caBundle,
    target,
    create: options.createConfiguration,
    readOnly: directory !== undefined,
    clock,
    log,
  })
  keeper.onChange(() => registration.renew())
  observeProcess(metrics.registry, { component: 'webhook', version: VERSION })
  observeCertificate(metrics.registry, () => keeper.current().cert)
  observeInformers(metrics.registry, [deployments])
  observeRegistration(metrics.registry, registration.isTrusted)
  const app = makeApp({
    judge: request =>
      review(request, makeView(deployments.by('countedNamespace', request.namespace ?? '')), {
        decodeYaml,
        controllerUser: target.controllerUser,
        ...(options.sidecar && { sidecar: { ...options.sidecar, ca: authority.ca() } }),
      }),
    metrics,
    log,
    now: clock.now,
  })
  const server = await startServer({ app, pair: keeper, host, port: options.port })
  let stopping = false
  /** The certificate is loaded before any of this runs. */
  const missing = (): string | undefined => {
    if (stopping) return 'going down'
    if (!deployments.hasSynced()) return 'waits for the first list of Deployments'
    if (!registration.isTrusted())
      return `waits until MutatingWebhookConfiguration ${target.configuration} is there and trusts our authority`
    return undefined
  }
  const health = await startHealthServer({ host, port: options.healthPort, ready: missing, registry: metrics.registry })
  log.info('the webhook listens', { port: server.port, healthPort: health.port })
  return {
    port: server.port,
    healthPort: health.port,
    stop: async quietMs => {
      stopping = true
      // Whoever takes the configuration away now means it.
      registration.stop()
      server.releaseClients()
      log.info('going down', { quietMs })
      await sleep(clock, quietMs)
      await server.close(LAST_REQUESTS_MS)
      keeper.stop()
      await Promise.all([deployments.stop(), authority.stop()])
      await health.close()
    },
  }
}
