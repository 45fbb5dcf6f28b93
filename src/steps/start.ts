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
import { transaction as rules } from '../../domain/transaction/decide.ts'

export type Started = Outcome & { readonly transaction: string }

/** What binds the transaction: a browser that brought the request itself, or the secret of a pushed request's URI. */
export type Binding =
  | { readonly via: 'direct'; readonly redirectUri: string; readonly browser: Digest }
  | { readonly via: 'par'; readonly redirectUri: string; readonly requestUriDigest: Digest }

/** The raw request is sealed before the transaction begins (rules 1 and 10); the event holds a keyed digest of it. */
export const startAuthorization = async (
  world: World,
  from: Omit<Act, 'transaction'>,
  request: AuthorizationRequest,
  binding: Binding,
): Promise<Started> => {
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
  const foreseen = rules.decide(wish, rules.initialState, rulesFor(world, from.client).rules)
  if (foreseen.refusal !== undefined) return { transaction, state: rules.initialState, refusal: foreseen.refusal }
  const kept = { ...request.raw, [ASKED_AT]: from.at }
  await seal(world, transaction, 'request', kept, sealedUntil(world.policy.value, plusSeconds(from.at, lifetimes.requestUriS)))
  const started = await command(world, { ...from, transaction }, wish)
  return { transaction, ...started }
}
