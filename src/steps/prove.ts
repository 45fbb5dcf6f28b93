import { renewDevice, trustDevice } from '../devices.ts'
import { joinAliases, personKnownBy, type SignedIn } from '../people.ts'
import { openRequest, seal, sealedUntil, removeIfOver, unseal, type SealedParts } from '../sealed.ts'
import { subjectOf } from '../subject.ts'
import type { World } from '../world.ts'
import { clientIdOf, command, count, originOf, type Act, type Outcome } from './act.ts'
import type { Factor, Instant, PluginAnswer, VerifyAnswer } from '../../domain/ports.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { Attempt, TransactionState } from '../../domain/transaction/state.ts'

/** How long the ID system may take to check a proof. */
const VERIFY_S = 10

export type Proven = Outcome & {
  /** What the device's own cookie holds from now on, where the person is or asked to be remembered here. */
  readonly deviceSecret?: string
  /** Who it is, where the sign-in is whole by this. */
  readonly signedIn?: SignedIn
}

/** What was sealed for this attempt. */
type Opened = Pick<SealedParts, 'person' | 'request'> & {
  /** The proof of the factor before this one. */
  readonly before: SealedParts['proof'] | undefined
}

/** All that a proof is judged by, before the ID system is asked, and at once: where the vault is elsewhere that is one trip. */
const open = async (world: World, transaction: string, person: string, { confirmed }: TransactionState): Promise<Opened | undefined> => {
  const [sealed, request, before] = await Promise.all([
    unseal(world, transaction, `person.${person}`),
    openRequest(world, transaction),
    confirmed && unseal(world, transaction, `proof.${person}`),
  ])
  return sealed && request && { person: sealed, request, before }
}

const verify = async (
  world: World,
  act: Act,
  attempt: string,
  sealed: SealedParts['person'],
  factor: Factor,
  proof: string,
): Promise<PluginAnswer<VerifyAnswer>> => {
  const call = { idempotencyKey: attempt, deadline: plusSeconds(act.at, VERIFY_S), transaction: act.transaction, client: clientIdOf(act) }
  return (await world.idSystem.system.verify?.({ ...call, id: sealed.id, factor, proof })) ?? { ok: false, error: 'unsupported' }
}

const rejectionOf = (answer: PluginAnswer<VerifyAnswer> & { ok: false }): 'wrong' | 'expired' | 'unavailable' => {
  switch (answer.error) {
    case 'unavailable':
    case 'misconfigured':
    case 'unsupported':
      return 'unavailable'
    case 'session_expired':
      return 'expired'
    // The same for a wrong answer and for a person who is unknown or blocked (rule 22).
    case 'challenge_failed':
    case 'subject_denied':
    case 'invalid_input':
    case 'rate_limited':
      return 'wrong'
  }
}

/** The guard's words for a plugin that broke its contract: it may have looked at the proof, and told by that what it is worth. */
const DOUBTFUL: readonly (string | undefined)[] = ['plugin_threw', 'plugin_gone', 'answer_unfit']

/** The ID system said no: recorded on the transaction, then the person's row or counter (rule 11). */
const reject = async (
  world: World,
  act: Act,
  { attempt, person, path }: Attempt,
  answer: PluginAnswer<VerifyAnswer> & { ok: false },
  index: string,
): Promise<Proven> => {
  const { at, transaction } = act
  const reason = rejectionOf(answer)
  const { state, refusal } = await command(world, act, { type: 'RejectFactor', at, attempt, reason })
  // A count may be too high, never too low (rule 11): only what surely was not checked is taken back.
  if (reason === 'unavailable' && DOUBTFUL.includes(answer.code)) return { state, ...(refusal !== undefined && { refusal }) }
  if (reason === 'unavailable') await count(world, act, person, { type: 'CreditAttempt', at, path, transaction, reason: 'not_checked' })
  else await world.personKeys.touch(index)
  return { state, ...(refusal !== undefined && { refusal }) }
}

