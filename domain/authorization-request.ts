import { availableAcrs, factorsFor, readAcrs } from './assurance.ts'
import { readClaimsRequest, requestedClaims, type ClaimsRequest } from './claims.ts'
import type { Factor, VerifiedDescription } from './ports.ts'
import type { RefusalCode } from './refusals.ts'
import type { CommandOf } from './transaction/rules.ts'
import { requestedVerified } from './verified/consent.ts'
import { readVerifiedRequests } from './verified/request.ts'
import type { ClientConfiguration, Policy } from '../schemas/generated.ts'

type Start = CommandOf<'StartAuthorization'>

/** A request that was read: what `StartAuthorization` takes of it, and what may be in no event (rule 1). */
export type AuthorizationRequest = {
  readonly fields: Pick<
    Start,
    'responseMode' | 'scopes' | 'claims' | 'acrs' | 'acrEssential' | 'factors' | 'prompt' | 'maxAgeS' | 'codeChallenge' | 'dpopKey'
  >
  /** As they came, for the vault: `state`, `nonce`, hints, locales. */
  readonly raw: { readonly [parameter: string]: string }
}

/** `error` where the refusal has a more exact name in OpenID Connect Core §3.1.2.6. */
export type RefusedRequest = { readonly refusal: RefusalCode; readonly error?: string }

export type RequestContext = {
  readonly policy: Policy
  readonly client: ClientConfiguration
  /** What the ID system can do. */
  readonly offered: readonly Factor[]
  readonly verifies?: VerifiedDescription | undefined
  readonly via: 'par' | 'direct'
}

type Parameters = ReadonlyMap<string, string>

/** What is kept for later, each with the number of characters it may have. */
const RAW_CHARS_MAX: Readonly<Record<string, number>> = {
  state: 2000,
  nonce: 512,
  ui_locales: 500,
  claims_locales: 500,
  login_hint: 500,
  id_token_hint: 8192,
  display: 10,
  claims: 16_000,
}

const SCOPES_MAX = 32
const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
const DISPLAYS: readonly string[] = ['page', 'popup', 'touch', 'wap']

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/
const DIGEST = /^[A-Za-z0-9_-]{43}$/
const MAX_AGE = /^\d{1,9}$/

/** Words between spaces, each once, in their order. */
const wordsOf = (text: string | undefined): readonly string[] => [...new Set((text ?? '').split(' ').filter((word) => word !== ''))]

const isPrompt = (word: string): word is (typeof PROMPTS)[number] => (PROMPTS as readonly string[]).includes(word)

/** What is refused by its form alone. Scopes, PKCE and prompts that the client may not use are `StartAuthorization`'s to refuse. */
const formRefusal = (parameters: Parameters): RefusedRequest | undefined => {
  if (parameters.has('request')) return { refusal: 'request_object_unsupported' }
  if (parameters.has('request_uri')) return { refusal: 'request_object_unsupported', error: 'request_uri_not_supported' }
  const type = parameters.get('response_type')
  if (type === undefined) return { refusal: 'request_invalid' }
  if (type !== 'code') return { refusal: 'response_type_unsupported' }
  const mode = parameters.get('response_mode') ?? 'query'
  if (mode !== 'query' && mode !== 'form_post') return { refusal: 'request_invalid' }
  const tooLong = Object.entries(RAW_CHARS_MAX).some(([name, charsMax]) => (parameters.get(name)?.length ?? 0) > charsMax)
  const age = parameters.get('max_age')
  const display = parameters.get('display')
  const thumbprint = parameters.get('dpop_jkt')
  if (tooLong || (age !== undefined && !MAX_AGE.test(age)) || (display !== undefined && !DISPLAYS.includes(display)))
    return { refusal: 'request_invalid' }
  // RFC 9449 §10.
  if (thumbprint !== undefined && !DIGEST.test(thumbprint)) return { refusal: 'request_invalid' }
  return undefined
}

