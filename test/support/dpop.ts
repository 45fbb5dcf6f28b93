import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { send, type Got } from './scripted-browser.ts'
import { assertionOf, form, FORM, grantOf, PAR, TOKEN, USERINFO, type Party, type Reachable, type SignedIn } from './rp.ts'

export type DpopKey = {
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: JWK
  readonly thumbprint: string
}

export const dpopKey = async (alg = 'ES256'): Promise<DpopKey> => {
  const pair = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(pair.publicKey)
  return { alg, ...pair, jwk, thumbprint: await calculateJwkThumbprint(jwk) }
}

export type Change = {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: CryptoKey
}

/** By jose, so that a test can make it wrong; a claim or header that is `undefined` is left out. */
export const proofOf = (own: DpopKey, claims: Readonly<Record<string, unknown>>, { header = {}, key }: Omit<Change, 'claims'> = {}) =>
  new SignJWT({ jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: own.alg, typ: 'dpop+jwt', jwk: own.jwk, ...header })
    .sign(key ?? own.privateKey)

export const athOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

type Endpoint = Pick<Reachable, 'issuer' | 'aheadS'>

export type Answered = Got & { readonly json: Readonly<Record<string, unknown>> }

const answered = (got: Got): Answered => ({
  ...got,
  json: got.headers['content-type'] === 'application/json' ? (JSON.parse(got.body) as Record<string, unknown>) : {},
})

const nowOf = ({ aheadS }: Endpoint): number => Math.floor(Date.now() / 1000) + (aheadS?.() ?? 0)

/** An authenticated call with a proof. The assertion may be handed in, to be used again. */
export const callWithProof = async (
  broker: Endpoint,
  party: Party,
  path: string,
  members: Readonly<Record<string, string>>,
  own: DpopKey,
  { claims = {}, ...change }: Change = {},
  assertion?: string,
): Promise<Answered> => {
  const base = { htm: 'POST', htu: `${broker.issuer}${path}`, iat: nowOf(broker) }
  const dpop = await proofOf(own, { ...base, ...claims }, change)
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const authentication = { client_assertion: assertion ?? (await assertionOf(broker, party)), client_assertion_type: type }
  const body = form({ client_id: party.id, ...authentication, ...members })
  return answered(await send(broker.issuer, { method: 'POST', path, headers: { ...FORM, dpop }, body }))
}

export const pushWithProof = (broker: Endpoint, party: Party, members: Readonly<Record<string, string>>, own: DpopKey, change?: Change) =>
  callWithProof(broker, party, PAR, members, own, change)

export const redeemWithProof = (
  broker: Endpoint,
  party: Party,
  signedIn: Pick<SignedIn, 'code' | 'verifier'>,
  own: DpopKey,
  change?: Change,
) => callWithProof(broker, party, TOKEN, grantOf(party, signedIn), own, change)

export const userinfoWithProof = async (
  broker: Endpoint,
  token: string,
  own: DpopKey,
  { claims = {}, ...change }: Change = {},
  scheme = 'DPoP',
): Promise<Answered> => {
  const base = { htm: 'GET', htu: `${broker.issuer}${USERINFO}`, iat: nowOf(broker), ath: athOf(token) }
  const dpop = await proofOf(own, { ...base, ...claims }, change)
  return answered(await send(broker.issuer, { path: USERINFO, headers: { authorization: `${scheme} ${token}`, dpop } }))
}

/** The nonce of now, as the broker tells it whoever asks without one. */
export const freshNonce = async (broker: Endpoint, own: DpopKey): Promise<string> => {
  const got = await userinfoWithProof(
    broker,
    `a.${Buffer.from('{"jti":"tx_000000000000000000000000.0000000000000000000000"}').toString('base64url')}.b`,
    own,
  )
  return got.headers['dpop-nonce'] ?? ''
}
