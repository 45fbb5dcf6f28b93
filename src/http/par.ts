import { authenticateClient } from './guards/client-authentication.ts'
import { readProof, spendProof, withNonce } from './guards/dpop.ts'
import { hintedSubject } from './id-token-hint.ts'
import { PAR_PATH } from './paths.ts'
import { tokenError } from './errors.ts'
import { field, json, type Reply, type Request } from './reply.ts'
import { sha256 } from '../crypto/hash.ts'
import { newSecret, requestUriOf } from '../crypto/ids.ts'
import { forClient } from '../id-systems.ts'
import { startAuthorization } from '../steps/start.ts'
import type { World } from '../world.ts'
import { readAuthorizationRequest } from '../../domain/authorization-request.ts'

const AUTHENTICATION = ['client_assertion', 'client_assertion_type']

/** The parameters of the authorization request among those of the push (RFC 9126 §2.1). */
const pushed = (request: Request): ReadonlyMap<string, string> =>
  new Map(
    [...request.form].filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !AUTHENTICATION.includes(entry[0])),
  )

/** POST: an authenticated client leaves its request here and gets a reference for the browser (RFC 9126, rule 23). */
export const par = async (world: World, request: Request): Promise<Reply> => {
  if (world.underWay.isFull()) return tokenError('overloaded')
  const pushedProof = await readProof(world, request, { nonceDemanded: false })
  if ('refusal' in pushedProof) return withNonce(world, request, tokenError(pushedProof.refusal))
  const { proof } = pushedProof
  const authenticated = await authenticateClient(world, request, PAR_PATH)
  if ('refusal' in authenticated) return tokenError(authenticated.refusal)
  const { client } = authenticated
  const { configuration } = client
  const redirectUri = field(request, 'redirect_uri')
  if (configuration === undefined) return tokenError('client_unknown')
  // RFC 9126 §2.1: a push never refers to another push.
  if (field(request, 'request_uri') !== undefined) return tokenError('request_invalid')
  if (redirectUri === undefined) return tokenError('redirect_uri_not_registered')
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
  if ('refusal' in read) return tokenError(read.refusal)
  // RFC 9449 §10.1: the key that is proven and the one that is named are one.
  const { dpopKey = proof?.key } = read.fields
  if (proof !== undefined && dpopKey !== proof.key) return tokenError('dpop_invalid')
  const hinted = await hintedSubject(world, configuration.client_id, read.raw['id_token_hint'])
  if (hinted === 'unreadable') return tokenError('request_invalid')
  const spent = proof && (await spendProof(world, request, proof, configuration))
  if (spent !== undefined) return tokenError(spent)
  const secret = newSecret(world.chance)
  const from = { id: request.requestId, causation: request.requestId, at: request.at, client }
  const asked = { fields: { ...read.fields, ...(dpopKey !== undefined && { dpopKey }) }, raw: { ...read.raw, ...hinted } }
  const started = await startAuthorization(here, from, asked, { via: 'par', redirectUri, requestUriDigest: sha256(secret) })
  if (started.refusal !== undefined) return tokenError(started.refusal)
  const answer = {
    request_uri: requestUriOf({ transaction: started.transaction, secret }),
    expires_in: world.policy.value.lifetimes.requestUriS,
  }
  const reply = json(answer, 201)
  return proof === undefined ? reply : withNonce(world, request, reply)
}