/**
 * A no is told when another would be: one about somebody whom the ID system knows and asked about is the measure for those who are
 * unknown, blocked, or about whom nobody was asked. On a device of their own nobody learns anything by it.
 */
const paced = async ({ pace, underWay, idSystem }: World, began: Instant, { factor, path }: Attempt, isMeasure: boolean): Promise<void> => {
  if (path === 'trusted') return
  // Of this ID system: one that is slower would tell its people from nobody.
  const kind = `verify-${idSystem.description.id}-${factor}`
  const took = isMeasure ? pace.took(began) : undefined
  if (took !== undefined) pace.note(kind, [took])
  await underWay.aside(() => pace.until(began, took ?? pace.like(kind)[0]))
}

/** Small differences in what is recorded go under in a full step. */
const rounded = async ({ pace, underWay }: World, { at }: Act, { path }: Attempt): Promise<void> => {
  if (path !== 'trusted') await underWay.aside(() => pace.round(at))
}

/** Counted beyond this person: who tries one secret on many people meets no counter of theirs. */
const told = async ({ guesses }: World, act: Act, { path }: Attempt, right: boolean): Promise<void> => {
  if (path === 'unknown' && act.network !== undefined) await guesses.proof(originOf(act), right)
}

/** `id_token_hint` names the person whom the relying party expects (rule 27). */
const isExpected = (hinted: string | undefined, sub: string): boolean => hinted === undefined || hinted === sub

/** The proof, under whom it was counted on; and where the ID system knows somebody else by it, with what was typed, under that one. */
const keep = async (
  world: World,
  transaction: string,
  refs: { readonly counted: string; readonly known: string },
  { person, proof }: Pick<SealedParts, 'person' | 'proof'>,
  until: string,
): Promise<void> => {
  const { counted, known } = refs
  await Promise.all([
    seal(world, transaction, `proof.${counted}`, proof, until),
    ...(known === counted
      ? []
      : [seal(world, transaction, `person.${known}`, person, until), seal(world, transaction, `proof.${known}`, proof, until)]),
  ])
}

/** The counters refuse: the person reads the same as for a wrong answer that came too often. */
const limit = async (world: World, act: Act, attempt: Attempt): Promise<Proven> => {
  const limited = await command(world, act, { type: 'RejectFactor', at: act.at, attempt: attempt.attempt, reason: 'limited' })
  return { state: limited.state, refusal: limited.refusal ?? 'factor_limited' }
}

