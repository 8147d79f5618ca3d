/**
 * Keeps a private authority and a serving pair in a Secret that all replicas share, and rotates them long before their end. On
 * rotation the new authority joins the bundle first, and only after everybody who trusts the bundle had time to read it does the
 * serving pair change; the old authority leaves once nobody can be serving what it signed.
 */
import type { KubeObject } from '../api/kubernetes.ts'
import {
  checkAuthority,
  checkServing,
  madeAt,
  makeAuthority,
  makeServing,
  type Pair,
  splitBundle,
  type Usage,
} from './certificate-pair.ts'
import type { KubeClient, ObjectRef } from './client.ts'
import type { Clock, Timer } from './clock.ts'
import { isAlreadyExists, isConflict, messageOf, orAbsent } from './errors.ts'
import type { Logger } from './log.ts'
import { SECRETS } from './resources.ts'

export type Certificates = {
  /** PEM of every authority that may have signed a serving certificate in use. */
  readonly caBundle: string
  readonly cert: string
  readonly key: string
}

export type CertificateKeeper = {
  readonly current: () => Certificates
  /** Called after each change. The answer unsubscribes. */
  readonly onChange: (handler: (certificates: Certificates) => void) => () => void
  readonly stop: () => void
}

/** Also has the key of the newest authority, for whoever signs for others. */
export type AuthorityKeeper = CertificateKeeper & { readonly authority: () => Pair }

export type CertificateOptions = {
  readonly client: KubeClient
  readonly secret: { readonly namespace: string; readonly name: string }
  /** Names that the serving certificate is for; the first is also its common name. */
  readonly dnsNames: readonly string[]
  /** What the pair is for; a server's when absent. */
  readonly usage?: Usage
  readonly clock: Clock
  readonly log: Logger
  /** How long a new authority is in the bundle before the first certificate that it signed is served. */
  readonly trustMs?: number
  /** How long an old authority stays in the bundle after the pair that it signed was replaced: the other replicas serve that until they look. */
  readonly retireMs?: number
  /** How often the Secret is looked at, at least: another replica may have rotated. */
  readonly pollMs?: number
  /** Share of the lifetime after which a certificate is replaced. */
  readonly renewAfter?: number
}

type Secret = KubeObject & { readonly type?: string; readonly data?: { readonly [key: string]: string } }

/** The whole content of the Secret. `nextKey` and the first of the bundle belong together. */
type Content = { readonly bundle: string; readonly authorityKey: string; readonly serving: Pair; readonly trustedAt: number }

const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8')
const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

const contentOf = ({ data = {} }: Secret): Content => ({
  bundle: decode(data['ca.crt']),
  authorityKey: decode(data['ca.key']),
  serving: { cert: decode(data['tls.crt']), key: decode(data['tls.key']) },
  trustedAt: Number(decode(data['trusted-at'])) || 0,
})

const dataOf = ({ bundle, authorityKey, serving, trustedAt }: Content): Secret['data'] & object => ({
  'ca.crt': encode(bundle),
  'ca.key': encode(authorityKey),
  'tls.crt': encode(serving.cert),
  'tls.key': encode(serving.key),
  'trusted-at': encode(String(trustedAt)),
})

const authorityOf = ({ bundle, authorityKey }: Content): Pair => ({ cert: splitBundle(bundle)[0] ?? '', key: authorityKey })

type Rules = {
  readonly dnsNames: readonly string[]
  readonly usage?: Usage | undefined
  readonly name: string
  readonly trustMs: number
  readonly retireMs: number
  readonly renewAfter: number
}

