import { hmac, sha256 } from '../crypto/hash.ts'
import { seal, sealedUntil, unseal } from '../sealed.ts'
import type { World } from '../world.ts'
import { clientIdOf, command, type Act, type Outcome } from './act.ts'
import type { ClaimValue } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'

/** How long the ID system may take to release claims. */
const RELEASE_S = 10

/** The first and only code of a transaction: its number enters the code, so that a later version may issue a second one. */
const ISSUE = 1

/** Reproducible, so that a reload or a restart answers with the same code (rule 30). */
const codeSecret = (world: Pick<World, 'secrets'>, transaction: string): string =>
  hmac(world.secrets.code, `${transaction}.${String(ISSUE)}`)

export const codeOf = (world: Pick<World, 'secrets'>, transaction: string): string => `${transaction}.${codeSecret(world, transaction)}`

/** The claims that the person agreed to, from the ID system or from the vault when they were released already. */
const released = async (world: World, act: Act, state: TransactionState): Promise<Readonly<Record<string, ClaimValue>> | RefusalCode> => {
  const sealed = await unseal(world, act.transaction, 'claims')
  if (sealed !== undefined) return sealed
  const wanted = state.consent?.claims ?? []
  if (wanted.length === 0) return {}
  const proof = await unseal(world, act.transaction, `proof.${state.authenticated?.person ?? ''}`)
  const { system } = world.idSystem
  if (proof === undefined || system.release === undefined) return 'release_unavailable'
  // The same key however often it is tried: a session that is good for one release is not used twice.
  const idempotencyKey = `${act.transaction}:release`
  const deadline = plusSeconds(act.at, RELEASE_S)
  const answer = await system.release({
    idempotencyKey,
    deadline,
    transaction: act.transaction,
    client: clientIdOf(act),
    session: proof.session,
    claims: wanted,
  })
  if (!answer.ok) return 'release_unavailable'
  // Released claims are a subset of the consented ones, whatever a plugin answers.
  return Object.fromEntries(Object.entries(answer.value.claims).filter(([claim]) => wanted.includes(claim)))
}

/** Claims are released after consent and before the code (rule 29); a failure leaves the person a page to try again. */
export const issueCode = async (world: World, act: Act, state: TransactionState): Promise<Outcome> => {
  if (state.stage !== 'consented') return { state, refusal: 'consent_pending' }
  // Nothing is released for a relying party that was deactivated meanwhile (rule 16).
  if (!act.client.active) return { state, refusal: 'client_inactive' }
  const claims = await released(world, act, state)
  if (typeof claims === 'string') return { state, refusal: claims }
  await seal(world, act.transaction, 'claims', claims, sealedUntil(world.policy.value, state.deadline ?? act.at))
  return command(world, act, {
    type: 'IssueCode',
    // After the ID system has answered: the timeline says who waited for whom.
    at: world.clock.now(),
    codeDigest: sha256(codeSecret(world, act.transaction)),
    issue: ISSUE,
    released: Object.keys(claims),
  })
}
