import { randomBytes, randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import * as oidc from 'openid-client'
import { send, scriptedBrowser, type Got, type Page, type ScriptedBrowser } from './scripted-browser.ts'
import type { Ran } from './broker.ts'

/** What a relying party needs of a broker, in whichever process it runs. */
export type Reachable = {
  readonly issuer: string
  readonly cli: (args: readonly string[], input?: string) => Promise<Ran>
  /** Quicker than the command line, where the broker runs in this process. */
  readonly register?: (metadata: Readonly<Record<string, unknown>>) => Promise<void>
  /** How far its clock is ahead of this machine's. */
  readonly aheadS?: () => number
}

type Endpoint = Pick<Reachable, 'issuer' | 'aheadS'>

export const PAR = '/v1/esignet/oauth/par'
export const TOKEN = '/v1/esignet/oauth/v2/token'
export const USERINFO = '/v1/esignet/oidc/userinfo'

/** Demo people keep the ids that eSignet's testers know. */
export const PERSON = { id: '8267411571', pin: '545411' }

export type Alg = 'ES256' | 'PS256' | 'RS256' | 'EdDSA'

export type Party = {
  readonly id: string
  readonly redirectUri: string
  readonly alg: Alg
  readonly kid: string
  readonly key: CryptoKey
  readonly registration: Readonly<Record<string, unknown>>
}

const CLAIMS = ['name', 'birthdate', 'gender', 'email', 'phone_number', 'address', 'picture']

/** A relying party of its own key, of the compatible profile unless it says otherwise. Nothing is registered yet. */
export const newParty = async (id: string, alg: Alg = 'ES256', more: Readonly<Record<string, unknown>> = {}): Promise<Party> => {
  const pair = await generateKeyPair(alg, { extractable: true, ...(alg === 'EdDSA' && { crv: 'Ed25519' }) })
  const kid = randomUUID()
  const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' }
  const redirectUri = `https://${id}.example/cb`
  const registration = {
    client_id: id,
    client_name: `The ${id}`,
    redirect_uris: [redirectUri],
    jwks: { keys: [jwk] },
    scope: 'openid profile email phone address',
    claims: CLAIMS,
    profile: 'compatible',
    ...more,
  }
  const [first = redirectUri] = registration.redirect_uris
  return { id, redirectUri: first, alg, kid, key: pair.privateKey, registration }
}

/** Handed in by the command line, as an operator does it, unless the broker runs here. */
export const register = async (broker: Reachable, party: Party): Promise<Party> => {
  if (broker.register !== undefined) {
    await broker.register(party.registration)
    return party
  }
  const ran = await broker.cli(['client', 'add', '-'], JSON.stringify(party.registration))
  expect(ran.code, `client add: ${ran.out}${ran.err}`).to.equal(0)
  return party
}

/** RFC 7523: made by hand, so that a test can make it wrong. */
export const assertionOf = (broker: Endpoint, party: Party, claims: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const now = Math.floor(Date.now() / 1000) + (broker.aheadS?.() ?? 0)
  return new SignJWT({ iss: party.id, sub: party.id, aud: broker.issuer, jti: randomUUID(), iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg: party.alg, kid: party.kid })
    .sign(party.key)
}

export const form = (members: Readonly<Record<string, string>>): string => new URLSearchParams(members).toString()

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** A call of a relying party to an endpoint that authenticates it. */
export const call = async (
  broker: Endpoint,
  party: Party,
  path: string,
  members: Readonly<Record<string, string>>,
): Promise<Got & { readonly json: Readonly<Record<string, unknown>> }> => {
  const client_assertion = await assertionOf(broker, party)
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const body = form({ client_id: party.id, client_assertion, client_assertion_type: type, ...members })
  const got = await send(broker.issuer, { method: 'POST', path, headers: FORM, body })
  return { ...got, json: JSON.parse(got.body) as Record<string, unknown> }
}

/** `openid-client` as it comes. */
export const configure = (broker: Endpoint, party: Party): Promise<oidc.Configuration> =>
  oidc.discovery(
    new URL(broker.issuer),
    party.id,
    { [oidc.clockSkew]: broker.aheadS?.() ?? 0 },
    oidc.PrivateKeyJwt({ key: party.key, kid: party.kid }),
    {
      // The demonstration is plain http on loopback; the library marks this so that it stands out.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      execute: [oidc.allowInsecureRequests],
    },
  )

export type Begun = {
  readonly browser: ScriptedBrowser
  /** The first page of the person. */
  readonly page: Page
  readonly transaction: string
  readonly base: string
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  /** What the relying party sent the browser to. */
  readonly path: string
}

export type Asking = {
  readonly via?: 'direct' | 'par'
  readonly browser?: ScriptedBrowser
  /** `undefined` leaves a parameter out. */
  readonly with?: Readonly<Record<string, string | undefined>>
}

export const TX = /tx_[0-9a-hjkmnp-tv-z]{24}/

/** The parameters of an ordinary request, and the secrets that belong to it. */
export const requestOf = async (party: Party, { with: more = {} }: Asking = {}) => {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = randomBytes(16).toString('base64url')
  const nonce = randomBytes(16).toString('base64url')
  const members = {
    client_id: party.id,
    response_type: 'code',
    redirect_uri: party.redirectUri,
    scope: 'openid profile',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    claims: JSON.stringify({ userinfo: { name: { essential: true }, birthdate: { essential: true }, email: null, phone_number: null } }),
    ...more,
  }
  const given = Object.entries<string | undefined>(members).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { members: Object.fromEntries(given), verifier, state, nonce }
}

/** The relying party asks, and a browser opens what it was told to open. */
export const begin = async (broker: Reachable, party: Party, asking: Asking = {}): Promise<Begun> => {
  const { members, verifier, state, nonce } = await requestOf(party, asking)
  let path = `/authorize?${form(members)}`
  if (asking.via === 'par') {
    const { status, json } = await call(broker, party, PAR, members)
    expect(status, JSON.stringify(json)).to.equal(201)
    path = `/authorize?${form({ client_id: party.id, request_uri: String(json['request_uri']) })}`
  }
  const browser = asking.browser ?? scriptedBrowser(broker.issuer)
  const page = await browser.get(path, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })
  const transaction = TX.exec(page.url.pathname)?.[0] ?? ''
  return { browser, page, transaction, base: `/login/${transaction}`, verifier, state, nonce, path }
}

