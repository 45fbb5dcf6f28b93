import { userinfoError } from './errors.ts'
import { readProof, spendProof, withNonce, type ProofRead } from './guards/dpop.ts'
import { json, type Reply, type Request } from './reply.ts'
import { clientOf, rulesFor } from '../clients.ts'
import type { Proof } from '../crypto/dpop.ts'
import { encryptionKeyOf, encryptJwt } from '../crypto/encrypt.ts'
import { sha256 } from '../crypto/hash.ts'
import { signJwt } from '../crypto/jwt.ts'
import { transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { openRequest, openVerified, unseal, verifiedNamesIn } from '../sealed.ts'
import { isKeyPublished, signerFor } from '../signing-keys.ts'
import { command } from '../steps/act.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import { releasedMembers } from '../../domain/claims.ts'
import type { ClientState } from '../../domain/client/client.ts'
import { parseObject } from '../../domain/json.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { transactionStream } from '../../domain/streams.ts'
import { epochSeconds } from '../../domain/time.ts'
import { userinfoClaims } from '../../domain/tokens.ts'
import { transaction as rules } from '../../domain/transaction/decide.ts'

const TOKEN_CHARS_MAX = 4096

/** RFC 9110 §11.1: the scheme in any case. RFC 6750 §2.1, RFC 9449 §7.1: the header is the only place where a token is taken. */
const CREDENTIALS = /^(bearer|dpop) +([A-Za-z0-9._~+/-]+=*)$/i

const TOKEN_NAME = /^(tx_[0-9a-hjkmnp-tv-z]{24})\.[A-Za-z0-9_-]{22}$/

type Presented = {
  readonly scheme: 'Bearer' | 'DPoP'
  readonly token: string
  readonly transaction: string
  /** The key that signed it, as it says. */
  readonly kid: unknown
}

/**
 * The transaction that a token says it belongs to. Nothing of the token is believed: the transaction holds the digest of the one
 * token that is honoured (rule 33), so its signature need not be checked.
 */
const tokenNames = (token: string): Pick<Presented, 'transaction' | 'kid'> | undefined => {
  const [header, payload] = token.split('.', 2).map((part) => parseObject(Buffer.from(part, 'base64url').toString('utf8')))
  const transaction = TOKEN_NAME.exec(textOf(payload?.['jti']))?.[1]
  return transaction === undefined ? undefined : { transaction, kid: header?.['kid'] }
}

const presentedIn = (header: string): Presented | undefined => {
  const [, scheme = '', token = ''] = (header.length <= TOKEN_CHARS_MAX ? CREDENTIALS.exec(header) : null) ?? []
  const names = tokenNames(token)
  return names && { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token, ...names }
}

/** The proof that comes with a DPoP token; what comes beside a bearer token proves nothing. */
const proofOf = async (world: World, request: Request, { scheme, token }: Presented): Promise<ProofRead> => {
  if (scheme === 'Bearer') return {}
  const read = await readProof(world, request, { nonceDemanded: true, accessToken: token })
  return 'refusal' in read || read.proof !== undefined ? read : { refusal: 'dpop_invalid' }
}

/** To whom and how the answer is encrypted, where the relying party wants that (OpenID Connect Core §5.3.2). */
const encryptionFor = async ({ clientKeys }: World, client: ClientState) => {
  const alg = client.configuration?.userinfo_encrypted_response_alg
  if (alg === undefined) return undefined
  const { jwks } = await clientKeys.of(client, (set) => encryptionKeyOf(set.jwks, alg) !== undefined)
  const key = encryptionKeyOf(jwks, alg)
  return key === undefined ? 'missing' : { alg, key }
}

/** The claims for whoever holds the token and, where it is bound, its key. */
const release = async (
  world: World,
  request: Request,
  { token, transaction, kid }: Presented,
  proof: Proof | undefined,
): Promise<Reply | RefusalCode> => {
  const { state } = await load(world, transactions, transactionStream(transaction))
  const client = await clientOf(world, state.request?.client ?? '')
  const { configuration } = client
  if (configuration === undefined) return 'token_invalid'
  const act = { id: request.requestId, causation: request.requestId, at: request.at, transaction, client }
  const asked = { type: 'ReleaseUserinfo', at: request.at, accessTokenDigest: sha256(token), ...(proof && { dpopKey: proof.key }) } as const
  // Asked beforehand, so that only who holds the token and its key leaves a trace in the memory of proofs.
  const foreseen = rules.decide({ ...asked, claims: [] }, state, rulesFor(world, client).rules)
  if (foreseen.refusal !== undefined) return foreseen.refusal
  // Who holds a key that leaked could have made any token: what it signed is worth nothing from the revocation on (rule 45).
  if (!(await isKeyPublished(world, kid))) return 'token_revoked'
  const encryption = await encryptionFor(world, client)
  if (encryption === 'missing') return 'encryption_key_missing'
  // At once: where vault and memory are elsewhere that is one trip. So a proof is used up also where nothing is kept any more.
  const [spent, known, claims, raw, verified] = await Promise.all([
    proof && spendProof(world, request, proof, configuration),
    unseal(world, transaction, `proof.${state.authenticated?.person ?? ''}`),
    unseal(world, transaction, 'claims'),
    openRequest(world, transaction),
    openVerified(world, transaction, state.code?.released),
  ])
  if (spent !== undefined) return spent
  if (known === undefined || claims === undefined) return 'token_invalid'
  const wish = { ...asked, claims: [...Object.keys(claims), ...verifiedNamesIn(verified, 'userinfo')] }
  const { refusal } = await command(world, act, wish)
  if (refusal !== undefined) return refusal
  const members = {
    ...releasedMembers(claims, (raw?.['claims_locales'] ?? '').split(' ')),
    ...(verified.userinfo && { verified_claims: verified.userinfo.answer }),
  }
  if (configuration.userinfo_format === 'json') return json({ ...members, sub: known.sub })
  const { issuer } = world.settings
  const set = userinfoClaims({ issuer, client: configuration.client_id, sub: known.sub, issuedAt: epochSeconds(request.at), members })
  const jwt = await signJwt(await signerFor(world, configuration.userinfo_signed_response_alg), 'JWT', set)
  const body = encryption === undefined ? jwt : await encryptJwt(jwt, encryption.alg, encryption.key)
  return { status: 200, headers: { 'content-type': 'application/jwt' }, body }
}

/** GET and POST: the claims that the person agreed to share, once the release is recorded. */
export const userinfo = async (world: World, request: Request): Promise<Reply> => {
  const header = request.headers['authorization']
  if (header === undefined) return userinfoError('token_missing')
  const presented = presentedIn(header)
  if (presented === undefined) return userinfoError('token_invalid', /^dpop /i.test(header) ? 'DPoP' : 'Bearer')
  const { scheme } = presented
  const read = await proofOf(world, request, presented)
  if ('refusal' in read) return withNonce(world, request, userinfoError(read.refusal, scheme))
  const released = await release(world, request, presented, read.proof)
  const reply = typeof released === 'string' ? userinfoError(released, scheme) : released
  return read.proof === undefined ? reply : withNonce(world, request, reply)
}
