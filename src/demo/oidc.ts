import { createRemoteJWKSet, customFetch, errors, importJWK, jwtVerify, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose'
import { bounded, BrokerError, discover, readJson, required, type Endpoints, type Fetch } from './broker.ts'
import type { Pending } from './sessions.ts'
import type { SignedIn } from './views.ts'
import { leftHalfHash, randomText, sha256 } from '../crypto/hash.ts'
import type { Chance, Clock, Timers } from '../../domain/ports.ts'

export type OidcOptions = {
  readonly issuer: string
  readonly clientId: string
  readonly redirectUri: string
  readonly privateJwk: JWK
  readonly fetch: Fetch
  readonly clock: Clock
  readonly chance: Chance
  readonly timers: Timers
}

export type Oidc = {
  /** Where to send the browser, and what to remember until it comes back. */
  readonly begin: (wish: {
    readonly push: boolean
    readonly wanted: Wanted
    readonly uiLocales?: string
  }) => Promise<{ readonly url: string; readonly pending: Pending }>
  /** Redeems the code and verifies all that comes back. Throws BrokerError or an error of jose. */
  readonly finish: (pending: Pending, answer: URLSearchParams) => Promise<SignedIn>
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ASSERTION_S = 60
const CLOCKS_DIFFER_S = 10
const ALGORITHMS = ['ES256', 'PS256', 'RS256', 'EdDSA']
const ACR_VALUES = ['generated-code', 'static-code', 'password', 'biometrics', 'knowledge'].map((name) => `mosip:idp:acr:${name}`).join(' ')

const DETAILS = {
  name: { essential: true },
  birthdate: { essential: true },
  gender: null,
  address: null,
  email: null,
  phone_number: null,
  picture: null,
}

/**
 * What the bank wants of a sign-in: `plain` any one proof; `two_factors` a password and then a code, and nothing less;
 * `verified` who the customer is with how that was verified (OpenID Connect for Identity Assurance 1.0).
 */
export type Wanted = 'plain' | 'two_factors' | 'verified'

const CLAIMS: Readonly<Record<Wanted, object>> = {
  plain: { userinfo: DETAILS },
  two_factors: { userinfo: DETAILS, id_token: { acr: { essential: true, values: ['urn:esignet:acr:password-and-code'] } } },
  verified: {
    userinfo: {
      email: null,
      verified_claims: {
        verification: { trust_framework: null, time: null, assurance_level: null },
        claims: { name: null, birthdate: null, address: null },
      },
    },
  },
}

/** The request (OpenID Connect Core §3.1.2.1) with PKCE (RFC 7636). */
const requestOf = (
  options: OidcOptions,
  { state, nonce, verifier }: Pending,
  wanted: Wanted,
  uiLocales: string | undefined,
): URLSearchParams =>
  new URLSearchParams({
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: options.redirectUri,
    scope: 'openid',
    state,
    nonce,
    code_challenge: sha256(verifier),
    code_challenge_method: 'S256',
    acr_values: ACR_VALUES,
    claims: JSON.stringify(CLAIMS[wanted]),
    claims_locales: uiLocales === undefined ? 'en' : `en ${uiLocales}`,
    ...(uiLocales !== undefined && { ui_locales: uiLocales }),
  })

const seconds = (clock: Clock): number => Math.floor(Date.parse(clock.now()) / 1000)

/** RFC 7523 §3: who we are, signed, for the issuer, once. */
const assertion = async (options: OidcOptions, key: CryptoKey | Uint8Array): Promise<Readonly<Record<string, string>>> => {
  const now = seconds(options.clock)
  const jwt = await new SignJWT({ jti: options.chance.uuid() })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...(options.privateJwk.kid !== undefined && { kid: options.privateJwk.kid }) })
    .setIssuer(options.clientId)
    .setSubject(options.clientId)
    .setAudience(options.issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_S)
    .sign(key)
  return { client_id: options.clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: jwt }
}

type Verified = { readonly payload: JWTPayload; readonly alg: string }

const refuse = (message: string): never => {
  throw new BrokerError('answer_not_believed', message)
}

/** RFC 9207 §2.4 and RFC 6749 §4.1.2: the answer is our broker's, and a code. */
const codeIn = (answer: URLSearchParams, issuer: string, { namesIssuer }: Endpoints): string => {
  const iss = answer.get('iss')
  if (namesIssuer ? iss !== issuer : iss !== null && iss !== issuer) return refuse('The answer names another issuer.')
  const error = answer.get('error')
  if (error !== null) throw new BrokerError(error, answer.get('error_description') ?? '')
  return answer.get('code') ?? refuse('The answer has no code.')
}

