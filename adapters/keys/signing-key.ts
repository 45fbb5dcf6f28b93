import { constants, createPrivateKey, createPublicKey, generateKeyPair, hash, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { Fault, type KeyStore, type PublicKey, type SigningAlgorithm } from '../../domain/ports.ts'

/** A key with its private half, in the memory of a store. */
export type SigningKey = PublicKey & { readonly sign: (bytes: Uint8Array) => ReturnType<KeyStore['sign']> }

export const isAlgorithm = (text: string): text is SigningAlgorithm => Object.hasOwn(MEMBERS, text)

export const checkAlgorithm = (alg: string): void => {
  if (!isAlgorithm(alg)) throw new Fault('invalid', 'no such algorithm')
}

export const notHeld = (): Fault => new Fault('invalid', 'the private key of this kid is not here')

const RSA_BITS = 2048
/** RFC 7518 §3.5: the salt is as long as the digest. */
const PSS_SALT_BYTES = 32

const generate = promisify(generateKeyPair)

/** A new private key as PKCS #8 in DER. Never a KeyObject that goes on to give its JWK: some Node versions hang then. */
export const generatePrivateKey = async (alg: SigningAlgorithm): Promise<Uint8Array> => {
  const encoding = {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  } as const
  switch (alg) {
    case 'ES256':
      return (await generate('ec', { namedCurve: 'P-256', ...encoding })).privateKey
    case 'EdDSA':
      return (await generate('ed25519', encoding)).privateKey
    case 'PS256':
    case 'RS256':
      return (await generate('rsa', { modulusLength: RSA_BITS, ...encoding })).privateKey
  }
}

/** The members that make the key, in the order of RFC 7638 §3.2 (RFC 8037 §2 for OKP). */
const MEMBERS = {
  ES256: ['crv', 'kty', 'x', 'y'],
  EdDSA: ['crv', 'kty', 'x'],
  PS256: ['e', 'kty', 'n'],
  RS256: ['e', 'kty', 'n'],
} as const

const KINDS = { ES256: 'P-256', EdDSA: 'Ed25519', PS256: 'RSA', RS256: 'RSA' } as const

type RequiredMembers = Readonly<Record<string, string>>

const requiredMembers = (alg: SigningAlgorithm, key: KeyObject): RequiredMembers => {
  const open = key.type === 'private' ? createPublicKey(key) : key
  const jwk = new Map<string, unknown>(Object.entries(open.export({ format: 'jwk' })))
  if ((jwk.get('crv') ?? jwk.get('kty')) !== KINDS[alg]) throw new Fault('corrupt', `this is no key for ${alg}`)
  return Object.fromEntries(MEMBERS[alg].map((name) => [name, String(jwk.get(name))]))
}

/** RSA takes most of a millisecond, so it goes to the thread pool; the hand-over would cost the others more than the work. */
const signer = (alg: SigningAlgorithm, key: KeyObject): SigningKey['sign'] => {
  const pooled = (bytes: Uint8Array, padding: { padding: number; saltLength?: number }): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      sign('sha256', bytes, { key, ...padding }, (error, signature) => {
        if (error) reject(error)
        else resolve(signature)
      })
    })
  switch (alg) {
    case 'ES256':
      // RFC 7518 §3.4: r || s, not DER.
      return (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
      return (bytes) => sign(null, bytes, key)
    case 'PS256':
      return (bytes) => pooled(bytes, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT_BYTES })
    case 'RS256':
      return (bytes) => pooled(bytes, { padding: constants.RSA_PKCS1_PADDING })
  }
}

const publicKey = (alg: SigningAlgorithm, members: RequiredMembers): PublicKey => {
  const kid = hash('sha256', JSON.stringify(members), 'base64url')
  return { kid, alg, publicJwk: Object.freeze({ ...members, kid, alg, use: 'sig' }) }
}

/** A key that signs, from PKCS #8 in DER. Its kid is the thumbprint of RFC 7638. */
export const signingKey = (alg: SigningAlgorithm, pkcs8: Uint8Array): SigningKey => {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return { ...publicKey(alg, requiredMembers(alg, key)), sign: signer(alg, key) }
}

/** The public half alone, from SPKI in DER. */
export const verifyingKey = (alg: SigningAlgorithm, spki: Uint8Array): PublicKey =>
  publicKey(alg, requiredMembers(alg, createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })))

/** The public half of a private key, as SPKI in DER. */
export const spkiOf = (pkcs8: Uint8Array): Uint8Array =>
  createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })).export({ format: 'der', type: 'spki' })