/** What the Secret should hold at `now`; the same content when nothing is to be done. The newest authority stands first in the bundle. */
export const nextContent = async (
  before: Content | undefined,
  { dnsNames, usage, name, trustMs, retireMs, renewAfter }: Rules,
  now: number,
): Promise<Content> => {
  const wanted = { dnsNames, now, renewAfter }
  if (before === undefined || checkAuthority(authorityOf(before), wanted) === 'the authority cannot be read') {
    // The first pair of all: nobody trusts anything else yet, so nobody has to be waited for.
    const authority = await makeAuthority(name, now)
    return {
      bundle: authority.cert,
      authorityKey: authority.key,
      serving: await makeServing(authority, dnsNames, now, usage),
      trustedAt: now,
    }
  }
  if (checkAuthority(authorityOf(before), wanted) !== undefined) {
    const authority = await makeAuthority(name, now)
    const [previous = ''] = splitBundle(before.bundle)
    return { ...before, bundle: authority.cert + previous, authorityKey: authority.key, trustedAt: now + trustMs }
  }
  const [newest = '', previous] = splitBundle(before.bundle)
  if (checkServing(before.serving, newest, wanted) === undefined) {
    const isRetired = previous !== undefined && now >= madeAt(before.serving.cert) + retireMs
    return isRetired ? { ...before, bundle: newest } : before
  }
  // Those who do not trust the newest authority yet are better served by a pair that is old, or lacks a name, than by one they refuse.
  const isServed =
    previous !== undefined && checkServing(before.serving, previous, { dnsNames: [], now, renewAfter: 1 }) === undefined
  if (isServed && now < before.trustedAt) return before
  return { ...before, serving: await makeServing(authorityOf(before), dnsNames, now, usage) }
}

const DEFAULTS = { trustMs: 5 * 60_000, retireMs: 24 * 60 * 60_000, pollMs: 60_000, renewAfter: 0.7 }

/** Reads the Secret, makes or renews what is in it, writes it with its resourceVersion; the quicker of two replicas wins. */
const reconcileSecret = async ({ client, secret, clock }: CertificateOptions, rules: Rules): Promise<Content> => {
  const ref: ObjectRef = secret
  const found = await orAbsent(client.get<Secret>(SECRETS, ref))
  const before = found === undefined ? undefined : contentOf(found)
  const after = await nextContent(before, rules, clock.now())
  if (after === before) return after
  const body: Secret = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: secret, data: dataOf(after) }
  if (found === undefined) return contentOf(await client.create<Secret>(SECRETS, body))
  const { resourceVersion } = found.metadata
  return contentOf(await client.patch<Secret>(SECRETS, ref, 'merge', { metadata: { resourceVersion }, data: dataOf(after) }))
}

const certificatesOf = ({ bundle, serving }: Content): Certificates => ({
  caBundle: bundle,
  cert: serving.cert,
  key: serving.key,
})

/** Resolves with the pair that all replicas share, made if there was none. Rejects when the API server refuses. */
export const ensureCertificates = async (options: CertificateOptions): Promise<AuthorityKeeper> => {
  const { clock, log, dnsNames, usage, secret, trustMs, retireMs, pollMs, renewAfter } = { ...DEFAULTS, ...options }
  const rules: Rules = { dnsNames, usage, name: secret.name, trustMs, retireMs, renewAfter }
  const handlers = new Set<(certificates: Certificates) => void>()
  let timer: Timer | undefined
  let stopped = false

  const read = async (): Promise<Content> => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await reconcileSecret(options, rules)
      } catch (error) {
        if (tries >= 10 || !(isConflict(error) || isAlreadyExists(error))) throw error
      }
    }
  }

  let content = await read()
  const announce = (): void => {
    for (const handler of handlers)
      try {
        handler(certificatesOf(content))
      } catch (error) {
        log.error('a handler of new certificates threw', { error })
      }
  }
  const look = async (): Promise<void> => {
    const next = await read()
    const isNew = JSON.stringify(certificatesOf(next)) !== JSON.stringify(certificatesOf(content))
    content = next
    if (!isNew || stopped) return
    log.info('certificates changed', { secret: secret.name, authorities: splitBundle(next.bundle).length })
    announce()
  }
  const loop = (afterMs: number) => {
    if (stopped) return
    timer = clock.setTimeout(() => {
      look()
        .catch((error: unknown) =>
          log.warn('the certificates could not be looked at; trying again', { secret: secret.name, error: messageOf(error) }),
        )
        .then(
          () => loop(pollMs),
          () => undefined,
        )
    }, afterMs)
  }
  loop(pollMs)
  return {
    current: () => certificatesOf(content),
    authority: () => authorityOf(content),
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
