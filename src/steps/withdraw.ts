import { clientOf } from '../clients.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { consents } from '../deciders.ts'
import { load, type Handled } from '../handle.ts'
import { command, commandStream, type Act, type Deciding } from './act.ts'
import type { ConsentState } from '../../domain/consent/consent.ts'
import type { Instant, Uuid } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { consentStream } from '../../domain/streams.ts'
import { textOf } from '../text-of.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { ConsentCommand } from '../../schemas/generated.ts'

/** Who takes it back: the person, the operator's people in a case, or a service that may. */
export type Withdrawer = Omit<Extract<ConsentCommand, { type: 'RequestWithdrawal' }>, 'type' | 'at'>

type Withdrawal = { readonly consent: string; readonly id: Uuid; readonly causation: string; readonly at: Instant }

const commandConsent = (world: Deciding, from: Withdrawal, wish: ConsentCommand): Promise<Handled<ConsentState>> =>
  commandStream(world, consents, consentStream(from.consent), wish, { ...from, correlation: from.consent })

/** No use of a consent lives longer than the largest lifetimes that a policy can set, seconds: older events name none. */
const LIVE_S_MAX = 3600 * 51 + 60 + 3600

/** The transactions that the consent's stream names and whose code or tokens may live (rule 13), newest first. */
const liveUses = async (world: Deciding, { consent, at }: Withdrawal): Promise<ReadonlySet<string>> => {
  const uses = new Set<string>()
  for await (const { at: used, data } of world.journal.backwards(consentStream(consent))) {
    if (plusSeconds(used, LIVE_S_MAX) < at) break
    if (at < textOf(data['liveUntil'])) uses.add(textOf(data['transaction']))
  }
  return uses
}

/** Kills what lives on a consent whose withdrawal was requested, then says that it is done (rule 13). Safe to do twice. */
export const completeWithdrawal = async (world: Deciding, withdrawal: Withdrawal, state: ConsentState): Promise<void> => {
  const client = await clientOf(world, state.standing?.client ?? '')
  for (const transaction of await liveUses(world, withdrawal)) {
    const act = { id: uuidv5(withdrawal.id, transaction), causation: withdrawal.causation, at: withdrawal.at, transaction, client }
    await command(world, act, { type: 'RevokeAccess', at: withdrawal.at, consent: withdrawal.consent })
  }
  await commandConsent(world, withdrawal, { type: 'CompleteWithdrawal', at: withdrawal.at })
}

/** In this order (rule 13): no new use, every code and token dead, recorded as withdrawn; only then is it acknowledged. */
export const withdrawConsent = async (world: Deciding, withdrawal: Withdrawal, who: Withdrawer): Promise<RefusalCode | undefined> => {
  const requested = await commandConsent(world, withdrawal, { type: 'RequestWithdrawal', at: withdrawal.at, ...who })
  if (requested.refusal !== undefined) return requested.refusal
  await completeWithdrawal(world, withdrawal, requested.state)
  return undefined
}

/** A login that ended before the consent reached it leaves none behind (rules 12 and 14): what it gave is withdrawn. */
export const takeBack = async (world: Deciding, act: Act, consent: string): Promise<void> => {
  const { state } = await load(world, consents, consentStream(consent))
  if (state.status !== 'given' || state.standing?.transaction !== act.transaction) return
  const withdrawal = { consent, id: uuidv5(act.id, 'takeBack'), causation: act.causation, at: act.at }
  const requested = await commandConsent(world, withdrawal, { type: 'RequestWithdrawal', at: act.at, by: 'self' })
  // Of many clicks at once one goes on; where it crashes, a reactor does (rule 15).
  if (requested.events.length > 0) await completeWithdrawal(world, withdrawal, requested.state)
}
