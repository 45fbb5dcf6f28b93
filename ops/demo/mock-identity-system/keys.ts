import { generateKeyPair, randomBytes, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { CompactEncrypt, CompactSign, importJWK } from 'jose'
import type { JsonObject } from '../../../domain/json.ts'
import { certificate, pem } from '../certificate.ts'
import type { Signer } from './exchange.ts'

const MODULUS_BITS = 2048
const VALID_MS = 3 * 365 * 86_400_000
/** Old keys stay published, so that what they signed can be verified. */
const KEYS_MAX = 8

type Published = { readonly keyId: string; readonly certificateData: string; readonly issuedAt: string; readonly expiryAt: string }

export type Keys = Signer & {
  readonly published: () => readonly Published[]
  /** Signs with a new key from now on. */
  readonly rotate: () => Promise<void>
}

const makePair = promisify(generateKeyPair)

const seconds = (instant: string): string => `${instant.slice(0, 19)}.000Z`

export const keysOf = async (now: () => string): Promise<Keys> => {
  const make = async () => {
    const { publicKey, privateKey } = await makePair('rsa', { modulusLength: MODULUS_BITS })
    const issuedAt = seconds(now())
    const expiryAt = seconds(new Date(Date.parse(issuedAt) + VALID_MS).toISOString())
    const name = 'CN=MOCK_AUTHENTICATION_SERVICE'.slice(3)
    const der = certificate({
      subject: name,
      publicKey,
      issuer: name,
      issuerKey: privateKey,
      notBefore: issuedAt,
      notAfter: expiryAt,
      serial: randomBytes(12),
    })
    const certificateData = pem(der)
    const keyId = Buffer.from(new X509Certificate(certificateData).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
    return { privateKey, published: { keyId, certificateData, issuedAt, expiryAt } }
  }
  let keys = [await make()]

  return {
    published: () => keys.map(({ published }) => published),
    rotate: async () => {
      keys = [await make(), ...keys].slice(0, KEYS_MAX)
    },
    sign: async (payload) => {
      const [newest] = keys
      if (newest === undefined) throw new Error('there is no key')
      const text = new TextEncoder().encode(JSON.stringify(payload))
      return new CompactSign(text).setProtectedHeader({ alg: 'RS256', kid: newest.published.keyId }).sign(newest.privateKey)
    },
    encrypt: async (jws, key: JsonObject | undefined) => {
      if (key?.['kty'] !== 'RSA') throw new Error('the partner has no RSA key')
      const { kid } = key
      const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', ...(typeof kid === 'string' && { kid }) }
      const imported = await importJWK({ kty: 'RSA', n: String(key['n']), e: String(key['e']) }, 'RSA-OAEP-256')
      return new CompactEncrypt(new TextEncoder().encode(jws)).setProtectedHeader(header).encrypt(imported)
    },
  }
}
