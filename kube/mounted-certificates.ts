/**
 * A serving pair that somebody else keeps (cert-manager), mounted as files: `tls.crt`, `tls.key` and, where the issuer has one,
 * `ca.crt`. Read again every few seconds, since a mounted Secret changes under a running pod.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CertificateKeeper, Certificates } from './certificates.ts'
import type { Clock, Timer } from './clock.ts'
import { messageOf } from './errors.ts'
import type { Logger } from './log.ts'

export type MountedOptions = { readonly directory: string; readonly clock: Clock; readonly log: Logger }

/** The kubelet brings a changed Secret within a minute or so; looking more often than this would find nothing sooner. */
const LOOK_MS = 10_000

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Throws when a file is missing, no PEM, or the key is another certificate's. */
const readPair = async (directory: string): Promise<Certificates> => {
  const read = (name: string) => readFile(join(directory, name), 'utf8')
  const [cert, key, caBundle] = await Promise.all([
    read('tls.crt'),
    read('tls.key'),
    read('ca.crt').catch((error: unknown) => {
      if (isMissing(error)) return ''
      throw error
    }),
  ])
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${directory}: tls.key is not the key of tls.crt`)
  return { caBundle, cert, key }
}

/** Rejects when there is no usable pair at the start; later the last good one is served on. */
export const watchMountedCertificates = async ({ directory, clock, log }: MountedOptions): Promise<CertificateKeeper> => {
  const handlers = new Set<(certificates: Certificates) => void>()
  let current = await readPair(directory)
  let timer: Timer | undefined
  let stopped = false
  const look = async (): Promise<void> => {
    const next = await readPair(directory)
    if (stopped || JSON.stringify(next) === JSON.stringify(current)) return
    current = next
    log.info('certificates changed', { directory })
    for (const handler of handlers) handler(next)
  }
  const loop = (): void => {
    timer = clock.setTimeout(() => {
      look()
        .catch((error: unknown) =>
          log.warn('the mounted certificate cannot be read; serving the last good one', { directory, error: messageOf(error) }),
        )
        .then(
          () => (stopped ? undefined : loop()),
          () => undefined,
        )
    }, LOOK_MS)
  }
  loop()
  return {
    current: () => current,
    onChange: handler => {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    stop: () => {
      stopped = true
      timer?.cancel()
    },
  }
}
