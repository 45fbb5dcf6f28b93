import { verifySignature, type ClientKey } from './client-keys.ts'
import { readCompact, type Compact } from './compact.ts'
import { isClientId } from '../../domain/client/client.ts'
import type { Instant, SigningAlgorithm } from '../../domain/ports.ts'
import { epochSeconds } from '../../domain/time.ts'

const TOKEN_CHARS_MAX = 8192
const TEXT_CHARS_MAX = 500
const AUDIENCES_MAX = 10
/** Seconds that another's clock may be ahead. */
const AHEAD_S_MAX = 10
/** An access token that lives longer is nobody's short-lived permission. */
const LIFETIME_S_MAX = 3600

export const WITHDRAW_SCOPE = 'consent.withdraw'

const TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt']
const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'PS256', 'EdDSA']
/** Headers that name a key, or change what the signature means: a published key is the only one that counts. */
const FOREIGN = ['jku', 'x5u', 'jwk', 'crit', 'b64', 'zip']

export type WithdrawalToken = Compact & { readonly alg: SigningAlgorithm; readonly kid: string | undefined; readonly service: string }

export type TokenRules = { readonly issuer: string; readonly audience: string; readonly at: Instant }

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= TEXT_CHARS_MAX

const names = (audience: unknown, wanted: string): boolean => {
  const list: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  return list.length <= AUDIENCES_MAX && list.includes(wanted)
}

const isInTime = ({ claims }: Compact, at: Instant): boolean => {
  const now = epochSeconds(at)
  const { exp, iat, nbf } = claims
  const seconds = [exp, iat, nbf ?? iat].filter((value): value is number => Number.isSafeInteger(value))
  const [ends = 0, began = 0, from = 0] = seconds
  return seconds.length === 3 && ends > now && ends - began <= LIFETIME_S_MAX && Math.max(began, from) <= now + AHEAD_S_MAX
}

/** RFC 9068 §4, but for the signature, so that nobody's keys are fetched for less; `scope` where it is the only thing that is wrong. */
export const readWithdrawalToken = (text: string, { issuer, audience, at }: TokenRules): WithdrawalToken | 'invalid' | 'scope' => {
  const token = readCompact(text, TOKEN_CHARS_MAX)
  if (token === undefined) return 'invalid'
  const { header, claims } = token
  const { iss, aud, sub, jti, client_id: service, scope } = claims
  const alg = ALGORITHMS.find((known) => known === (header['alg'] === 'Ed25519' ? 'EdDSA' : header['alg']))
  const typ = typeof header['typ'] === 'string' ? header['typ'].toLowerCase() : undefined
  const kid = header['kid']
  const isSound = TYPES.includes(typ) && !FOREIGN.some((name) => Object.hasOwn(header, name)) && (kid === undefined || isText(kid))
  if (alg === undefined || !isSound || iss !== issuer || !names(aud, audience) || !isInTime(token, at)) return 'invalid'
  if (!isText(sub) || !isText(jti) || !isText(service) || !isClientId(service)) return 'invalid'
  if (typeof scope !== 'string' || !scope.split(' ').includes(WITHDRAW_SCOPE)) return 'scope'
  return { ...token, alg, kid: typeof kid === 'string' ? kid : undefined, service }
}

export const isSignedBy = ({ alg, kid, input, signature }: WithdrawalToken, keys: readonly ClientKey[]): boolean =>
  keys.some((key) => {
    try {
      return key.algorithms.includes(alg) && (kid === undefined || key.kid === kid) && verifySignature(alg, key.key, input, signature)
    } catch {
      return false
    }
  })
