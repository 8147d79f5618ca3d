/** Credentials of providers in Secrets. Their values never stand in a message. */

export type SecretData = { readonly [key: string]: string }

export type SecretSource = {
  /** A Secret of the controller's own namespace; rejects with an Error that says what is missing. */
  readonly own: (name: string) => Promise<SecretData>
  /** A Secret of the namespace of the analysis. */
  readonly ofNamespace: (namespace: string, name: string) => Promise<SecretData>
}
