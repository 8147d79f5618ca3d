/** Bearer tokens and the users they stand for. */
import { ADMIN, serviceAccountUser, type UserInfo } from './call.ts'

export class Tokens {
  readonly #make: () => string
  readonly #users = new Map<string, UserInfo>()
  readonly #accounts = new Map<string, string>()
  readonly admin: string

  constructor(make: () => string) {
    this.#make = make
    this.admin = make()
    this.#users.set(this.admin, ADMIN)
  }

  /** The token of a ServiceAccount; always the same one. */
  readonly ofServiceAccount = (namespace: string, name: string): string => {
    const account = `${namespace}/${name}`
    const known = this.#accounts.get(account)
    if (known) return known
    const token = this.#make()
    this.#accounts.set(account, token)
    this.#users.set(token, serviceAccountUser(namespace, name))
    return token
  }

  /** The user of an Authorization header; undefined for a token that nobody has. */
  userOf(authorization: string | undefined): UserInfo | undefined {
    const [scheme = '', token = ''] = (authorization ?? '').split(' ')
    return scheme.toLowerCase() === 'bearer' ? this.#users.get(token) : undefined
  }
}
