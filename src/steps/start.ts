import { rulesFor } from '../clients.ts'
import { hmac } from '../crypto/hash.ts'
import { newTransaction } from '../crypto/ids.ts'
import { ASKED_AT, seal, sealedUntil } from '../sealed.ts'
import { begunWith } from '../id-systems.ts'
import type { World } from '../world.ts'
import { command, type Act, type Outcome } from './act.ts'
import type { AuthorizationRequest } from '../../domain/authorization-request.ts'
import { canonical } from '../../domain/canonical.ts'
import type { Digest } from '../../domain/ports.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { transaction as rules } from '../../domain/transaction/decide.ts'
import type { TransactionCommand } from '../../schemas/generated.ts'

export type Started = Outcome & { readonly transaction: string }

/** A request that was sealed under a name which nobody knows yet; or was not, and why. */
export type Prepared = {
  readonly transaction: string
  readonly wish: Extract<TransactionCommand, { type: 'StartAuthorization' }>
  readonly refusal?: RefusalCode
}

/** What binds the transaction: a browser that brought the request itself, or the secret of a pushed request's URI. */
export type Binding =
  | { readonly via: 'direct'; readonly redirectUri: string; readonly browser: Digest }
  | { readonly via: 'par'; readonly redirectUri: string; readonly requestUriDigest: Digest }

/** The raw request is sealed before the transaction begins (rules 1 and 10); the event will hold a keyed digest of it. */
export const prepareAuthorization = async (
  world: World,
  from: Omit<Act, 'transaction'>,
  request: AuthorizationRequest,
  binding: Binding,
): Promise<Prepared> => {
  const transaction = newTransaction(world.chance)
  const { lifetimes } = world.policy.value
  const wish = {
    type: 'StartAuthorization',
    at: from.at,
    client: from.client.configuration?.client_id ?? '',
    ...request.fields,
    ...binding,
    requestDigest: hmac(world.secrets.digest, `request:${canonical(request.raw)}`),
    plugin: begunWith(world.idSystem),
  } as const
  // Asked beforehand: a request that is refused leaves nothing behind, in the vault either (rule 23).
  const { refusal } = rules.decide(wish, rules.initialState, rulesFor(world, from.client).rules)
  if (refusal !== undefined) return { transaction, wish, refusal }
  const kept = { ...request.raw, [ASKED_AT]: from.at }
  await seal(world, transaction, 'request', kept, sealedUntil(world.policy.value, plusSeconds(from.at, lifetimes.requestUriS)))
  return { transaction, wish }
}

/** Records what was prepared; a refusal that was foreseen is answered as it is. */
export const beginAuthorization = async (world: World, from: Omit<Act, 'transaction'>, prepared: Prepared): Promise<Started> => {
  const { transaction, wish, refusal } = prepared
  if (refusal !== undefined) return { transaction, state: rules.initialState, refusal }
  return { transaction, ...(await command(world, { ...from, transaction }, wish)) }
}

/** Both, where nothing has to be known in between. */
export const startAuthorization = async (
  world: World,
  from: Omit<Act, 'transaction'>,
  request: AuthorizationRequest,
  binding: Binding,
): Promise<Started> => beginAuthorization(world, from, await prepareAuthorization(world, from, request, binding))
