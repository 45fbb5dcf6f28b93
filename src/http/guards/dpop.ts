import { dpopNonces } from '../../crypto/dpop-nonce.ts'
import { PROOF_AGE_S_MAX, verifyProof, type Proof, type ProofFault } from '../../crypto/dpop.ts'
import type { World } from '../../world.ts'
import type { Headers, Reply, Request } from '../reply.ts'
import type { Use } from '../../../domain/ports.ts'
import type { RefusalCode } from '../../../domain/refusals.ts'
import { epochSeconds, instantOf } from '../../../domain/time.ts'
import type { ClientConfiguration } from '../../../schemas/generated.ts'

type Guarding = Pick<World, 'settings' | 'singleUse' | 'log' | 'secrets'>

export type ProofRead = { readonly proof?: Proof } | { readonly refusal: Extract<RefusalCode, 'dpop_invalid' | 'dpop_nonce_needed'> }

const refuse = ({ log }: Guarding, request: Request, reason: ProofFault | 'replayed' | 'profile'): { readonly refusal: 'dpop_invalid' } => {
  log.warn('dpop_refused', { request: request.requestId, reason })
  return { refusal: 'dpop_invalid' }
}

/**
 * The proof that a request brings, if any. Nothing is spent yet: a client that needs a nonce is told before its assertion is used
 * up (rule 32). `nonceDemanded`: without a nonce of ours it is not accepted here.
 */
export const readProof = async (
  world: Guarding,
  request: Request,
  { nonceDemanded, accessToken }: { readonly nonceDemanded: boolean; readonly accessToken?: string },
): Promise<ProofRead> => {
  const text = request.headers['dpop']
  if (text === undefined) return {}
  const verified = verifyProof(text, {
    method: request.method,
    url: `${world.settings.issuer}${request.path}`,
    at: request.at,
    epoch: await world.singleUse.epoch(),
    nonce: { demanded: nonceDemanded, accepted: dpopNonces(world.secrets.dpopNonce, request.at) },
    ...(accessToken !== undefined && { accessToken }),
  })
  if (verified.ok) return { proof: verified.proof }
  return verified.fault === 'nonce' ? { refusal: 'dpop_nonce_needed' } : refuse(world, request, verified.fault)
}

/** The use to hand to the memory; or a refusal, where this client may not use such a proof. */
export const useOf = (
  world: Guarding,
  request: Request,
  { key, alg, jti, issuedAt }: Proof,
  { profile }: Pick<ClientConfiguration, 'profile'>,
): Use | 'dpop_invalid' => {
  if (alg === 'RS256' && profile === 'fapi2') return refuse(world, request, 'profile').refusal
  // One second longer than it would be accepted.
  return { scope: `dpop:${key}`, id: jti, until: instantOf((issuedAt + PROOF_AGE_S_MAX + 1) * 1000) }
}

/** What follows from whether it was the first use. */
export const judgeUse = async (
  world: Guarding,
  request: Request,
  { issuedAt }: Proof,
  isFirst: boolean,
): Promise<'dpop_invalid' | undefined> => {
  if (!isFirst) return refuse(world, request, 'replayed').refusal
  // A memory that was lost since the proof was read does not know what the one before it knew.
  return issuedAt < epochSeconds(await world.singleUse.epoch()) ? refuse(world, request, 'before_memory').refusal : undefined
}

/** Uses a proof up, last of all and for a known client only: strangers cannot fill the memory (RFC 9449 §11.1). */
export const spendProof = async (
  world: Guarding,
  request: Request,
  proof: Proof,
  client: Pick<ClientConfiguration, 'profile'>,
): Promise<'dpop_invalid' | undefined> => {
  const use = useOf(world, request, proof, client)
  return use === 'dpop_invalid' ? use : judgeUse(world, request, proof, (await world.singleUse.useInOrder([use])) === 1)
}

/** The nonce to use next time (RFC 9449 §8.2), for a client that uses DPoP or is told to. */
export const withNonce = (world: Pick<World, 'secrets'>, request: Pick<Request, 'at'>, reply: Reply): Reply => {
  const [nonce] = dpopNonces(world.secrets.dpopNonce, request.at)
  const headers: Headers = { ...reply.headers, 'dpop-nonce': nonce }
  return { ...reply, headers }
}
