import { rulesFor } from '../clients.ts'
import { leftHalfHash, randomText, sha256 } from '../crypto/hash.ts'
import { readTicket } from '../crypto/ids.ts'
import { signJwt } from '../crypto/jwt.ts'
import { transactions } from '../deciders.ts'
import { load, type Loaded } from '../handle.ts'
import { openRequest, openVerified, unseal, verifiedNamesIn, type SealedParts } from '../sealed.ts'
import { signerFor } from '../signing-keys.ts'
import type { World } from '../world.ts'
import { command, type Act } from './act.ts'
import type { Digest } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { transactionStream } from '../../domain/streams.ts'
import { epochSeconds } from '../../domain/time.ts'
import { accessTokenClaims, idTokenClaims } from '../../domain/tokens.ts'
import { transaction as rules } from '../../domain/transaction/decide.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import type { TransactionCommand } from '../../schemas/generated.ts'

export type Presentation = {
  readonly redirectUri: string
  /** S256 of the verifier, where one was presented. */
  readonly challenge?: string
  /** Thumbprint of the key whose DPoP proof was verified. */
  readonly dpopKey?: string
}

export type Tokens = {
  readonly accessToken: string
  readonly idToken: string
  readonly expiresInS: number
  readonly scope: string
  /** Names of the claims that the ID token tells. */
  readonly claims: readonly string[]
}

/** 128 random bits in the token's own name. */
const TOKEN_ID_BYTES = 16

/** What tokens are made from. */
type Parts = {
  readonly proof: SealedParts['proof']
  readonly request: SealedParts['request']
  readonly verified: SealedParts['verified']
}

/** At once: where the vault is elsewhere that is one trip. */
const openParts = async (world: World, transaction: string, { authenticated, code }: TransactionState): Promise<Parts | undefined> => {
  const [proof, request, verified] = await Promise.all([
    unseal(world, transaction, `proof.${authenticated?.person ?? ''}`),
    openRequest(world, transaction),
    openVerified(world, transaction, code?.released),
  ])
  return proof && request && { proof, request, verified }
}

type Minting = {
  readonly world: World
  readonly act: Act
  readonly state: TransactionState
  readonly parts: Parts
  readonly key: string | undefined
}

/** Both tokens, signed before the code is spent: a signer that fails burns nothing. */
const mint = async ({ world, act, state, parts, key: dpopKey }: Minting): Promise<Tokens | undefined> => {
  const { authenticated, consent } = state
  const { proof, request, verified } = parts
  const { configuration } = act.client
  if (configuration === undefined || authenticated === undefined || consent === undefined) return undefined
  const { accessTokenS, idTokenS } = world.policy.value.lifetimes
  const at = epochSeconds(act.at)
  const common = { issuer: world.settings.issuer, client: configuration.client_id, sub: proof.sub, issuedAt: at }
  const alg = configuration.id_token_signed_response_alg
  const key = await signerFor(world, alg)
  const scope = consent.scopes.join(' ')
  const id = `${act.transaction}.${randomText(world.chance, TOKEN_ID_BYTES)}`
  const accessToken = await signJwt(
    key,
    'at+jwt',
    accessTokenClaims({ ...common, id, scope, expiresAt: at + accessTokenS, ...(dpopKey !== undefined && { key: dpopKey }) }),
  )
  const idToken = await signJwt(
    key,
    'JWT',
    idTokenClaims({
      ...common,
      expiresAt: at + idTokenS,
      authTime: epochSeconds(authenticated.authTime),
      amr: authenticated.amr,
      accessTokenHash: leftHalfHash(alg, accessToken),
      ...(authenticated.acr !== undefined && { acr: authenticated.acr }),
      ...(request['nonce'] !== undefined && { nonce: request['nonce'] }),
      ...(verified.id_token && { verifiedClaims: verified.id_token.answer }),
    }),
  )
  return { accessToken, idToken, expiresInS: accessTokenS, scope, claims: verifiedNamesIn(verified, 'id_token') }
}

/** A presentation, foreseen: what the rules will be asked, and what the tokens are made from where they would say yes. */
export type Exchange = {
  readonly begun: Begun
  readonly act: Act
  readonly wish: Omit<Extract<TransactionCommand, { type: 'ExchangeToken' }>, 'accessTokenDigest'>
  readonly isForeseen: boolean
  readonly parts: Parts | undefined
}

/** A digest of nothing that exists: it is recorded nowhere unless the exchange succeeds. */
const noDigest = (world: World): Digest => sha256(randomText(world.chance, TOKEN_ID_BYTES))

/** Reads for a presentation, and neither decides nor writes: whether the client's assertion is fresh is asked meanwhile. */
export const prepareExchange = async (
  world: World,
  from: Omit<Act, 'transaction'>,
  begun: Begun,
  { redirectUri, challenge, dpopKey }: Presentation,
): Promise<Exchange> => {
  const { state, revision } = begun.loaded
  const wish = {
    type: 'ExchangeToken',
    at: from.at,
    client: from.client.configuration?.client_id ?? '',
    codeDigest: sha256(begun.secret),
    redirectUri,
    ...(challenge !== undefined && { challenge }),
    ...(dpopKey !== undefined && { dpopKey }),
    seen: revision,
  } as const
  const foreseen = rules.decide({ ...wish, accessTokenDigest: noDigest(world) }, state, rulesFor(world, from.client).rules)
  const isForeseen = foreseen.refusal === undefined
  // Whatever was presented: by the time that a used assertion is refused in, nobody tells a right verifier from a wrong one.
  const parts = state.stage === 'code_issued' ? await openParts(world, begun.transaction, state) : undefined
  return { begun, act: { ...from, transaction: begun.transaction }, wish, isForeseen, parts }
}

/**
 * Redeems a code (rule 31). Its stream was read when the presentation began, so that one that began after the exchange is told
 * from one that lost a race. Tokens are made only where the rules would say yes; the append then decides who was first.
 */
export const exchangeCode = async (world: World, { begun, act, wish, isForeseen, parts }: Exchange): Promise<Tokens | RefusalCode> => {
  const { state } = begun.loaded
  const tokens = isForeseen && parts ? await mint({ world, act, state, parts, key: wish.dpopKey }) : undefined
  if (isForeseen && tokens === undefined) return 'code_expired'
  const digest = tokens === undefined ? noDigest(world) : sha256(tokens.accessToken)
  const told = tokens !== undefined && tokens.claims.length > 0 ? { claims: tokens.claims } : {}
  const { refusal } = await command(world, act, { ...wish, ...told, accessTokenDigest: digest })
  return refusal ?? tokens ?? 'code_unknown'
}

/** What a client with a wrong clock presented is noted where its sign-in is looked for, and nowhere else. */
export const noteClientClock = async (world: World, from: Omit<Act, 'transaction'>, begun: Begun, seconds: number): Promise<void> => {
  const client = from.client.configuration?.client_id ?? ''
  const wish = { type: 'NoteClientClock', at: from.at, client, codeDigest: sha256(begun.secret), seconds } as const
  await command(world, { ...from, transaction: begun.transaction }, wish)
}

export type Begun = { readonly transaction: string; readonly secret: string; readonly loaded: Loaded<TransactionState> }

/** Where the code's transaction stands when its presentation begins, or undefined for what can be no code of ours. */
export const beginExchange = async (world: World, code: string): Promise<Begun | undefined> => {
  const ticket = readTicket(code)
  if (ticket === undefined) return undefined
  return { ...ticket, loaded: await load(world, transactions, transactionStream(ticket.transaction)) }
}