/** The ID system said yes: sealed first, recorded, then credited (rules 10 and 11). */
const confirm = async (
  world: World,
  act: Act,
  pending: Attempt,
  opened: Opened,
  answer: VerifyAnswer,
  state: TransactionState,
  device: string | undefined,
): Promise<Proven> => {
  const { attempt, factor, person, path } = pending
  const { at, transaction, client } = act
  const { subjectKey, pairwiseSubject, session, factorsProven } = answer
  const { person: sealed, request, before } = opened
  const [found, counted] = await Promise.all([personKnownBy(world, subjectKey), world.personKeys.byRef(person)])
  const known = found ?? counted
  if (known === undefined) return { state, refusal: 'transaction_expired' }
  // Who is shut out comes in by no other of their identifiers, and what ends the logins of a person finds this one (rule 11).
  const isOther = known.ref !== person
  if (isOther && (await count(world, act, known.ref, { type: 'CountAttempt', at, path, factor, transaction })).refusal !== undefined)
    return limit(world, act, pending)
  const sub = subjectOf(world, client.configuration?.sector_identifier ?? '', answer)
  const { generation } = world.idSystem
  // An identifier that the ID system gave to somebody else meanwhile makes no second factor.
  const samePerson = isExpected(request['hinted_sub'], sub) && (before === undefined || before.subjectKey === subjectKey)
  // The session of the last proof releases the claims: it knows what was proven and lives longest.
  const proof = { subjectKey, session, sub, generation, ...(pairwiseSubject !== undefined && { pairwiseSubject }) }
  const until = sealedUntil(world.policy.value, state.deadline ?? at)
  if (samePerson) await keep(world, transaction, { counted: person, known: known.ref }, { person: sealed, proof }, until)
  const knownAs = isOther ? { knownAs: known.ref } : {}
  const confirmed = await command(world, act, { type: 'ConfirmFactor', at, attempt, factorsProven, samePerson, ...knownAs })
  const isWhole = confirmed.state.stage === 'authenticated'
  // One right factor of two takes back its own count and no more: else it would buy new guesses at the other for ever.
  const credit = { type: 'CreditAttempt', at, path, transaction, reason: isWhole ? 'success' : 'confirmed' } as const
  await count(world, act, person, credit)
  if (isOther) await count(world, act, known.ref, credit)
  // Until the sign-in is whole the counts of all its factors stay under the reference that it began with.
  const joined = confirmed.state.stage === 'opened' ? undefined : await joinAliases(world, sealed.index, known, subjectKey)
  // It ended while the ID system was asked: what was sealed since goes as all before it went.
  if (confirmed.refusal !== undefined)
    await removeIfOver(world, transaction, confirmed.state, [`proof.${person}`, `person.${known.ref}`, `proof.${known.ref}`])
  if (confirmed.refusal !== undefined || !isWhole) return confirmed
  // Erased, or named anew by another node, since they were looked for: no device is theirs then.
  const isStill = joined?.ref === known.ref
  const remembers = path === 'trusted' ? renewDevice : sealed.ownDevice ? trustDevice : undefined
  const deviceSecret = isStill ? await remembers?.(world, act, known, device) : undefined
  return {
    state: confirmed.state,
    ...(deviceSecret !== undefined && { deviceSecret }),
    ...(isStill && { signedIn: { person: known, proof } }),
  }
}

/**
 * A proof was handed in. The attempt is recorded and counted before the ID system is asked (rule 11): a crash leaves counts too
 * high, never too low. The proof itself goes to the ID system and nowhere else. `device` is the cookie that this browser has already.
 */
export const prove = async (world: World, act: Act, factor: Factor, proof: string, device: string | undefined): Promise<Proven> => {
  const { at, transaction } = act
  const attempted = await command(world, act, { type: 'AttemptFactor', at, factor })
  const { state, refusal, events } = attempted
  const attempt = state.pending.at(-1)
  const recorded = events.find((event) => event.type === 'FactorAttempted')
  if (refusal !== undefined || attempt === undefined || recorded === undefined) return { state, refusal: refusal ?? 'step_out_of_order' }
  const { person, path } = attempt
  const opened = await open(world, transaction, person, state)
  if (opened === undefined) return { state, refusal: 'transaction_expired' }
  const counted = await count(world, act, person, { type: 'CountAttempt', at, path, factor, transaction })
  const began = world.clock.now()
  if (counted.refusal !== undefined) {
    // The ID system is not asked.
    await paced(world, began, attempt, false)
    const limited = await limit(world, act, attempt)
    await told(world, act, attempt, false)
    await rounded(world, act, attempt)
    return limited
  }
  const answer = await verify(world, act, recorded.id, opened.person, factor, proof)
  // The verdict has its own instant, so that the timeline says who waited for whom.
  const answered = { ...act, at: world.clock.now() }
  if (!answer.ok) {
    if (rejectionOf(answer) !== 'unavailable') await paced(world, began, attempt, answer.error === 'challenge_failed')
    const rejected = await reject(world, answered, attempt, answer, opened.person.index)
    if (rejected.refusal === 'factor_unavailable') return rejected
    await told(world, act, attempt, false)
    await rounded(world, act, attempt)
    return rejected
  }
  await told(world, act, attempt, true)
  const confirmed = await confirm(world, answered, attempt, opened, answer.value, state, device)
  if (confirmed.refusal !== undefined) {
    await paced(world, began, attempt, false)
    await rounded(world, act, attempt)
  }
  return confirmed
}
