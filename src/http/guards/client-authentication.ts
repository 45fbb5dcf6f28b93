import { clientOf } from '../../clients.ts'
import { readAssertion, readClaims, signatureFault, type AssertionFault } from '../../crypto/client-assertion.ts'
import type { World } from '../../world.ts'
import { TOKEN_PATHS } from '../paths.ts'
import { field, type Request } from '../reply.ts'
import { isClientId, type ClientState } from '../../../domain/client/client.ts'
import type { Use } from '../../../domain/ports.ts'
import type { RefusalCode } from '../../../domain/refusals.ts'
import { instantOf } from '../../../domain/time.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type ClientAuthentication<Prepared = undefined> =
  | {
      readonly client: ClientState
      readonly prepared: Prepared
      /** Whether the proof that the plan names was used now for the first time. */
      readonly isProofFirst: boolean
    }
  | {
      readonly refusal: Extract<RefusalCode, 'client_authentication_failed' | 'client_inactive' | 'assertion_replayed'>
      /** The client itself signed, by a clock that is wrong: this far ahead of ours, seconds. It is not authenticated by it. */
      readonly clock?: { readonly client: ClientState; readonly seconds: number }
    }

/** What goes beside the memory of assertions, which is one trip where both are elsewhere. */
export type Plan<Prepared> = {
  /** A proof of a key, used up with the assertion: not where the assertion was used before. */
  readonly proof?: Use
  /** Reads, or seals what nobody can ask for, and writes nothing else: the assertion may be one that was used. */
  readonly prepare: () => Promise<Prepared>
  /** Takes back what was sealed, where nothing may come of it: else one used assertion would fill the vault. Throws no fault. */
  readonly discard?: (prepared: Prepared) => Promise<void>
}

type Authenticating = Pick<World, 'settings' | 'singleUse' | 'log' | 'journal' | 'states' | 'clientKeys'>

type Reason = AssertionFault | 'missing' | 'client_id' | 'client' | 'inactive' | 'replayed'

/** The reason is for the operator; a name that nobody registered could be anything, so it is not repeated. */
const failed = (
  world: Authenticating,
  request: Request,
  reason: Reason,
  client?: string,
): Extract<ClientAuthentication, { refusal: unknown }> => {
  world.log.warn('client_authentication_failed', { request: request.requestId, reason, ...(client !== undefined && { client }) })
  if (reason === 'inactive') return { refusal: 'client_inactive' }
  return { refusal: reason === 'replayed' ? 'assertion_replayed' : 'client_authentication_failed' }
}

/**
 * `private_key_jwt` at `endpointPath`. A client that is not bound to the issuer as audience may also name the URL of that
 * endpoint or of the token endpoint, as eSignet 1.8 and older clients do (rule 34). `planFor` is asked once all but freshness is shown.
 */
export const authenticateClient = async <Prepared>(
  world: Authenticating,
  request: Request,
  endpointPath: string,
  planFor: (client: ClientState) => Promise<Plan<Prepared>>,
): Promise<ClientAuthentication<Prepared>> => {
  const text = field(request, 'client_assertion')
  if (text === undefined || field(request, 'client_assertion_type') !== TYPE) return failed(world, request, 'missing')
  const assertion = readAssertion(text)
  if (assertion === undefined) return failed(world, request, 'malformed')
  const id = assertion.subject
  const given = field(request, 'client_id')
  if (!isClientId(id) || (given !== undefined && given !== id)) return failed(world, request, 'client_id')
  const client = await clientOf(world, id)
  const { configuration, active } = client
  if (configuration === undefined) return failed(world, request, 'client')
  const { issuer } = world.settings
  const epoch = await world.singleUse.epoch()
  const read = readClaims(assertion, {
    client: configuration,
    at: request.at,
    issuer,
    endpoints: [endpointPath, ...TOKEN_PATHS].map((path) => `${issuer}${path}`),
    epoch,
  })
  if (!read.ok) {
    const refused = failed(world, request, read.fault, id)
    if (read.clock === undefined || !active) return refused
    // With the keys that are there: nobody's are fetched for this.
    const kept = await world.clientKeys.of(client, () => true)
    const isOwn = signatureFault(assertion, read.clock, kept.verifying) === undefined
    return isOwn ? { ...refused, clock: { client, seconds: read.clock.seconds } } : refused
  }
  const { kid } = read
  const keys = await world.clientKeys.of(client, ({ verifying }) => verifying.some((key) => kid === undefined || key.kid === kid))
  const fault = signatureFault(assertion, read, keys.verifying)
  if (fault !== undefined) return failed(world, request, fault, id)
  if (!active) return failed(world, request, 'inactive', id)
  const { proof, prepare, discard } = await planFor(client)
  const assertionUse: Use = { scope: `assertion:${id}`, id: read.jti, until: instantOf(read.exp * 1000) }
  // Last of all, so that what fails otherwise spends nothing.
  const [using, preparing] = await Promise.allSettled([
    world.singleUse.useInOrder([assertionUse, ...(proof === undefined ? [] : [proof])]),
    prepare(),
  ])
  const used = using.status === 'fulfilled' ? using.value : 0
  // A memory that was lost meanwhile does not know what the one before it knew.
  const isKnown = used > 0 && (await world.singleUse.epoch().catch(() => undefined)) === epoch
  if (!isKnown && preparing.status === 'fulfilled') await discard?.(preparing.value)
  // The memory is judged first, so that a replay is told as one whatever became of what was prepared.
  if (using.status === 'rejected') throw using.reason
  if (!isKnown) return failed(world, request, used === 0 ? 'replayed' : 'before_memory', id)
  if (preparing.status === 'rejected') throw preparing.reason
  return { client, prepared: preparing.value, isProofFirst: proof !== undefined && used > 1 }
}
