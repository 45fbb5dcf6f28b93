import { createPublicKey, verify, constants, type KeyObject } from 'node:crypto'
import type { Digest, SigningAlgorithm } from '../../domain/ports.ts'
import { keepNewest } from '../keep-newest.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

/** A public key of a relying party. */
export type Jwk = NonNullable<ClientConfiguration['jwks']>['keys'][number]

/** A registered key that may verify signatures, with what it may be used for. */
export type ClientKey = { readonly key: KeyObject; readonly kid: string | undefined; readonly algorithms: readonly SigningAlgorithm[] }

const RSA_BITS_MIN = 2048
/** A larger modulus costs whoever verifies, not whoever signs. */
const RSA_BITS_MAX = 8192

/** Clients whose keys are held imported. */
const CLIENTS_MAX = 1000

const algorithmsOf = ({ kty, crv }: Jwk): readonly SigningAlgorithm[] => {
  if (kty === 'RSA') return ['PS256', 'RS256']
  if (kty === 'EC' && crv === 'P-256') return ['ES256']
  return kty === 'OKP' && crv === 'Ed25519' ? ['EdDSA'] : []
}

/** RSA keys between 2048 and 8192 bits; others have one size. */
export const sizeFits = (key: KeyObject): boolean => {
  const bits = key.asymmetricKeyDetails?.modulusLength
  return key.asymmetricKeyType !== 'rsa' || (bits !== undefined && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
}

/** A public key as one that may verify, or nothing where it may not. */
export const imported = (jwk: Jwk): readonly ClientKey[] => {
  const algorithms = algorithmsOf(jwk).filter((alg) => jwk.alg === undefined || jwk.alg === alg)
  if (algorithms.length === 0 || (jwk.use !== undefined && jwk.use !== 'sig')) return []
  try {
    // Only the members of a public key: nothing else that a registration may hold is looked at.
    const { kty, crv, x, y, n, e } = jwk
    const members = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined))
    const key = createPublicKey({ key: members, format: 'jwk' })
    return sizeFits(key) ? [{ key, kid: jwk.kid, algorithms }] : []
  } catch {
    return []
  }
}

const byConfiguration = new Map<Digest, readonly ClientKey[]>()

/** Keys that stand in a client's configuration, imported once for each: `artefact` is the digest of its whole content. */
export const inlineKeys = (jwks: readonly Jwk[], artefact: Digest): readonly ClientKey[] => {
  const known = byConfiguration.get(artefact)
  if (known !== undefined) return known
  const keys = jwks.flatMap(imported)
  keepNewest(byConfiguration, artefact, keys, CLIENTS_MAX)
  return keys
}

/**
 * Verifies a JWS signature by a key that was registered for it: never by what the signed text says of itself.
 * Synchronous on purpose: it takes a tenth of a millisecond, and a hand-over to another thread more.
 */
export const verifySignature = (alg: SigningAlgorithm, key: KeyObject, input: Uint8Array, signature: Uint8Array): boolean => {
  switch (alg) {
    case 'ES256':
      // RFC 7518 §3.4: r || s, each of 32 bytes, and no DER.
      return signature.length === 64 && verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'EdDSA':
      return signature.length === 64 && verify(null, input, key, signature)
    case 'PS256':
      return verify(
        'sha256',
        input,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        signature,
      )
    case 'RS256':
      return verify('sha256', input, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
  }
}