/** By PIN, which needs no outbox. The page that follows: consent, or the way back. */
export const proveByPin = async ({ browser, page }: Pick<Begun, 'browser' | 'page'>, id = PERSON.id, pin = PERSON.pin): Promise<Page> => {
  const asked = await browser.submit(page, 'form-choose', { values: { individual_id: id, factor: 'pin' } })
  return browser.submit(asked, 'form-pin', { values: { pin } })
}

/** Accepts on the consent page where there is one. `tick`: voluntary claims. */
export const accept = (browser: ScriptedBrowser, page: Page, tick: readonly string[] = []): Promise<Page> | Page =>
  page.has('form-consent') ? browser.submit(page, 'form-consent', { tick, button: 'accept' }) : page

/** The address that the browser was led to elsewhere. */
export const callbackOf = (page: Page): URL => {
  const { location } = page.headers
  if (location === undefined || page.url.hostname === 'localhost') throw new Error(`not led back but ${page.url.href} (${page.status})`)
  return page.url
}

export type SignedIn = Begun & { readonly callback: URL; readonly code: string }

/** A whole login up to the code. */
export const signIn = async (
  broker: Reachable,
  party: Party,
  asking: Asking & { readonly tick?: readonly string[]; readonly id?: string } = {},
): Promise<SignedIn> => {
  const begun = await begin(broker, party, asking)
  const proven = await proveByPin(begun, asking.id)
  const back = await accept(begun.browser, proven, asking.tick)
  const callback = callbackOf(back)
  return { ...begun, callback, code: callback.searchParams.get('code') ?? '' }
}

/** What is presented at the token endpoint. */
export const grantOf = (party: Party, { code, verifier }: Pick<SignedIn, 'code' | 'verifier'>): Readonly<Record<string, string>> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: party.redirectUri,
  code_verifier: verifier,
})

export const redeem = (
  broker: Endpoint,
  party: Party,
  signedIn: Pick<SignedIn, 'code' | 'verifier'>,
  more: Readonly<Record<string, string>> = {},
) => call(broker, party, TOKEN, { ...grantOf(party, signedIn), ...more })

export const userinfo = (broker: Endpoint, accessToken: string): Promise<Got> =>
  send(broker.issuer, { path: USERINFO, headers: { authorization: `Bearer ${accessToken}` } })

/** By `openid-client`, with every check that it makes. */
export const tokensOf = async (
  broker: Endpoint,
  signedIn: SignedIn,
  party: Party,
): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers> => {
  const config = await configure(broker, party)
  const checks = { pkceCodeVerifier: signedIn.verifier, expectedState: signedIn.state, expectedNonce: signedIn.nonce }
  return oidc.authorizationCodeGrant(config, signedIn.callback, { ...checks, idTokenExpected: true })
}
