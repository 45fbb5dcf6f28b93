import { verifySignature, type ClientKey } from './client-keys.ts'
import { readCompact, type Compact } from './compact.ts'
import type { Instant, SigningAlgorithm } from '../../domain/ports.ts'
import { epochSeconds } from '../../domain/time.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

/** Why an assertion is no proof: for the log only, the client is told nothing. */
export type AssertionFault =
  | 'malformed'
  | 'header'
  | 'algorithm'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'lifetime'
  | 'not_yet'
  | 'jti'
  | 'before_memory'
  | 'key'
  | 'signature'

/** An assertion taken apart; nothing of it is proven yet. */
export type Assertion = Compact & {
  /** `sub`: the client that it claims to come from. */
  readonly subject: string
}

const ASSERTION_CHARS_MAX = 8192
const JTI_CHARS_MAX = 128
const AUDIENCES_MAX = 10

/** Rule 32: seconds. */
const LIFETIME_S_MAX = 300
/** FAPI 2.0 §5.3.2.1-13: 10 s ahead must be accepted. No more is: a new memory of used ones begins as long after the old one's loss. */
const AHEAD_S_MAX = 10

const TYPES: readonly unknown[] = [undefined, 'jwt', 'client-authentication+jwt']

/** Headers that name a key, or change what the signature means: a registered key is the only one that counts. */
const FOREIGN = ['jku', 'x5u', 'jwk', 'crit', 'b64', 'zip']

const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'PS256', 'RS256', 'EdDSA']

export const readAssertion = (text: string): Assertion | undefined => {
  const compact = readCompact(text, ASSERTION_CHARS_MAX)
  const subject = compact?.claims['sub']
  return compact === undefined || typeof subject !== 'string' ? undefined : { ...compact, subject }
}

export type AssertionRules = {
  readonly client: Pick<ClientConfiguration, 'client_id' | 'profile' | 'assertion_audience' | 'token_endpoint_auth_signing_alg'>
  readonly at: Instant
  readonly issuer: string
  /** URLs that a client which is not bound to the issuer alone may name (rule 34). */
  readonly endpoints: readonly string[]
  /** Since when used assertions are remembered (rule 32). */
  readonly epoch: Instant
}

/** FAPI 2.0 §5.4.1: no RS256. RFC 9864 §2.2: `Ed25519` is what `EdDSA` means with such a key, and what newer clients write. */
const algorithmOf = ({ header }: Assertion, { client }: AssertionRules): SigningAlgorithm | undefined => {
  const only = client.token_endpoint_auth_signing_alg
  const named = header['alg'] === 'Ed25519' ? 'EdDSA' : header['alg']
  return ALGORITHMS.find((alg) => alg === named && (only === undefined || only === alg) && !(alg === 'RS256' && client.profile === 'fapi2'))
}

const headerFault = ({ header }: Assertion): AssertionFault | undefined => {
  const { typ, kid } = header
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ
  const sound =
    TYPES.includes(type) && (kid === undefined || typeof kid === 'string') && !FOREIGN.some((name) => Object.hasOwn(header, name))
  return sound ? undefined : 'header'
}

/** A client bound to the issuer names it as one string (FAPI 2.0 §5.3.2.1-8): against audience injection. */
const audienceFits = (audience: unknown, { client, issuer, endpoints }: AssertionRules): boolean => {
  if (client.assertion_audience === 'issuer') return audience === issuer
  const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  return named.length <= AUDIENCES_MAX && named.some((value) => value === issuer || endpoints.some((endpoint) => endpoint === value))
}

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const timeFault = ({ claims }: Assertion, { at, epoch }: AssertionRules): AssertionFault | undefined => {
  const now = epochSeconds(at)
  const { exp, iat, nbf } = claims
  if (!isSeconds(exp) || (iat !== undefined && !isSeconds(iat)) || (nbf !== undefined && !isSeconds(nbf))) return 'malformed'
  if (exp <= now) return 'expired'
  if (exp > now + LIFETIME_S_MAX) return 'lifetime'
  if ((iat ?? now) > now + AHEAD_S_MAX || (nbf ?? now) > now + AHEAD_S_MAX) return 'not_yet'
  // Without `iat` it may have been used as early as its expiry allows.
  return (iat ?? exp - LIFETIME_S_MAX) < epochSeconds(epoch) ? 'before_memory' : undefined
}

