import { field, json, type Reply, type Request } from './reply.ts'
import { sha256 } from '../crypto/hash.ts'
import { isSignedBy, readWithdrawalToken, WITHDRAW_SCOPE, type WithdrawalToken } from '../crypto/withdrawal-token.ts'
import { withdrawConsent } from '../steps/withdraw.ts'
import type { World } from '../world.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

/** RFC 6750 §3.1. */
const refused = (status: number, error: string, description: string): Reply =>
  json({ error, error_description: description }, status, {
    'cache-control': 'no-store',
    'www-authenticate': `Bearer error="${error}", error_description="${description}", scope="${WITHDRAW_SCOPE}"`,
  })

const INVALID = refused(401, 'invalid_token', 'The access token is missing or not valid.')

type Issuer = NonNullable<World['settings']['withdrawals']>

/** Keys of the issuer, fetched by the guarded way that relying parties' keys come by. No client can have this name. */
const isSigned = async ({ clientKeys }: World, { jwksUri }: Issuer, token: WithdrawalToken): Promise<boolean> => {
  const configuration = { client_id: 'withdrawals:issuer', jwks_uri: jwksUri } as unknown as ClientConfiguration
  const { verifying } = await clientKeys.of({ configuration, artefact: sha256(jwksUri) }, (set) => isSignedBy(token, set.verifying))
  return isSignedBy(token, verifying)
}

/**
 * POST: an agreement is taken back by a service that the deployment's own issuer lets do it (RFC 9068). Every code and token that rests
 * on it is dead when this is answered (rule 13). Asking twice is answered alike.
 */
export const withdrawals = async (world: World, request: Request): Promise<Reply> => {
  const { settings } = world
  const issuer = settings.withdrawals
  if (issuer === undefined) return json({ error: 'not_found', error_description: 'No issuer is configured for this.' }, 404)
  const [, text = ''] = /^bearer +([A-Za-z0-9._-]+)$/i.exec(request.headers['authorization'] ?? '') ?? []
  const token = readWithdrawalToken(text, { issuer: issuer.issuer, audience: settings.issuer, at: request.at })
  if (token === 'invalid') return INVALID
  if (token === 'scope') return refused(403, 'insufficient_scope', 'The access token does not allow this.')
  if (!(await isSigned(world, issuer, token))) return INVALID
  const consent = field(request, 'consent') ?? ''
  if (!/^[A-Za-z0-9_-]{43}$/.test(consent))
    return json({ error: 'invalid_request', error_description: 'consent is missing or malformed.' }, 400)
  const { requestId: id, at } = request
  const refusal = await withdrawConsent(world, { consent, id, causation: id, at }, { by: 'service', service: token.service })
  if (refusal !== undefined && refusal !== 'consent_withdrawn')
    return json({ error: 'not_found', error_description: 'There is no such agreement.' }, 404)
  return json({ consent, status: 'withdrawn' })
}
