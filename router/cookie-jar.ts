/**
 * The cookie that keeps a user on a version: a point (see sticky.ts) and a signature, so that nobody chooses a version by writing a
 * point of their own. What is not signed by a key of the Service counts as no cookie.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { stickyPurpose } from '../api/sticky-cookie.ts'
import { deriveKey } from '../kube/shared-keys.ts'
import { findCookie } from './cookies.ts'
import { hash } from './sticky.ts'

/** How long a user keeps a point. */
export const MAX_AGE_SECONDS = 86_400
/** Of the signature, in base64url: 132 bits. */
const SIGNATURE_LENGTH = 22
const VALUE = /^(0|[1-9]\d{0,3})\.([\w-]{22})$/

export type CookieJar = {
  readonly name: string
  /** The point in a Cookie header, when the signature is good. */
  readonly read: (header: string) => number | undefined
  /** The value of Set-Cookie. `secure`: the user came by HTTPS. */
  readonly write: (point: number, secure: boolean) => string
}

export type CookieJars = {
  /** The jar of a Route (`NAMESPACE/NAME`); undefined as long as there is no key. */
  readonly of: (route: string) => CookieJar | undefined
}

/** Services behind one host do not overwrite each other's cookies. */
export const cookieName = (route: string): string => `sluice-point-${hash(route).toString(36)}`

/** `keys`: those of the Route, in base64; the first signs, all are accepted. */
export const makeCookieJar = (route: string, keys: readonly string[]): CookieJar | undefined => {
  const [signer, ...others] = keys.map(makeSigner)
  if (!signer) return undefined
  const name = cookieName(route)
  const isGood = (value: string): boolean => {
    const [, point, signature] = VALUE.exec(value) ?? []
    if (point === undefined || signature === undefined) return false
    return isSame(signer(point), signature) || others.some(other => isSame(other(point), signature))
  }
  return {
    name,
    read: header => {
      const value = findCookie(header, name, isGood)
      return value === undefined ? undefined : Number.parseInt(value, 10)
    },
    write: (point, secure) =>
      `${name}=${point}.${signer(String(point))}; Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
  }
}

/** There are 10,000 points, and each is signed once. */
const makeSigner = (key: string): ((point: string) => string) => {
  const known = new Map<string, string>()
  const bytes = Buffer.from(key, 'base64')
  return point => {
    const signature = known.get(point) ?? createHmac('sha256', bytes).update(point).digest('base64url').slice(0, SIGNATURE_LENGTH)
    known.set(point, signature)
    return signature
  }
}

const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))

/** Jars made of the key that all of Sluice shares; use() puts other keys in force. */
export class SharedJars implements CookieJars {
  #keys: readonly string[] = []
  readonly #jars = new Map<string, CookieJar>()

  constructor(keys: readonly string[] = []) {
    this.#keys = keys
  }

  use(keys: readonly string[]): void {
    if (keys.join() === this.#keys.join()) return
    this.#keys = keys
    this.#jars.clear()
  }

  of(route: string): CookieJar | undefined {
    const known = this.#jars.get(route)
    if (known || this.#keys.length === 0) return known
    const jar = makeCookieJar(
      route,
      this.#keys.map(key => deriveKey(key, stickyPurpose(route))),
    )
    if (jar) this.#jars.set(route, jar)
    return jar
  }
}
