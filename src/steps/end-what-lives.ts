import { command, type Deciding } from './act.ts'
import { withdrawConsent } from './withdraw.ts'
import { clientOf } from '../clients.ts'
import { consentIn, loginsOf, type Login } from '../consents/logins.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { shred } from '../sealed.ts'
import type { World } from '../world.ts'
import type { Instant, Uuid } from '../../domain/ports.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { Stage } from '../../domain/transaction/state.ts'

/** Events of a person's counters that are looked through: a person who signs in ten times a day has as many in a hundred years. */
const EVENTS_MAX = 1_000_000

/** Logins that may still lead to a consent and a code. What is further on rests on a consent, and dies with it. */
const UNDER_WAY: readonly Stage[] = ['opened', 'authenticated', 'consented']

/** What a login keeps sealed lives no longer than the largest lifetimes that a policy can set, seconds. */
const SEALED_S_MAX = 3600 * 55

type Ending = { readonly id: Uuid; readonly at: Instant; readonly actor: string; readonly case: string }

const endLogin = async (world: Deciding, { transaction, state }: Login, { id, at }: Ending): Promise<boolean> => {
  const act = { id: uuidv5(id, transaction), causation: id, at, transaction, client: await clientOf(world, state.request?.client ?? '') }
  const { events } = await command(world, act, { type: 'FailAuthorization', at, reason: 'person_restricted' })
  return events.some(({ type }) => type === 'AuthorizationFailed')
}

/**
 * Ends every login of a person that is under way, then takes back every agreement, with its codes and tokens (rule 13). In this order:
 * a login that is over gives no agreement any more, and takes back itself what it was just giving.
 */
export const endWhatLives = async (world: Deciding, ref: string, ending: Ending): Promise<{ consents: number; logins: number }> => {
  const { id, at, actor, case: reference } = ending
  const agreements = new Set<string>()
  let logins = 0
  for await (const login of loginsOf(world.journal, ref, EVENTS_MAX)) {
    const { authenticated } = login.state
    // Somebody else, who went on in the same browser.
    if (authenticated !== undefined && authenticated.person !== ref) continue
    if (UNDER_WAY.includes(login.state.stage) && (await endLogin(world, login, ending))) logins += 1
  }
  for await (const login of loginsOf(world.journal, ref, EVENTS_MAX)) {
    const consent = login.state.authenticated?.person === ref ? consentIn(login) : undefined
    if (consent !== undefined) agreements.add(consent)
  }
  let consents = 0
  for (const consent of agreements) {
    const withdrawal = { consent, id: uuidv5(id, consent), causation: id, at }
    const refusal = await withdrawConsent(world, withdrawal, { by: 'operator', actor, case: reference })
    if (refusal === undefined) consents += 1
  }
  return { consents, logins }
}

/** What is kept sealed of a person's logins: gone at once, not when its time limit is over. */
export const shredWhatIsKept = async (world: Pick<World, 'journal' | 'vault' | 'openedRequests' | 'clock'>, ref: string): Promise<void> => {
  const now = world.clock.now()
  for await (const { transaction, startedAt, state } of loginsOf(world.journal, ref, EVENTS_MAX)) {
    if (plusSeconds(startedAt, SEALED_S_MAX) < now) return
    if (state.authenticated === undefined || state.authenticated.person === ref) await shred(world, transaction)
  }
}
