/** The authority of sidecars: kept in a Secret by the leader, its certificate published for the webhook, and at most one signature for each start of a sidecar. */
import type { KubeObject } from '../../api/kubernetes.ts'
import { CONTROLLER_NAME, SIDECAR_CA, SIDECAR_SECRET, sidecarName } from '../../api/names.ts'
import { signRequest } from '../../kube/certificate-pair.ts'
import { type AuthorityKeeper, type Certificates, ensureCertificates } from '../../kube/certificates.ts'
import type { KubeClient } from '../../kube/client.ts'
import { type Clock, sleep } from '../../kube/clock.ts'
import { isNotFound, messageOf } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import { CONFIG_MAPS } from '../../kube/resources.ts'

export type SidecarAuthority = {
  /** Undefined until the Secret is there and its certificate is published. */
  readonly current: () => Certificates | undefined
  /** Answers a signing request of a pod; `start` tells one start of its sidecar from another. Undefined when that one was answered already. */
  readonly sign: (request: string, pod: { readonly uid: string; readonly start: string }) => string | undefined
  readonly stop: () => void
}

export type SidecarAuthorityOptions = {
  readonly client: KubeClient
  readonly namespace: string
  readonly clock: Clock
  readonly log: Logger
}

const AGAIN_MS = 2_000
/** A certificate lives a year; a pod that lives as long asks again. */
const SIGN_AGAIN_MS = 180 * 24 * 60 * 60 * 1000

const publish = async ({ client, namespace }: SidecarAuthorityOptions, caBundle: string): Promise<void> => {
  const data = { 'ca.crt': caBundle }
  try {
    await client.patch(CONFIG_MAPS, { namespace, name: SIDECAR_CA }, 'merge', { data })
  } catch (error) {
    if (!isNotFound(error)) throw error
    const made: KubeObject & { readonly data: object } = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: SIDECAR_CA, labels: { 'app.kubernetes.io/name': 'sluice' } },
      data,
    }
    await client.create(CONFIG_MAPS, made)
  }
}

export const startSidecarAuthority = (options: SidecarAuthorityOptions): SidecarAuthority => {
  const { client, namespace, clock, log } = options
  const ended = new AbortController()
  const signed = new Map<string, number>()
  let keeper: AuthorityKeeper | undefined
  let published: string | undefined

  const settle = async (): Promise<void> => {
    keeper ??= await ensureCertificates({
      client,
      secret: { namespace, name: SIDECAR_SECRET },
      dnsNames: [CONTROLLER_NAME],
      usage: 'client',
      clock,
      log,
    })
    const { caBundle } = keeper.current()
    if (published === caBundle) return
    await publish(options, caBundle)
    published = caBundle
  }
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      // Updates that need no sidecar do not wait for this.
      await settle().catch((error: unknown) =>
        log.warn('the authority of sidecars is not settled; trying again', { error: messageOf(error) }),
      )
      await sleep(clock, AGAIN_MS, ended.signal)
    }
    keeper?.stop()
  }
  void run()
  return {
    current: () => (published === undefined ? undefined : keeper?.current()),
    sign: (request, { uid, start }) => {
      const now = clock.now()
      const key = `${uid}/${start}`
      if (keeper === undefined || now - (signed.get(key) ?? Number.NEGATIVE_INFINITY) < SIGN_AGAIN_MS) return undefined
      const certificate = signRequest(keeper.authority(), request, sidecarName(uid), now)
      signed.set(key, now)
      return certificate
    },
    stop: () => ended.abort(),
  }
}
