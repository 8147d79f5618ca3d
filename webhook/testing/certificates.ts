/** Certificates for tests: an authority, and serving pairs that it signs, valid for localhost and 127.0.0.1. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import forge from 'node-forge'
import type { PairSource, ServingPair } from '../../kube/tls-server.ts'

export type Authority = { readonly caBundle: string; readonly issue: () => ServingPair }

const makeKeys = (): {
  readonly pem: string
  readonly privateKey: forge.pki.rsa.PrivateKey
  readonly publicKey: forge.pki.rsa.PublicKey
} => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return {
    pem: privateKey,
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    publicKey: forge.pki.publicKeyFromPem(publicKey),
  }
}

const start = (publicKey: forge.pki.rsa.PublicKey, name: string): forge.pki.Certificate => {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = publicKey
  certificate.serialNumber = `40${randomBytes(15).toString('hex')}`
  certificate.validity.notBefore = new Date(Date.now() - 300_000)
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
  certificate.setSubject([{ name: 'commonName', value: name }])
  return certificate
}

export const makeAuthority = (): Authority => {
  const ca = makeKeys()
  const root = start(ca.publicKey, 'test authority')
  root.setIssuer(root.subject.attributes)
  root.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true },
  ])
  root.sign(ca.privateKey, forge.md.sha256.create())
  return {
    caBundle: forge.pki.certificateToPem(root),
    issue: () => {
      const own = makeKeys()
      const certificate = start(own.publicKey, 'localhost')
      certificate.setIssuer(root.subject.attributes)
      certificate.setExtensions([
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
        { name: 'extKeyUsage', serverAuth: true },
      ])
      certificate.sign(ca.privateKey, forge.md.sha256.create())
      return { cert: forge.pki.certificateToPem(certificate), key: own.pem }
    },
  }
}

/** A source whose pair the test replaces. */
export const makePairSource = (first: ServingPair): PairSource & { readonly replace: (pair: ServingPair) => void } => {
  let pair = first
  const callbacks: (() => void)[] = []
  return {
    current: () => pair,
    onChange: callback => callbacks.push(callback),
    replace: next => {
      pair = next
      for (const callback of callbacks) callback()
    },
  }
}
