import { bearerError } from './errors.ts'
import { json, type Reply, type Request } from './reply.ts'
import { clientOf } from '../clients.ts'
import { sha256 } from '../crypto/hash.ts'
import { signJwt } from '../crypto/jwt.ts'
import { transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { unseal } from '../sealed.ts'
import { command } from '../steps/act.ts'
import type { World } from '../world.ts'
import { releasedMembers } from '../../domain/claims.ts'
import { transactionStream } from '../../domain/streams.ts'
import { epochSeconds } from '../../domain/time.ts'
import { userinfoClaims } from '../../domain/tokens.ts'

const TOKEN_CHARS_MAX = 4096

/** RFC 9110 §11.1: the scheme in any case. RFC 6750 §2.1: the header is the only place where a token is taken. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

const TOKEN_NAME = /^(tx_[0-9a-hjkmnp-tv-z]{24})\.[A-Za-z0-9_-]{22}$/

/**
 * The transaction that a token says it belongs to. Nothing of the token is believed: the transaction holds the digest of the one
 * token that is honoured (rule 33), so its signature need not be checked.
 */
const transactionOf = (token: string): string | undefined => {
  const [, payload = ''] = token.split('.')
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { readonly jti?: unknown } | null
    return typeof claims?.jti === 'string' ? TOKEN_NAME.exec(claims.jti)?.[1] : undefined
  } catch {
    return undefined
  }
}

/** GET and POST: the claims that the person agreed to share, once the release is recorded. */
export const userinfo = async (world: World, request: Request): Promise<Reply> => {
  const header = request.headers['authorization']
  if (header === undefined) return bearerError('token_missing')
  const presented = header.length <= TOKEN_CHARS_MAX ? BEARER.exec(header)?.[1] : undefined
  const transaction = presented === undefined ? undefined : transactionOf(presented)
  if (presented === undefined || transaction === undefined) return bearerError('token_invalid')
  const { state } = await load(world, transactions, transactionStream(transaction))
  const client = await clientOf(world, state.request?.client ?? '')
  const { configuration } = client
  const proof = await unseal(world, transaction, `proof.${state.authenticated?.person ?? ''}`)
  const claims = await unseal(world, transaction, 'claims')
  const raw = await unseal(world, transaction, 'request')
  if (configuration === undefined || proof === undefined || claims === undefined) return bearerError('token_invalid')
  const act = { id: request.requestId, causation: request.requestId, at: request.at, transaction, client }
  const wish = { type: 'ReleaseUserinfo', at: request.at, accessTokenDigest: sha256(presented), claims: Object.keys(claims) } as const
  const { refusal } = await command(world, act, wish)
  if (refusal !== undefined) return bearerError(refusal)
  const members = releasedMembers(claims, (raw?.['claims_locales'] ?? '').split(' '))
  if (configuration.userinfo_format === 'json') return json({ ...members, sub: proof.sub })
  const { issuer } = world.settings
  const set = userinfoClaims({ issuer, client: configuration.client_id, sub: proof.sub, issuedAt: epochSeconds(request.at), members })
  const jwt = await signJwt(await world.keys.signing(configuration.userinfo_signed_response_alg), 'JWT', set)
  return { status: 200, headers: { 'content-type': 'application/jwt' }, body: jwt }
}
