import { authenticateClient, type Plan } from './guards/client-authentication.ts'
import { judgeUse, readProof, useOf, withNonce } from './guards/dpop.ts'
import { hintedSubject } from './id-token-hint.ts'
import { PAR_PATH } from './paths.ts'
import { tokenError } from './errors.ts'
import { field, json, type Reply, type Request } from './reply.ts'
import type { Proof } from '../crypto/dpop.ts'
import { sha256 } from '../crypto/hash.ts'
import { newSecret, requestUriOf } from '../crypto/ids.ts'
import { forClient } from '../id-systems.ts'
import { removeSealed } from '../sealed.ts'
import type { Act } from '../steps/act.ts'
import { beginAuthorization, prepareAuthorization, type Prepared } from '../steps/start.ts'
import type { World } from '../world.ts'
import { readAuthorizationRequest } from '../../domain/authorization-request.ts'
import type { ClientState } from '../../domain/client/client.ts'
import type { RefusalCode } from '../../domain/refusals.ts'

const AUTHENTICATION = ['client_assertion', 'client_assertion_type']

/** The parameters of the authorization request among those of the push (RFC 9126 §2.1). */
const pushed = (request: Request): ReadonlyMap<string, string> =>
  new Map(
    [...request.form].filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !AUTHENTICATION.includes(entry[0])),
  )

type Pushed = { readonly world: World; readonly from: Omit<Act, 'transaction'>; readonly prepared: Prepared; readonly secret: string }

/** Nothing comes of this push. */
const discard = async (world: World, pushed: Pushed | RefusalCode): Promise<void> => {
  if (typeof pushed !== 'string') await removeSealed(world, pushed.prepared.transaction, ['request'])
}

/** Reads what was pushed, and seals it. A refusal is told once the client's assertion is known to be fresh, and uses no proof up. */
const planFor = async (
  world: World,
  request: Request,
  client: ClientState,
  proof: Proof | undefined,
): Promise<Plan<Pushed | RefusalCode>> => {
  const refused = (refusal: RefusalCode): Plan<Pushed | RefusalCode> => ({ prepare: async () => refusal })
  const { configuration } = client
  const redirectUri = field(request, 'redirect_uri')
  if (configuration === undefined) return refused('client_unknown')
  // RFC 9126 §2.1: a push never refers to another push.
  if (field(request, 'request_uri') !== undefined) return refused('request_invalid')
  if (redirectUri === undefined) return refused('redirect_uri_not_registered')
  const here = forClient(world, configuration)
  const { factors, verifiedClaims: verifies } = here.idSystem.description
  const offered = factors.map(({ factor }) => factor)
  const read = readAuthorizationRequest(pushed(request), {
    policy: world.policy.value,
    client: configuration,
    offered,
    verifies,
    via: 'par',
  })
  if ('refusal' in read) return refused(read.refusal)
  // RFC 9449 §10.1: the key that is proven and the one that is named are one.
  const { dpopKey = proof?.key } = read.fields
  if (proof !== undefined && dpopKey !== proof.key) return refused('dpop_invalid')
  const hinted = await hintedSubject(world, configuration.client_id, read.raw['id_token_hint'])
  if (hinted === 'unreadable') return refused('request_invalid')
  const use = proof && useOf(world, request, proof, configuration)
  if (use === 'dpop_invalid') return refused(use)
  const secret = newSecret(world.chance)
  const from = { id: request.requestId, causation: request.requestId, at: request.at, client }
  const asked = { fields: { ...read.fields, ...(dpopKey !== undefined && { dpopKey }) }, raw: { ...read.raw, ...hinted } }
  const binding = { via: 'par', redirectUri, requestUriDigest: sha256(secret) } as const
  return {
    ...(use && { proof: use }),
    prepare: async () => ({ world: here, from, prepared: await prepareAuthorization(here, from, asked, binding), secret }),
    discard: (pushed) => discard(world, pushed),
  }
}

/** POST: an authenticated client leaves its request here and gets a reference for the browser (RFC 9126, rule 23). */
export const par = async (world: World, request: Request): Promise<Reply> => {
  if (world.underWay.isFull()) return tokenError('overloaded')
  const read = await readProof(world, request, { nonceDemanded: false })
  if ('refusal' in read) return withNonce(world, request, tokenError(read.refusal))
  const { proof } = read
  const authenticated = await authenticateClient(world, request, PAR_PATH, (client) => planFor(world, request, client, proof))
  if ('refusal' in authenticated) return tokenError(authenticated.refusal)
  const { prepared, isProofFirst } = authenticated
  if (typeof prepared === 'string') return tokenError(prepared)
  const spent = proof && (await judgeUse(world, request, proof, isProofFirst))
  const started = spent === undefined ? await beginAuthorization(prepared.world, prepared.from, prepared.prepared) : { refusal: spent }
  if (started.refusal !== undefined) {
    await discard(world, prepared)
    return tokenError(started.refusal)
  }
  const answer = {
    request_uri: requestUriOf({ transaction: started.transaction, secret: prepared.secret }),
    expires_in: world.policy.value.lifetimes.requestUriS,
  }
  const reply = json(answer, 201)
  return proof === undefined ? reply : withNonce(world, request, reply)
}
