import { createPublicKey } from 'node:crypto'
import { isObject, type JsonObject } from '../../domain/json.ts'
import type { Jwk } from '../crypto/client-keys.ts'
import { encryptionKeyOf, type EncryptionAlgorithm } from '../crypto/encrypt.ts'

type Key = Jwk
type Keys = readonly Key[]
type Alg = Exclude<NonNullable<Key['alg']>, EncryptionAlgorithm>

export type KeysRead = { readonly keys: Keys; readonly problems: readonly string[] }

/** What makes a key private or symmetric (RFC 7518 §6): a relying party hands in the public half only. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** What is kept of a key: nothing but what verifying needs. */
const KEPT = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'] as const

const RSA_BITS_MIN = 2048
const KEYS_MAX = 10
/** A published set also holds keys of other uses, and old ones. */
const PUBLISHED_KEYS_MAX = 30
const KID_CHARS_MAX = 200

const ALGS: Readonly<Record<string, readonly Alg[]>> = {
  RSA: ['RS256', 'PS256'],
  EC: ['ES256'],
  OKP: ['EdDSA'],
}

/** RFC 7518 §4.3 and §4.6. An Ed25519 key can only sign. */
const ENCRYPTION_ALGS: Readonly<Record<string, readonly EncryptionAlgorithm[]>> = {
  RSA: ['RSA-OAEP-256'],
  EC: ['ECDH-ES', 'ECDH-ES+A256KW'],
  OKP: [],
}

/** Algorithms that a key is good for by its kind and its use, or what is wrong with it. */
const algsOf = (key: JsonObject): readonly (Alg | EncryptionAlgorithm)[] | string => {
  const { kty, crv, use } = key
  const known = typeof kty === 'string' && Object.hasOwn(ALGS, kty) ? kty : undefined
  const algs = known && [...(use === 'enc' ? [] : (ALGS[known] ?? [])), ...(use === 'sig' ? [] : (ENCRYPTION_ALGS[known] ?? []))]
  if (algs === undefined) return 'must have "kty" RSA, EC or OKP'
  if (kty === 'EC' && crv !== 'P-256') return 'must be on the curve P-256'
  if (kty === 'OKP' && crv !== 'Ed25519') return 'must be on the curve Ed25519'
  if (algs.length === 0) return 'cannot encrypt: a key of "use" enc must be RSA, or EC on P-256'
  return algs
}

const strengthProblem = (key: JsonObject): string | undefined => {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: key, format: 'jwk' })
    const { modulusLength, publicExponent } = asymmetricKeyDetails ?? {}
    if (modulusLength !== undefined && modulusLength < RSA_BITS_MIN)
      return `has ${modulusLength} bits; RSA keys need at least ${RSA_BITS_MIN}`
    if (publicExponent !== undefined && publicExponent < 65_537n) return 'has a public exponent below 65537'
    return undefined
  } catch {
    return 'is not a valid public key'
  }
}

const keyProblem = (key: unknown): string | undefined => {
  if (!isObject(key)) return 'must be an object (RFC 7517)'
  const secret = PRIVATE_MEMBERS.filter((member) => member in key)
  if (secret.length > 0) return `holds private members (${secret.join(', ')}): hand in the public key only, and replace this one`
  const { alg, use } = key
  if (use !== undefined && use !== 'sig' && use !== 'enc') return 'must have "use" sig or enc, or none'
  const algs = algsOf(key)
  if (typeof algs === 'string') return algs
  if (alg !== undefined && !algs.some((known) => known === alg)) return `must have "alg" ${algs.join(' or ')}, or none`
  return strengthProblem(key)
}

const kidProblems = (keys: readonly unknown[]): readonly string[] => {
  if (keys.length < 2) return []
  const kids = keys.map((key) => (isObject(key) ? key['kid'] : undefined))
  if (kids.some((kid) => typeof kid !== 'string')) return ['jwks: where there are several keys each needs a "kid"']
  return new Set(kids).size < kids.length ? ['jwks: every "kid" must be different'] : []
}

const kept = (key: JsonObject): Key => Object.fromEntries(KEPT.flatMap((member) => (member in key ? [[member, key[member]]] : []))) as Key

const isFor = (alg: Alg) => (key: Key) =>
  key.use !== 'enc' && (key.alg === undefined || key.alg === alg) && (ALGS[key.kty] ?? []).includes(alg)

const signs = (key: Key): boolean => (ALGS[key.kty] ?? []).some((alg) => isFor(alg)(key))

/** What a relying party says that its keys are for. */
type Uses = { readonly token_endpoint_auth_signing_alg?: unknown; readonly userinfo_encrypted_response_alg?: unknown }

const usesProblems = (keys: Keys, uses: Uses): readonly string[] => {
  const { token_endpoint_auth_signing_alg: signing, userinfo_encrypted_response_alg: encryption } = uses
  const signed = Object.values(ALGS)
    .flat()
    .find((known) => known === signing)
  const encrypted = Object.values(ENCRYPTION_ALGS)
    .flat()
    .find((known) => known === encryption)
  return [
    ...(signed !== undefined && !keys.some(isFor(signed)) ? [`token_endpoint_auth_signing_alg: no key in jwks can verify ${signed}`] : []),
    ...(encrypted !== undefined && encryptionKeyOf(keys, encrypted) === undefined
      ? [`userinfo_encrypted_response_alg: no key in jwks is for ${encrypted}; give it "use" enc, or this "alg"`]
      : []),
  ]
}

/** The keys of a relying party, and all that is wrong with them, also by what it says that it will use them for. */
export const readKeys = (jwks: unknown, uses: Uses): KeysRead => {
  const list = isObject(jwks) ? jwks['keys'] : undefined
  if (!Array.isArray(list) || list.length === 0 || list.length > KEYS_MAX)
    return { keys: [], problems: [`jwks: must be an object with 1 to ${KEYS_MAX} public "keys" (RFC 7517)`] }
  const problems = list.flatMap((key: unknown, index) => {
    const problem = keyProblem(key)
    return problem === undefined ? [] : [`jwks.keys[${index}]: ${problem}`]
  })
  const all = [...problems, ...kidProblems(list)]
  if (all.length > 0) return { keys: [], problems: all }
  const keys = list.filter(isObject).map(kept)
  if (!keys.some(signs)) return { keys, problems: ['jwks: needs a key that may sign ("use" sig, or none)'] }
  return { keys, problems: usesProblems(keys, uses) }
}

const isNameable = ({ kid }: JsonObject): boolean =>
  kid === undefined || (typeof kid === 'string' && kid.length > 0 && kid.length <= KID_CHARS_MAX)

/**
 * The keys of a set that a relying party publishes (RFC 7517 §5): those that we cannot use are passed over, as §5 says, and so are
 * those that are published with their private half. Undefined where it is no set, or none of them can be used.
 */
export const readPublishedKeys = (jwks: unknown): Keys | undefined => {
  const list = isObject(jwks) ? jwks['keys'] : undefined
  if (!Array.isArray(list) || list.length > PUBLISHED_KEYS_MAX) return undefined
  const usable = list.filter((key: unknown): key is JsonObject => isObject(key) && isNameable(key) && keyProblem(key) === undefined)
  return usable.length === 0 ? undefined : usable.map(kept)
}
