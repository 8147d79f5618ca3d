/** Builds and checks a private authority and a serving certificate. Keys are Node's, certificates node-forge's; nothing is written anywhere. */
import { createPrivateKey, generateKeyPair, randomBytes, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** PEM texts. */
export type Pair = { readonly cert: string; readonly key: string }

const DAY_MS = 24 * 60 * 60 * 1000
export const AUTHORITY_DAYS = 3650
export const SERVING_DAYS = 365
/** Clocks differ: a certificate is valid from a little before it was made. */
const BACKDATED_MS = 5 * 60 * 1000

const makeKeys = promisify(generateKeyPair)

const newKey = async (): Promise<string> => {
  const { privateKey } = await makeKeys('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
}

/**
 * 16 random bytes as a positive number (RFC 5280 4.1.2.2). The first byte is never 0: a number that begins with two zero bytes would be
 * written with one of them, which is no valid DER.
 */
const newSerial = (): string => {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

type Draft = {
  /** PEM of the private key; of the public one where somebody else has the private key. */
  readonly key: string
  readonly isPublic?: boolean
  readonly name: string
  readonly days: number
  readonly now: number
  readonly extensions: readonly object[]
  readonly issuer?: Pair
}

const publicKeyOf = ({ key, isPublic = false }: Draft) => {
  if (isPublic) return forge.pki.publicKeyFromPem(key)
  const { n, e } = forge.pki.privateKeyFromPem(key)
  return forge.pki.setRsaPublicKey(n, e)
}

const build = (draft: Draft): string => {
  const { name, days, now, extensions, issuer } = draft
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = publicKeyOf(draft)
  certificate.serialNumber = newSerial()
  certificate.validity.notBefore = new Date(now - BACKDATED_MS)
  certificate.validity.notAfter = new Date(now + days * DAY_MS)
  certificate.setSubject([{ name: 'commonName', value: name }])
  certificate.setIssuer(
    issuer === undefined ? [{ name: 'commonName', value: name }] : forge.pki.certificateFromPem(issuer.cert).subject.attributes,
  )
  certificate.setExtensions([...extensions])
  certificate.sign(forge.pki.privateKeyFromPem(issuer?.key ?? draft.key), forge.md.sha256.create())
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n')
}

/** A new authority. Its name carries the time, so that two authorities of a rotation differ. */
export const makeAuthority = async (name: string, now: number): Promise<Pair> => {
  const key = await newKey()
  const extensions = [
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]
  return { key, cert: build({ key, name: `${name} ${new Date(now).toISOString()}`, days: AUTHORITY_DAYS, now, extensions }) }
}

/** What a certificate may be used for. */
export type Usage = 'server' | 'client'

const leaf = (dnsNames: readonly string[], usage: Usage): Pick<Draft, 'name' | 'days' | 'extensions'> => ({
  name: (dnsNames[0] ?? 'sluice').slice(0, 64),
  days: SERVING_DAYS,
  extensions: [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    usage === 'client' ? { name: 'extKeyUsage', clientAuth: true } : { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: dnsNames.map(name => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })) },
  ],
})

/** A certificate for `dnsNames` (addresses may be among them), signed by `authority`; for a server unless `usage` says otherwise. */
export const makeServing = async (
  authority: Pair,
  dnsNames: readonly string[],
  now: number,
  usage: Usage = 'server',
): Promise<Pair> => {
  const key = await newKey()
  return { key, cert: build({ ...leaf(dnsNames, usage), key, now, issuer: authority }) }
}

export type Request = {
  /** PEM of a signing request (PKCS#10), signed with `key`. */
  readonly request: string
  readonly key: string
  /** A certificate of the same key that it signed itself, to talk with until the request is answered. */
  readonly selfSigned: string
}

/** A new key, the request to have it certified for `name`, and what to do with until then. */
export const makeRequest = async (name: string, now: number): Promise<Request> => {
  const key = await newKey()
  const privateKey = forge.pki.privateKeyFromPem(key)
  const request = forge.pki.createCertificationRequest()
  request.publicKey = forge.pki.setRsaPublicKey(privateKey.n, privateKey.e)
  request.setSubject([{ name: 'commonName', value: name.slice(0, 64) }])
  request.sign(privateKey, forge.md.sha256.create())
  return {
    key,
    request: forge.pki.certificationRequestToPem(request).replaceAll('\r\n', '\n'),
    selfSigned: build({ ...leaf([name], 'server'), key, now }),
  }
}

/** The library throws at some wrong signatures, and says no to others. */
const isSignedByItself = (request: { readonly verify: () => boolean }): boolean => {
  try {
    return request.verify()
  } catch {
    return false
  }
}

/** Answers a signing request with a server certificate for `name`, whatever the request names. Throws when it is not signed with its own key. */
export const signRequest = (authority: Pair, request: string, name: string, now: number): string => {
  const read = forge.pki.certificationRequestFromPem(request)
  if (!read.publicKey || !isSignedByItself(read)) throw new Error('the signing request is not signed with its own key')
  const key = forge.pki.publicKeyToPem(read.publicKey)
  return build({ ...leaf([name], 'server'), key, isPublic: true, now, issuer: authority })
}

const certificateOf = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** The certificates of a bundle, one PEM each. */
export const splitBundle = (bundle: string): readonly string[] =>
  bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g) ?? []

export type Wanted = {
  readonly dnsNames: readonly string[]
  readonly now: number
  /** Share of the lifetime after which a new one is made, e.g. 0.7. */
  readonly renewAfter: number
}

const isAged = (certificate: X509Certificate, { now, renewAfter }: Wanted): boolean => {
  const from = certificate.validFromDate.getTime()
  const to = certificate.validToDate.getTime()
  return now >= from + (to - from) * renewAfter
}

const fits = (certificate: X509Certificate, key: string): boolean => {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

/** Why the authority cannot be used any longer; undefined when it can. */
export const checkAuthority = (authority: Pair, wanted: Wanted): string | undefined => {
  const certificate = certificateOf(authority.cert)
  if (certificate === undefined) return 'the authority cannot be read'
  if (!fits(certificate, authority.key)) return 'the authority and its key do not belong together'
  return isAged(certificate, wanted) ? 'the authority is near its end' : undefined
}

/** Why the serving pair cannot be used any longer; undefined when it can. */
export const checkServing = (serving: Pair, authorityCert: string, wanted: Wanted): string | undefined => {
  const certificate = certificateOf(serving.cert)
  const authority = certificateOf(authorityCert)
  if (certificate === undefined || authority === undefined) return 'the certificate cannot be read'
  if (!fits(certificate, serving.key)) return 'the certificate and its key do not belong together'
  if (!certificate.verify(authority.publicKey)) return 'the certificate is not signed by the authority'
  const missing = wanted.dnsNames.find(
    name => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) === undefined,
  )
  if (missing !== undefined) return `the certificate is not for ${missing}`
  return isAged(certificate, wanted) ? 'the certificate is near its end' : undefined
}

/** When the certificate was made; milliseconds since the epoch. */
export const madeAt = (pem: string): number => new X509Certificate(pem).validFromDate.getTime() + BACKDATED_MS
