/** Keeps texts in memory in a form that a memory dump without the key does not give away. AES-256-GCM, a new nonce for each. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export type Sealed = { readonly nonce: Buffer; readonly tag: Buffer; readonly bytes: Buffer }

export type Sealer = { readonly seal: (text: string) => Sealed; readonly open: (sealed: Sealed) => string }

/** The key is made here and lives as long as the process: nothing sealed outlives it. */
export const makeSealer = (key: Buffer = randomBytes(32)): Sealer => ({
  seal: text => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return { nonce, bytes, tag: cipher.getAuthTag() }
  },
  open: ({ nonce, bytes, tag }) => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8')
  },
})
