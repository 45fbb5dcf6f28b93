import { hmac, sha256 } from '../crypto/hash.ts'
import { transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { ASKED_AT, openRequest, removeIfOver, seal, sealedUntil, unseal, verifiedNamesIn, type SealedParts } from '../sealed.ts'
import type { SignedIn } from '../people.ts'
import type { World } from '../world.ts'
import { clientIdOf, command, type Act, type Outcome } from './act.ts'
import { claimsMeeting } from '../../domain/claims.ts'
import type { Instant, VerifiedFacts } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { plusSeconds } from '../../domain/time.ts'
import { transactionStream } from '../../domain/streams.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import { verifiedAnswer } from '../../domain/verified/answer.ts'
import { claimNamed, isVerifiedName } from '../../domain/verified/names.ts'
import { PLACES, readVerifiedRequests } from '../../domain/verified/request.ts'

/** How long the ID system may take to release claims. */
const RELEASE_S = 10

/** The first and only code of a transaction: its number enters the code, so that a later version may issue a second one. */
const ISSUE = 1

/** Reproducible, so that a reload or a restart answers with the same code (rule 30). */
const codeSecret = (world: Pick<World, 'secrets'>, transaction: string): string =>
  hmac(world.secrets.code, `${transaction}.${String(ISSUE)}`)

export const codeOf = (world: Pick<World, 'secrets'>, transaction: string): string => `${transaction}.${codeSecret(world, transaction)}`

type Released = Pick<SealedParts, 'claims' | 'verified'>

const askedLocales = (raw: SealedParts['request']): readonly string[] => (raw['claims_locales'] ?? '').split(' ')

/** What was verified, as far as it was asked for in each place and agreed to (OpenID Connect for Identity Assurance 1.0 §5). */
const answersFrom = (
  raw: SealedParts['request'],
  facts: readonly VerifiedFacts[],
  agreed: readonly string[],
  at: Instant,
): Released['verified'] => {
  const requests = readVerifiedRequests(raw['claims'])
  const bounds = { allowed: agreed, askedAt: raw[ASKED_AT] ?? at, locales: askedLocales(raw) }
  return Object.fromEntries(
    PLACES.flatMap((place) => {
      const answer = requests && verifiedAnswer(requests[place], facts, bounds)
      return answer === undefined ? [] : [[place, answer]]
    }),
  )
}

/** What the person agreed to, from the ID system or from the vault when it was released already: not where they agreed just now. */
const released = async (world: World, act: Act, state: TransactionState, signedIn?: SignedIn): Promise<Released | RefusalCode> => {
  const wanted = (state.consent?.claims ?? []).filter((name) => !isVerifiedName(name))
  const verified = (state.consent?.claims ?? []).filter(isVerifiedName).map(claimNamed)
  const mayBeSealed = signedIn === undefined
  // At once: where the vault is elsewhere that is one trip.
  const [sealed, answers, proof, raw] = await Promise.all([
    mayBeSealed ? unseal(world, act.transaction, 'claims') : undefined,
    verified.length === 0 ? {} : mayBeSealed ? unseal(world, act.transaction, 'verified') : undefined,
    signedIn?.proof ?? unseal(world, act.transaction, `proof.${state.authenticated?.person ?? ''}`),
    openRequest(world, act.transaction),
  ])
  // Of two that were sealed at once a crash may have left one: then both are asked for again.
  if (sealed !== undefined && answers !== undefined) return { claims: sealed, verified: answers }
  if (wanted.length + verified.length === 0) return { claims: {}, verified: {} }
  if (proof === undefined || raw === undefined) return 'release_unavailable'
  // What made the session can read it, whichever serves new logins now.
  const { id, version } = world.idSystem.description
  const { system } = world.idSystems.begun({ id, version, generation: proof.generation }) ?? world.idSystem
  if (system.release === undefined) return 'release_unavailable'
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
    ...(verified.length > 0 && { verified }),
  })
  if (!answer.ok) return 'release_unavailable'
  const { claims, verified: facts = [] } = answer.value
  // Released claims are a subset of the consented ones, whatever a plugin answers.
  const given = Object.fromEntries(Object.entries(claims).filter(([claim]) => wanted.includes(claim)))
  return { claims: claimsMeeting(given, raw['claims']), verified: answersFrom(raw, facts, verified, act.at) }
}

/**
 * Claims are released after consent and before the code (rule 29); a failure leaves the person a page to try again. `signedIn`: who agreed
 * by this very request.
 */
export const issueCode = async (world: World, act: Act, state: TransactionState, signedIn?: SignedIn): Promise<Outcome> => {
  if (state.stage !== 'consented') return { state, refusal: 'consent_pending' }
  // Nothing is released for a relying party that was deactivated meanwhile (rule 16).
  if (!act.client.active) return { state, refusal: 'client_inactive' }
  const given = await released(world, act, state, signedIn)
  if (typeof given === 'string') {
    // A session that is good for one release was used by the same click on another node, which has issued the code by now.
    const now = await load(world, transactions, transactionStream(act.transaction))
    return now.state.stage === 'code_issued' ? { state: now.state } : { state, refusal: given }
  }
  const { claims, verified } = given
  const until = sealedUntil(world.policy.value, state.deadline ?? act.at)
  const isVerified = state.consent?.claims.some(isVerifiedName) === true
  await Promise.all([
    seal(world, act.transaction, 'claims', claims, until),
    isVerified && seal(world, act.transaction, 'verified', verified, until),
  ])
  const issued = await command(world, act, {
    type: 'IssueCode',
    // After the ID system has answered: the timeline says who waited for whom.
    at: world.clock.now(),
    codeDigest: sha256(codeSecret(world, act.transaction)),
    issue: ISSUE,
    released: [...Object.keys(claims), ...verifiedNamesIn(verified)],
  })
  // It ended while the ID system was asked: what it released goes as all before it went.
  if (issued.refusal !== undefined) await removeIfOver(world, act.transaction, issued.state, ['claims', 'verified'])
  return issued
}
