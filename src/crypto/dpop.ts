import { imported, verifySignature, type ClientKey } from './client-keys.ts'
import { readCompact, type Compact } from './compact.ts'
import { equalSecrets, sha256 } from './hash.ts'
import { isObject, type JsonObject } from '../../domain/json.ts'
import type { Digest, Instant, SigningAlgorithm } from '../../domain/ports.ts'
import { epochSeconds } from '../../domain/time.ts'

/** The best first. RS256 is for clients of the compatible profile only (FAPI 2.0 §5.4.1). */
export const DPOP_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'PS256', 'EdDSA', 'RS256']

/** Why a proof is refused: for the log, never for whoever sent it. */
export type ProofFault =
  | 'malformed'
  | 'type'
  | 'algorithm'
  | 'header'
  | 'key'
  | 'signature'
  | 'method'
  | 'url'
  | 'jti'
  | 'time'
  | 'before_memory'
  | 'token'
  | 'nonce'

export type ProofRules = {
  readonly method: string
  /** Of the endpoint, made of the configured issuer: never of what the request says of its host. */
  readonly url: string
  readonly at: Instant
  /** Since when used proofs are remembered (rule 32). */
  readonly epoch: Instant
  /** A nonce that is there must be one of these; `demanded`: one must be there (RFC 9449 §8). */
  readonly nonce: { readonly demanded: boolean; readonly accepted: readonly string[] }
  /** Presented beside the proof: then it must name it (`ath`). */
  readonly accessToken?: string
}

export type Proof = {
  /** RFC 7638 thumbprint of the key that made it. */
  readonly key: Digest
  readonly alg: SigningAlgorithm
  readonly jti: string
  /** Seconds since 1970. */
  readonly issuedAt: number
}

export type ProofVerified = { readonly ok: true; readonly proof: Proof } | { readonly ok: false; readonly fault: ProofFault }

/** Holds the public half and the signature of the largest RSA key. */
const PROOF_CHARS_MAX = 6144
const JTI_CHARS_MAX = 256
const URL_CHARS_MAX = 2048

/** FAPI 2.0 §5.3.2.1-13: 10 s ahead must be accepted. No more is: a new memory of used ones begins as long after the old one's loss. */
const AHEAD_S_MAX = 10
/** How old a proof may be, and how long it is remembered that it was used: seconds. */
export const PROOF_AGE_S_MAX = 60

/** What makes a key private or symmetric (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Headers that name another key, or change what the signature means. */
const FOREIGN = ['jku', 'x5u', 'x5c', 'crit', 'b64', 'zip']

type PublicKey = { readonly key: ClientKey; readonly thumbprint: Digest }

const isText = (value: unknown, charsMax: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= charsMax

/** RFC 7638 §3.2: the members that a key needs, in the order of their names. */
export const thumbprint = ({ kty, crv, x, y, n, e }: JsonObject): Digest => {
  if (kty === 'RSA') return sha256(JSON.stringify({ e, kty, n }))
  return sha256(JSON.stringify(kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y }))
}

/** The proof's own key. It is written in one way only, so that one key has one thumbprint. */
const keyOf = (jwk: unknown): PublicKey | undefined => {
  if (!isObject(jwk) || PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) return undefined
  const [key] = imported(jwk as Parameters<typeof imported>[0])
  if (key === undefined) return undefined
  const exported = Object.entries(key.key.export({ format: 'jwk' }))
  if (exported.some(([member, value]) => jwk[member] !== value)) return undefined
  return { key, thumbprint: thumbprint(jwk) }
}

const algorithmOf = ({ alg }: JsonObject): SigningAlgorithm | undefined => {
  // RFC 9864 §2.2: `Ed25519` is what `EdDSA` means with such a key.
  const named = alg === 'Ed25519' ? 'EdDSA' : alg
  return DPOP_ALGORITHMS.find((known) => known === named)
}

/** Without query and fragment (§4.3-9), as RFC 3986 §6.2.2 and §6.2.3 write URLs in one way. */
const plainUrl = (text: string): string | undefined => {
  const url = URL.parse(text)
  if (url === null) return undefined
  url.search = ''
  url.hash = ''
  return url.href
}

const urlFits = (htu: unknown, url: string): boolean => isText(htu, URL_CHARS_MAX) && plainUrl(htu) === plainUrl(url)

const timeFault = ({ iat, exp, nbf }: JsonObject, { at, epoch }: ProofRules): ProofFault | undefined => {
  const now = epochSeconds(at)
  if (!Number.isSafeInteger(iat)) return 'time'
  const issued = Number(iat)
  if (issued > now + AHEAD_S_MAX || issued < now - PROOF_AGE_S_MAX) return 'time'
  // RFC 7519 §4.1.4 and §4.1.5: not asked for, but meant where they are there.
  if (exp !== undefined && !(Number.isSafeInteger(exp) && Number(exp) > now)) return 'time'
  if (nbf !== undefined && !(Number.isSafeInteger(nbf) && Number(nbf) <= now + AHEAD_S_MAX)) return 'time'
  return issued < epochSeconds(epoch) ? 'before_memory' : undefined
}

const tokenFits = (ath: unknown, { accessToken }: ProofRules): boolean =>
  accessToken === undefined || (typeof ath === 'string' && equalSecrets(ath, sha256(accessToken)))

const nonceFits = (nonce: unknown, { nonce: { demanded, accepted } }: ProofRules): boolean =>
  nonce === undefined ? !demanded : typeof nonce === 'string' && accepted.some((known) => equalSecrets(known, nonce))

/** The nonce last: whoever is asked for a fresh one has made a proof that is good otherwise. */
const claimsFault = (claims: JsonObject, rules: ProofRules): ProofFault | undefined => {
  if (claims['htm'] !== rules.method) return 'method'
  if (!urlFits(claims['htu'], rules.url)) return 'url'
  if (!isText(claims['jti'], JTI_CHARS_MAX)) return 'jti'
  const fault = timeFault(claims, rules)
  if (fault !== undefined) return fault
  if (!tokenFits(claims['ath'], rules)) return 'token'
  return nonceFits(claims['nonce'], rules) ? undefined : 'nonce'
}

const signatureFits = (alg: SigningAlgorithm, { key }: ClientKey, { input, signature }: Compact): boolean => {
  try {
    return verifySignature(alg, key, input, signature)
  } catch {
    return false
  }
}

/**
 * The checks of RFC 9449 §4.3 on the value of the one DPoP header. Several headers reach us joined by commas, which no JWT holds.
 * Single use and the bound key are the caller's to check.
 */
export const verifyProof = (text: string, rules: ProofRules): ProofVerified => {
  const no = (fault: ProofFault): ProofVerified => ({ ok: false, fault })
  const compact = readCompact(text, PROOF_CHARS_MAX)
  if (compact === undefined) return no('malformed')
  const { header, claims } = compact
  if (header['typ'] !== 'dpop+jwt') return no('type')
  const alg = algorithmOf(header)
  if (alg === undefined) return no('algorithm')
  if (FOREIGN.some((name) => Object.hasOwn(header, name))) return no('header')
  const own = keyOf(header['jwk'])
  if (own === undefined) return no('key')
  if (!own.key.algorithms.includes(alg)) return no('algorithm')
  if (!signatureFits(alg, own.key, compact)) return no('signature')
  const fault = claimsFault(claims, rules)
  if (fault !== undefined) return no(fault)
  return { ok: true, proof: { key: own.thumbprint, alg, jti: String(claims['jti']), issuedAt: Number(claims['iat']) } }
}
