import { shifted, type Changes } from './changes.ts'
import { changedCounters } from './counters.ts'
import { changedVerdict, creditReason, isSendRefused, payCredit, type Lab } from './verdict.ts'
import { endOf, isOver, isVerdict, newCourse, type Course, type Step, type WhatIf } from './course.ts'
import { commandOf, MissingInputError, rulesReader, type RulesReader } from './inputs.ts'
import { changesBetween } from './replay.ts'
import { transactions } from '../deciders.ts'
import type { Journal } from '../journal.ts'
import { fold, type Decision } from '../../domain/decider.ts'
import type { AttemptsCommand } from '../../domain/person/attempts.ts'
import { idOf } from '../../domain/streams.ts'
import type { Recorded } from '../../projections/projection.ts'
import type { TransactionCommand, TransactionEvent } from '../../schemas/generated.ts'

const { decider } = transactions

/** Sign-ins under way at once, about 4 kB each; beyond that the one begun first is told as far as it came. */
const LIVE_MAX = 20_000

export type Told = {
  readonly keepsSteps: boolean
  readonly starts: (event: Recorded) => boolean
  readonly done: (result: WhatIf) => void
}

const COUNTED: readonly string[] = ['CountAttempt', 'CreditAttempt', 'CountSend', 'ReopenPath'] satisfies AttemptsCommand['type'][]

const resultOf = (course: Course): WhatIf => {
  const recorded = endOf(course.recorded, course.last.recorded)
  const changed = course.missing === undefined ? endOf(course.changed, course.last.changed) : recorded
  const { transaction, client, startedAt, guesses, assumed, steps, step, missing } = course
  return {
    ...{ transaction, client, startedAt, recorded, changed, otherwise: recorded.words !== changed.words, guesses, assumed, steps },
    state: course.keepsSteps ? changesBetween(course.recorded, course.changed) : [],
    ...(step !== undefined && { step }),
    ...(missing !== undefined && { missing }),
  }
}

const sameTypes = (one: readonly string[], other: readonly string[]): boolean => one.join() === other.join()

const note = (
  course: Course,
  batch: readonly Recorded[],
  command: TransactionCommand,
  { events, refusal }: Decision<TransactionEvent>,
): void => {
  const [first] = batch
  if (first === undefined) return
  const [recorded, changed] = [batch.map(({ type }) => type), events.map(({ type }) => type)]
  const isOther = !sameTypes(recorded, changed)
  if (!course.keepsSteps && (!isOther || course.step !== undefined)) return
  const step: Step = {
    revision: first.revision,
    at: command.at,
    command: first.command?.type ?? '',
    ...(first.command?.type !== command.type && { changedCommand: command.type }),
    recorded,
    changed,
    ...(isOther && refusal !== undefined && { refusal }),
  }
  if (isOther) course.step ??= step
  if (course.keepsSteps) course.steps.push(step)
}

type Room = Lab & { readonly rulesOf: RulesReader; readonly live: Map<string, Course>; readonly told: Told }

const finish = ({ live, told }: Room, course: Course): void => {
  live.delete(course.transaction)
  told.done(resultOf(course))
}

const decide = async (room: Room, course: Course, batch: readonly Recorded[]): Promise<void> => {
  const [first] = batch
  if (first === undefined) return
  const rules = await room.rulesOf(first)
  const recorded = shifted(commandOf(first) as TransactionCommand, first.revision, room.changes)
  const command = isVerdict(recorded) ? await changedVerdict(room, course, recorded, first, rules) : recorded
  const decision: Decision<TransactionEvent> = (await isSendRefused(room, course, command, rules))
    ? { events: [], refusal: 'factor_limited' }
    : decider.decide(command, course.changed, rules)
  note(course, batch, command, decision)
  course.changed = fold(decider, decision.events, course.changed)
  course.last.changed = decision.events.at(-1) ?? course.last.changed
  await payCredit(room, course, command, first, rules)
  // The event was checked against the schema that the type is made from.
  const attempted = (batch as unknown as readonly TransactionEvent[]).find((event) => event.type === 'FactorAttempted')
  if (attempted === undefined) return
  const { attempt, person, path } = attempted.data
  const one = { attempt, person, path, isMade: decision.events.some(({ type }) => type === 'FactorAttempted'), isLimited: false }
  course.attempts.set(attempt, one)
  course.uncounted.push(one)
}

