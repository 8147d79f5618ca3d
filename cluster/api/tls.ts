/** A certificate authority and a serving certificate for loopback, made in memory. */
import { generateKeyPair, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** PEM texts. */
export type Certificate = { readonly ca: string; readonly cert: string; readonly key: string }

const DAY_MS = 24 * 3600_000

const makeKey = async () => {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return {
    publicKey: forge.pki.publicKeyFromPem(pair.publicKey),
    privateKey: forge.pki.privateKeyFromPem(pair.privateKey),
    pem: pair.privateKey,
  }
}

/** Sixteen random bytes as a positive number whose first byte is not 0, since DER allows no zeros in front. */
const serial = () => {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}

const subject = (name: string) => [{ name: 'commonName', value: name }]

const blank = (name: string, issuer: string, now: Date): forge.pki.Certificate => {
  const certificate = forge.pki.createCertificate()
  certificate.serialNumber = serial()
  certificate.validity.notBefore = new Date(now.getTime() - 5 * 60_000)
  certificate.validity.notAfter = new Date(now.getTime() + 3650 * DAY_MS)
  certificate.setSubject(subject(name))
  certificate.setIssuer(subject(issuer))
  return certificate
}

const altName = (name: string) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })

/** A fresh authority and a certificate of it for `localhost`, `127.0.0.1`, `::1` and these names or addresses. */
export const makeLoopbackCertificate = async (names: readonly string[], now: Date = new Date()): Promise<Certificate> => {
  const [authorityKey, key] = await Promise.all([makeKey(), makeKey()])
  const authority = blank('sluice-in-process-ca', 'sluice-in-process-ca', now)
  authority.publicKey = authorityKey.publicKey
  authority.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ])
  authority.sign(authorityKey.privateKey, forge.md.sha256.create())
  const serving = blank('kube-apiserver', 'sluice-in-process-ca', now)
  serving.publicKey = key.publicKey
  const all = [...new Set(['localhost', '127.0.0.1', '::1', 'kubernetes.default.svc', ...names])]
  serving.setExtensions([
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: all.map(altName) },
  ])
  serving.sign(authorityKey.privateKey, forge.md.sha256.create())
  return { ca: forge.pki.certificateToPem(authority), cert: forge.pki.certificateToPem(serving), key: key.pem }
}