const claimsFault = (assertion: Assertion, rules: AssertionRules): AssertionFault | undefined => {
  const { iss, aud, jti } = assertion.claims
  const id = rules.client.client_id
  if (iss !== id || assertion.subject !== id) return 'issuer'
  if (!audienceFits(aud, rules)) return 'audience'
  if (typeof jti !== 'string' || jti.length === 0 || jti.length > JTI_CHARS_MAX) return 'jti'
  return timeFault(assertion, rules)
}

const signatureFits = (alg: SigningAlgorithm, { key }: ClientKey, { input, signature }: Assertion): boolean => {
  try {
    return verifySignature(alg, key, input, signature)
  } catch {
    return false
  }
}

/** An assertion that says what it should; only who signed it is not looked at yet. */
export type Fitting = {
  readonly ok: true
  readonly alg: SigningAlgorithm
  readonly kid: string | undefined
  readonly jti: string
  readonly exp: number
}

/** Faults of a clock, whoever's it is. */
const CLOCK_FAULTS: readonly AssertionFault[] = ['expired', 'lifetime', 'not_yet']

/** How far the signer's clock is ahead of ours, seconds: by when it says that it signed, else at least by what its expiry shows. */
const secondsAhead = ({ claims }: Assertion, at: Instant): number => {
  const now = epochSeconds(at)
  const { exp, iat, nbf } = claims
  const signed = iat ?? nbf
  if (isSeconds(signed)) return signed - now
  return isSeconds(exp) && exp > now ? exp - now - LIFETIME_S_MAX : Number(exp) - now
}

export type Unfit = {
  readonly ok: false
  readonly fault: AssertionFault
  /** Where nothing but a clock is wrong: whose key it would be, and how far the signer's clock is ahead. */
  readonly clock?: Pick<Fitting, 'alg' | 'kid'> & { readonly seconds: number }
}

/** `private_key_jwt` (OpenID Connect Core §9, RFC 7523 §3) but for the signature, so that nobody's keys are fetched for less. */
export const readClaims = (assertion: Assertion, rules: AssertionRules): Fitting | Unfit => {
  const alg = algorithmOf(assertion, rules)
  if (alg === undefined) return { ok: false, fault: 'algorithm' }
  const fault = headerFault(assertion) ?? claimsFault(assertion, rules)
  const kid = typeof assertion.header['kid'] === 'string' ? assertion.header['kid'] : undefined
  if (fault !== undefined && CLOCK_FAULTS.includes(fault))
    return { ok: false, fault, clock: { alg, kid, seconds: secondsAhead(assertion, rules.at) } }
  if (fault !== undefined) return { ok: false, fault }
  const { jti, exp } = assertion.claims
  return { ok: true, alg, kid, jti: String(jti), exp: Number(exp) }
}

/** Several keys may bear one `kid`: those that fit the algorithm are tried (FAPI 2.0 §5.4.3). Single use is spent last, by the caller. */
export const signatureFault = (
  assertion: Assertion,
  { alg, kid }: Pick<Fitting, 'alg' | 'kid'>,
  keys: readonly ClientKey[],
): Extract<AssertionFault, 'key' | 'signature'> | undefined => {
  const candidates = keys.filter((key) => key.algorithms.includes(alg) && (kid === undefined || key.kid === kid))
  if (candidates.length === 0) return 'key'
  return candidates.some((key) => signatureFits(alg, key, assertion)) ? undefined : 'signature'
}