const inTransaction = async (room: Room, event: Recorded): Promise<void> => {
  const transaction = idOf(event.stream)
  if (event.revision === 0 && room.told.starts(event)) {
    room.live.set(transaction, newCourse(event, transaction, room.told.keepsSteps))
    if (room.live.size > LIVE_MAX)
      for (const oldest of room.live.values()) {
        finish(room, oldest)
        break
      }
  }
  const course = room.live.get(transaction)
  if (course === undefined) return
  course.batch.push(event)
  if (course.batch.length < (course.batch[0]?.count ?? 1)) return
  const batch = course.batch.splice(0)
  try {
    if (course.missing === undefined) await decide(room, course, batch)
  } catch (error) {
    if (!(error instanceof MissingInputError)) throw error
    course.missing = error.message
  }
  // The event was checked against the schema that the type is made from.
  const events = batch as unknown as readonly TransactionEvent[]
  course.recorded = fold(decider, events, course.recorded)
  course.last.recorded = events.at(-1)
  if (isOver(course.recorded)) finish(room, course)
}

const counted = async ({ live, changes, counters, rulesOf }: Room, event: Recorded, given: AttemptsCommand): Promise<void> => {
  const { stream, revision } = event
  const course = 'transaction' in given ? live.get(given.transaction) : undefined
  const command = course === undefined ? given : shifted(given, course.recorded.revision, changes)
  if (course !== undefined && command.type === 'CountSend') {
    course.heldSend = { stream, revision, command }
    return
  }
  const attempted = command.type === 'CountAttempt' ? course?.uncounted.shift() : undefined
  if (attempted?.isMade === false) return
  if (command.type === 'CreditAttempt' && course?.skipsCredit === true) {
    course.skipsCredit = false
    return
  }
  const isCredit = course !== undefined && command.type === 'CreditAttempt' && command.reason !== 'not_checked'
  const wished = isCredit ? { ...command, reason: creditReason(course) } : command
  const isAccepted = await counters.decide(stream, { revision }, wished, await rulesOf(event))
  if (attempted !== undefined) attempted.isLimited = !isAccepted
}

const ofPerson = async (room: Room, event: Recorded): Promise<void> => {
  if (event.command === undefined || !COUNTED.includes(event.command.type)) return
  try {
    await counted(room, event, commandOf(event) as AttemptsCommand)
  } catch (error) {
    if (!(error instanceof MissingInputError)) throw error
    // From here on as recorded.
    room.counters.forget(event.stream)
  }
}

/**
 * Leads recorded sign-ins through a changed world (R2 and R3): events are fed in the order of the log, each recorded command is decided on
 * the state that the changes led to, and the persons' counters are decided again with them, since a limit works through both. Nothing is
 * written and nobody is asked; what nobody knows (how the ID system would have judged a proof that it was never shown) is counted as assumed.
 */
export const whatIf = (journal: Journal, changes: Changes, told: Told) => {
  const live = new Map<string, Course>()
  const room: Room = { changes, told, live, counters: changedCounters(journal), rulesOf: rulesReader(journal, changes) }
  return {
    /** The next event of the log; those of other kinds of streams change nothing here. */
    feed: (event: Recorded): Promise<void> => {
      if (event.kind === 'transaction') return inTransaction(room, event)
      return event.kind === 'person' ? ofPerson(room, event) : Promise.resolve()
    },
    live: (): number => live.size,
    /** Tells what is still under way. */
    end: (): void => {
      for (const course of [...live.values()]) finish(room, course)
    },
  }
}
