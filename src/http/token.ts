import { authenticateClient, type Plan } from './guards/client-authentication.ts'
import { judgeUse, readProof, useOf, withNonce } from './guards/dpop.ts'
import { tokenError } from './errors.ts'
import { field, json, type Reply, type Request } from './reply.ts'
import type { Proof } from '../crypto/dpop.ts'
import { sha256 } from '../crypto/hash.ts'
import { beginExchange, exchangeCode, noteClientClock, prepareExchange, type Exchange, type Presentation } from '../steps/exchange.ts'
import type { World } from '../world.ts'
import type { RefusalCode } from '../../domain/refusals.ts'

/** RFC 7636 §4.1. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** What comes with a code, or why it is no presentation of one. */
const presentationIn = (request: Request, proof: Proof | undefined): Presentation | RefusalCode => {
  const grantType = field(request, 'grant_type')
  const redirectUri = field(request, 'redirect_uri')
  const verifier = field(request, 'code_verifier')
  if (grantType !== undefined && grantType !== 'authorization_code') return 'grant_type_unsupported'
  if (grantType === undefined || field(request, 'code') === undefined || redirectUri === undefined) return 'request_invalid'
  if (verifier !== undefined && !VERIFIER.test(verifier)) return 'request_invalid'
  return { redirectUri, ...(verifier !== undefined && { challenge: sha256(verifier) }), ...(proof && { dpopKey: proof.key }) }
}

/** POST: a code for tokens (RFC 6749 §4.1.3). */
export const token = async (world: World, request: Request): Promise<Reply> => {
  const code = field(request, 'code')
  // Read before anything else: what begins after an exchange is a replay (rule 31).
  const begun = code === undefined ? undefined : await beginExchange(world, code)
  const read = await readProof(world, request, { nonceDemanded: true })
  if ('refusal' in read) return withNonce(world, request, tokenError(read.refusal))
  const { proof } = read
  const from = { id: request.requestId, causation: request.requestId, at: request.at }
  const presented = presentationIn(request, proof)
  const authenticated = await authenticateClient(world, request, request.path, async (client): Promise<Plan<Exchange | RefusalCode>> => {
    const { configuration } = client
    if (configuration === undefined) return { prepare: async () => 'client_unknown' }
    if (typeof presented === 'string') return { prepare: async () => presented }
    if (begun === undefined) return { prepare: async () => 'code_unknown' }
    const use = proof && useOf(world, request, proof, configuration)
    if (use === 'dpop_invalid') return { prepare: async () => use }
    return { ...(use && { proof: use }), prepare: () => prepareExchange(world, { ...from, client }, begun, presented) }
  })
  if ('refusal' in authenticated) {
    const { clock } = authenticated
    if (clock !== undefined && begun !== undefined) await noteClientClock(world, { ...from, client: clock.client }, begun, clock.seconds)
    return tokenError(authenticated.refusal)
  }
  const { prepared, isProofFirst } = authenticated
  if (typeof prepared === 'string') return tokenError(prepared)
  const spent = proof && (await judgeUse(world, request, proof, isProofFirst))
  if (spent !== undefined) return tokenError(spent)
  const tokens = await exchangeCode(world, prepared)
  if (typeof tokens === 'string') return tokenError(tokens)
  const answer = json({
    access_token: tokens.accessToken,
    token_type: proof === undefined ? 'Bearer' : 'DPoP',
    expires_in: tokens.expiresInS,
    scope: tokens.scope,
    id_token: tokens.idToken,
  })
  return proof === undefined ? answer : withNonce(world, request, answer)
}
