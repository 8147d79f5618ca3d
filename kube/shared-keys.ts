/**
 * Keys that several processes share through a Secret: read from it, replaced in it by whoever keeps it, and derived from. A new key is
 * known to all before the first signs with it, and an old one is still accepted for as long as what it signed may be in use.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient, ObjectRef } from './client.ts'
import { orAbsent } from './errors.ts'
import { SECRETS } from './resources.ts'

const KEY_BYTES = 32

/** Keys in base64, as they stand in the Secret; times in ms. */
export type SharedKeys = {
  /** Signs. */
  readonly current: string
  /** When `current` became that. */
  readonly since: number
  /** Signed before; accepted for a while. */
  readonly previous?: string
  /** Will sign next; accepted already. */
  readonly next?: string
  readonly nextSince?: number
}

export type KeyRules = {
  /** Age at which a key is replaced. */
  readonly replaceMs: number
  /** How long everybody has to read a new key before the first signs with it. */
  readonly spreadMs: number
  /** How long what a replaced key signed is accepted. */
  readonly acceptMs: number
}

export const makeKey = (): string => randomBytes(KEY_BYTES).toString('base64')

/** What the Secret should hold at `now`; the same object when nothing is to be done. */
export const nextKeys = (
  before: SharedKeys | undefined,
  rules: KeyRules,
  now: number,
  make: () => string = makeKey,
): SharedKeys => {
  if (before === undefined) return { current: make(), since: now }
  const { current, since, previous, next, nextSince = now } = before
  if (next !== undefined) return now >= nextSince + rules.spreadMs ? { current: next, since: now, previous: current } : before
  if (now >= since + rules.replaceMs) return { ...before, next: make(), nextSince: now }
  return previous !== undefined && now >= since + rules.acceptMs ? { current, since } : before
}

/** All that are accepted; the first signs. */
export const acceptedKeys = ({ current, previous, next }: SharedKeys): readonly string[] =>
  [current, previous, next].filter(key => key !== undefined)

type Secret = KubeObject & { readonly type?: string; readonly data?: { readonly [key: string]: string | null } }

const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const decode = (text: string | null | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8')
const keyIn = (text: string | null | undefined): string | undefined => {
  const key = decode(text)
  return Buffer.from(key, 'base64').length === KEY_BYTES ? key : undefined
}

/** Undefined when there is no key in it that can be used. */
export const keysOf = ({ data = {} }: Pick<Secret, 'data'>): SharedKeys | undefined => {
  const [current, previous, next] = [keyIn(data['current']), keyIn(data['previous']), keyIn(data['next'])]
  if (current === undefined) return undefined
  return {
    current,
    since: Number(decode(data['since'])) || 0,
    ...(previous !== undefined && { previous }),
    ...(next !== undefined && { next, nextSince: Number(decode(data['next-since'])) || 0 }),
  }
}

/** Null takes a key out, in a merge patch. */
const dataOf = ({ current, since, previous, next, nextSince }: SharedKeys): { readonly [key: string]: string | null } => ({
  current: encode(current),
  since: encode(String(since)),
  previous: previous === undefined ? null : encode(previous),
  next: next === undefined ? null : encode(next),
  'next-since': nextSince === undefined ? null : encode(String(nextSince)),
})

/** The keys in the Secret; undefined when it is not there, or holds none. Rejects when the API server refuses. */
export const readSharedKeys = async (client: KubeClient, secret: ObjectRef): Promise<SharedKeys | undefined> => {
  const found = await orAbsent(client.get<Secret>(SECRETS, secret))
  return found && keysOf(found)
}

/** Makes or replaces what is due and gives back what is there then. Rejects with a conflict when another was quicker. */
export const keepSharedKeys = async (
  { client, secret, rules }: { readonly client: KubeClient; readonly secret: ObjectRef; readonly rules: KeyRules },
  now: number,
): Promise<SharedKeys> => {
  const found = await orAbsent(client.get<Secret>(SECRETS, secret))
  const before = found && keysOf(found)
  const after = nextKeys(before, rules, now)
  if (after === before) return after
  if (found === undefined) {
    const data = Object.fromEntries(Object.entries(dataOf(after)).filter(([, value]) => value !== null))
    await client.create<Secret>(SECRETS, { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: secret, data })
  } else {
    const { resourceVersion } = found.metadata
    await client.patch<Secret>(SECRETS, secret, 'merge', { metadata: { resourceVersion }, data: dataOf(after) })
  }
  return after
}

/** A key for one purpose alone: whoever has it learns nothing of the others. `key` and the result in base64. */
export const deriveKey = (key: string, purpose: string): string =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(purpose).digest('base64')
