/** How ID Authentication wants what a person handed in: sealed for it alone, under a key of this one request. */
import { constants, createCipheriv, createHash, publicEncrypt, type X509Certificate } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const TAG_BYTES = 16

/** Sixteen bytes, as IDA has it, and not the twelve that are usual. */
export const IV_BYTES = 16
export const SESSION_KEY_BYTES = 32

/** What chance gives to one request. No two things may be sealed under one key and IV. */
export type Randomness = { readonly key: Uint8Array; readonly requestIv: Uint8Array; readonly hashIv: Uint8Array }

/** Base64url of ciphertext, tag and IV in this order. */
export const sealed = (text: Uint8Array | string, key: Uint8Array, iv: Uint8Array): string => {
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
  const bytes = cipher.update(typeof text === 'string' ? Buffer.from(text) : text)
  return Buffer.concat([bytes, cipher.final(), cipher.getAuthTag(), iv]).toString('base64url')
}

/** What IDA compares after it opened a request: upper-case hexadecimal. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').toUpperCase()

/** How IDA finds the key that a request was sealed for. */
export const thumbprintOf = ({ raw }: Pick<X509Certificate, 'raw'>): string => createHash('sha256').update(raw).digest('base64url')

/** The members of a question that carry `inner`, which holds the proof. */
export const sealRequest = (
  inner: string,
  { key, requestIv, hashIv }: Randomness,
  certificate: X509Certificate,
): { readonly request: string; readonly requestHMAC: string; readonly requestSessionKey: string; readonly thumbprint: string } => {
  const padding = { key: certificate.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return {
    request: sealed(inner, key, requestIv),
    requestHMAC: sealed(hashOf(inner), key, hashIv),
    requestSessionKey: publicEncrypt(padding, key).toString('base64url'),
    thumbprint: thumbprintOf(certificate),
  }
}
