import type { Changes } from './changes.ts'
import type { Counters } from './counters.ts'
import type { Course, VerdictCommand } from './course.ts'
import type { AnyRules } from './inputs.ts'
import { transactions } from '../deciders.ts'
import type { AttemptsCommand } from '../../domain/person/attempts.ts'
import { attemptsStream } from '../../domain/streams.ts'
import type { Recorded } from '../../projections/projection.ts'
import type { TransactionCommand } from '../../schemas/generated.ts'

const { decider } = transactions

/** A changed world, as far as a proof of a person meets it. */
export type Lab = { readonly changes: Changes; readonly counters: Counters }

/** What would have become of a proof whose verdict was recorded: the limits are asked again, then the changes, then the record. */
export const changedVerdict = async (
  { changes, counters }: Lab,
  course: Course,
  recorded: VerdictCommand,
  event: Recorded,
  rules: AnyRules,
): Promise<TransactionCommand> => {
  const { at, attempt } = recorded
  const { transaction } = course
  const wasLimited = recorded.type === 'RejectFactor' && recorded.reason === 'limited'
  if (!wasLimited) course.guesses.recorded += 1
  // An attempt that was refused before the ID system was asked was counted nowhere.
  const waiting = course.uncounted.findIndex((one) => one.attempt === attempt)
  if (waiting >= 0) course.uncounted.splice(waiting, 1)
  const pending = course.changed.pending.find((known) => known.attempt === attempt)
  // It was never made: the rules refuse its verdict.
  if (pending === undefined) {
    course.skipsCredit = !wasLimited
    return recorded
  }
  const { factor, person, path } = pending
  const decide = (command: AttemptsCommand): Promise<boolean> =>
    counters.decide(attemptsStream(person, path), { position: event.position }, command, rules)
  if (wasLimited && !(await decide({ type: 'CountAttempt', at, path, factor, transaction }))) return recorded
  course.skipsCredit = course.attempts.get(attempt)?.isLimited === true
  if (course.skipsCredit) return { type: 'RejectFactor', at, attempt, reason: 'limited' }
  course.guesses.changed += 1
  const wished = changes.verdicts?.get(attempt) ?? changes.verdicts?.get('every')
  if (wished === undefined && !wasLimited) return recorded
  course.skipsCredit = !wasLimited
  if (wished === undefined) course.assumed += 1
  if (wished !== 'accepted') return { type: 'RejectFactor', at, attempt, reason: wished ?? 'wrong' }
  course.owesCredit = true
  return recorded.type === 'ConfirmFactor' ? recorded : { type: 'ConfirmFactor', at, attempt, factorsProven: [factor], samePerson: true }
}

/** One right factor of several takes back its own count, the last clears them all. */
export const creditReason = ({ changed }: Course): 'success' | 'confirmed' => (changed.stage === 'opened' ? 'confirmed' : 'success')

/** A verdict that was accepted in the changed world alone is credited as the broker would have done it. */
export const payCredit = async (
  { counters }: Lab,
  course: Course,
  command: TransactionCommand,
  event: Recorded,
  rules: AnyRules,
): Promise<void> => {
  if (!course.owesCredit || command.type !== 'ConfirmFactor') return
  course.owesCredit = false
  const attempted = course.attempts.get(command.attempt)
  if (attempted === undefined) return
  const { person, path } = attempted
  const credit = { type: 'CreditAttempt', at: command.at, path, transaction: course.transaction, reason: creditReason(course) } as const
  await counters.decide(attemptsStream(person, path), { position: event.position }, credit, rules)
}

/** A message that was wished is counted before it is wished, as the broker does; one that the sign-in refuses anyway is not. */
export const isSendRefused = async ({ counters }: Lab, course: Course, command: TransactionCommand, rules: AnyRules): Promise<boolean> => {
  const { heldSend } = course
  if (command.type !== 'RequestFactor' || heldSend === undefined) return false
  course.heldSend = undefined
  if (decider.decide(command, course.changed, rules).refusal !== undefined) return false
  const { stream, revision } = heldSend
  return !(await counters.decide(stream, { revision }, heldSend.command, rules))
}