/** OpenID Connect Core §3.1.3.7 and §3.1.3.8, beyond what jose checks. */
const checkIdToken = ({ payload, alg }: Verified, nonce: string, accessToken: string): string => {
  if (payload['nonce'] !== nonce) return refuse('The ID token is not for this sign-in.')
  const { at_hash: hash } = payload
  if (hash !== undefined && hash !== leftHalfHash(alg, accessToken)) return refuse('The ID token is not for this access token.')
  return payload.sub ?? refuse('The ID token names nobody.')
}

const CHECKS = {
  state: 'The answer belongs to this browser and this sign-in (state, nonce).',
  issuer: 'It comes from our broker (iss).',
  pkce: 'The code was worth something only with our secrets (signed assertion, PKCE).',
  token: 'The ID token is signed by the broker, for us, and in date.',
  userinfo: 'The details are signed by the broker, for us, and about the same person (sub).',
} as const

/** An OpenID Connect relying party with nothing but what any could have: discovery, keys by their URL, a key of its own. */
export const oidc = async (given: OidcOptions): Promise<Oidc> => {
  const options = { ...given, fetch: bounded(given.fetch, given.timers) }
  const { issuer, clientId, redirectUri, fetch, chance, clock } = options
  const key = await importJWK(options.privateJwk, 'ES256')
  let known: { readonly endpoints: Endpoints; readonly verify: (jwt: string) => Promise<Verified> } | undefined

  const broker = async (): Promise<NonNullable<typeof known>> => {
    if (known !== undefined) return known
    const endpoints = await discover(fetch, issuer)
    const keys = createRemoteJWKSet(new URL(endpoints.jwks), {
      [customFetch]: (url, { headers }) => fetch(url, { headers }),
    })
    const verify = async (jwt: string): Promise<Verified> => {
      const { payload, protectedHeader } = await jwtVerify(jwt, keys, {
        issuer,
        audience: clientId,
        algorithms: ALGORITHMS,
        currentDate: new Date(clock.now()),
        clockTolerance: CLOCKS_DIFFER_S,
      })
      return { payload, alg: protectedHeader.alg }
    }
    return (known = { endpoints, verify })
  }

  const post = async (url: string, form: URLSearchParams): Promise<Readonly<Record<string, unknown>>> => {
    const authenticated = await assertion(options, key)
    for (const [name, value] of Object.entries(authenticated)) form.set(name, value)
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    return readJson(await fetch(url, { method: 'POST', headers, body: form.toString() }))
  }

  const userinfo = async (accessToken: string, subject: string): Promise<Readonly<Record<string, unknown>>> => {
    const { endpoints, verify } = await broker()
    const response = await fetch(endpoints.userinfo, { headers: { authorization: `Bearer ${accessToken}`, accept: 'application/jwt' } })
    const isJwt = response.ok && (response.headers.get('content-type') ?? '').startsWith('application/jwt')
    if (!isJwt) return response.ok ? refuse('The details are not signed.') : readJson(response)
    const { payload } = await verify(await response.text())
    // OpenID Connect Core §5.3.2: without this a token could be swapped for another person's.
    return payload.sub === subject ? payload : refuse('The details are about another person.')
  }

  return {
    begin: async ({ push, wanted, uiLocales }) => {
      const { endpoints } = await broker()
      const pending = { state: randomText(chance, 24), nonce: randomText(chance, 24), verifier: randomText(chance, 32) }
      const request = requestOf(options, pending, wanted, uiLocales)
      if (!push) return { url: `${endpoints.authorization}?${request.toString()}`, pending }
      const pushed = await post(endpoints.par ?? refuse('The broker takes no pushed requests.'), request)
      const short = new URLSearchParams({ client_id: clientId, request_uri: required(pushed, 'request_uri') })
      return { url: `${endpoints.authorization}?${short.toString()}`, pending }
    },
    finish: async ({ nonce, verifier }, answer) => {
      const { endpoints, verify } = await broker()
      const code = codeIn(answer, issuer, endpoints)
      const form = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier })
      const tokens = await post(endpoints.token, form)
      const accessToken = required(tokens, 'access_token')
      const idToken = await verify(required(tokens, 'id_token'))
      const subject = checkIdToken(idToken, nonce, accessToken)
      const claims = await userinfo(accessToken, subject)
      return { claims, idToken: idToken.payload, checks: Object.values(CHECKS) }
    },
  }
}

/** What a page may say about an error; jose's words are about tokens and hold nothing of the person. */
export const problemOf = (error: unknown): { readonly error: string; readonly description?: string } => {
  if (error instanceof BrokerError) return { error: error.error, ...(error.message !== '' && { description: error.message }) }
  if (error instanceof errors.JOSEError) return { error: 'answer_not_believed', description: `${error.code}: ${error.message}` }
  throw error
}