/** RFC 7636 §4.3: S256 and nothing else. A method that is left out means `plain`; a challenge that is left out is half a pair. */
const challengeRefusal = (parameters: Parameters): RefusedRequest | undefined => {
  const challenge = parameters.get('code_challenge')
  const method = parameters.get('code_challenge_method')
  if (challenge === undefined && method === undefined) return undefined
  if (challenge === undefined || method !== 'S256') return { refusal: 'pkce_missing' }
  return DIGEST.test(challenge) ? undefined : { refusal: 'request_invalid' }
}

const wordsRefusal = (parameters: Parameters): RefusedRequest | undefined => {
  const scopes = wordsOf(parameters.get('scope'))
  if (scopes.length > SCOPES_MAX || !scopes.every((scope) => SCOPE.test(scope))) return { refusal: 'scope_invalid' }
  return wordsOf(parameters.get('prompt')).every(isPrompt) ? undefined : { refusal: 'prompt_invalid' }
}

type Assurance = Pick<AuthorizationRequest['fields'], 'acrs' | 'acrEssential' | 'factors'>

/**
 * The contexts to aim at: those of `claims`, else of `acr_values`, as far as the client may ask for them and they can be met here;
 * else those that the client is registered for; else all. Essential and not possible is a refusal (OpenID Connect Core §5.5.1.1).
 */
const assuranceOf = (asked: readonly string[], essential: boolean, { policy, client, offered }: RequestContext): Assurance | undefined => {
  const registered = client.default_acr_values
  const allowed = registered.length === 0 ? asked : asked.filter((acr) => registered.includes(acr))
  const met = availableAcrs(policy, allowed, offered)
  if (essential && met.length === 0) return undefined
  const acrs = met.length > 0 ? met : availableAcrs(policy, registered, offered)
  const everything = policy.assurance.acrs.map(({ acr }) => acr)
  // A client that is registered for contexts of which none can be met here is not given others instead.
  const factors = factorsFor(policy, acrs.length > 0 || registered.length > 0 ? acrs : availableAcrs(policy, everything, offered))
  return factors.length === 0 ? undefined : { acrs, acrEssential: essential, factors }
}

const rawOf = (parameters: Parameters, { subject }: ClaimsRequest): AuthorizationRequest['raw'] => {
  const kept = Object.keys(RAW_CHARS_MAX).flatMap((name) => {
    const value = parameters.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(subject === undefined ? kept : [...kept, ['hinted_sub', subject]])
}

/** Raw parameters of an authorization request into what the rules decide on. The client and its redirect URI are known to be good. */
export const readAuthorizationRequest = (parameters: Parameters, context: RequestContext): AuthorizationRequest | RefusedRequest => {
  const refusal = formRefusal(parameters) ?? challengeRefusal(parameters) ?? wordsRefusal(parameters)
  if (refusal !== undefined) return refusal
  const text = parameters.get('claims')
  const claims: ClaimsRequest | undefined = text === undefined ? { userinfo: [] } : readClaimsRequest(text)
  if (claims === undefined) return { refusal: 'claims_invalid' }
  const verified = readVerifiedRequests(text)
  if (verified === undefined) return { refusal: 'verified_claims_invalid' }
  const values = claims.acr?.values ?? readAcrs(wordsOf(parameters.get('acr_values')))
  const assurance = assuranceOf(values, claims.acr?.essential ?? false, context)
  if (assurance === undefined) return { refusal: 'acr_unavailable' }
  const scopes = wordsOf(parameters.get('scope'))
  const age = parameters.get('max_age')
  const codeChallenge = parameters.get('code_challenge')
  const dpopKey = parameters.get('dpop_jkt')
  return {
    fields: {
      responseMode: parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query',
      scopes,
      claims: [
        ...requestedClaims(context.client.claims, scopes, claims),
        ...requestedVerified(context.client.claims, verified, context.verifies),
      ],
      ...assurance,
      prompt: wordsOf(parameters.get('prompt')).filter(isPrompt),
      ...(age !== undefined && { maxAgeS: Number(age) }),
      ...(codeChallenge !== undefined && { codeChallenge }),
      ...(dpopKey !== undefined && { dpopKey }),
    },
    raw: rawOf(parameters, claims),
  }
}
