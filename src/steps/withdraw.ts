import { clientOf } from '../clients.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { consents } from '../deciders.ts'
import { handle, type Handled } from '../handle.ts'
import { command, type Deciding } from './act.ts'
import type { ConsentState } from '../../domain/consent/consent.ts'
import type { Instant, Uuid } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { consentStream } from '../../domain/streams.ts'
import type { ConsentCommand } from '../../schemas/generated.ts'

type Withdrawal = { readonly consent: string; readonly id: Uuid; readonly causation: string; readonly at: Instant }

const commandConsent = (world: Deciding, { consent, id, causation }: Withdrawal, wish: ConsentCommand): Promise<Handled<ConsentState>> =>
  handle(world, consents, consentStream(consent), wish, {
    commandId: uuidv5(id, wish.type),
    causation,
    correlation: consent,
    rules: undefined,
    ruleDigests: {},
  })

/** Kills what lives on a consent whose withdrawal was requested, then says that it is done (rule 13). Safe to do twice. */
export const completeWithdrawal = async (world: Deciding, withdrawal: Withdrawal, state: ConsentState): Promise<void> => {
  const client = await clientOf(world, state.standing?.client ?? '')
  for (const { transaction } of state.live) {
    const act = { id: uuidv5(withdrawal.id, transaction), causation: withdrawal.causation, at: withdrawal.at, transaction, client }
    await command(world, act, { type: 'RevokeAccess', at: withdrawal.at, consent: withdrawal.consent })
  }
  await commandConsent(world, withdrawal, { type: 'CompleteWithdrawal', at: withdrawal.at })
}

/** In this order (rule 13): no new use, every code and token dead, recorded as withdrawn; only then is it acknowledged. */
export const withdrawConsent = async (
  world: Deciding,
  withdrawal: Withdrawal,
  by: 'self' | 'operator',
): Promise<RefusalCode | undefined> => {
  const requested = await commandConsent(world, withdrawal, { type: 'RequestWithdrawal', at: withdrawal.at, by })
  if (requested.refusal !== undefined) return requested.refusal
  await completeWithdrawal(world, withdrawal, requested.state)
  return undefined
}
