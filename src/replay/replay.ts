import { asJson, difference, type Difference } from './difference.ts'
import { commandOf, MissingInputError, rulesReader, type RulesReader } from './inputs.ts'
import { rulesOfStream, type AnyStreamRules } from '../deciders.ts'
import type { Journal } from '../journal.ts'
import { canonical } from '../../domain/canonical.ts'
import { isObject } from '../../domain/json.ts'
import { Fault, type Json } from '../../domain/ports.ts'
import type { Recorded } from '../../projections/projection.ts'

export type Replayed = {
  readonly stream: string
  readonly events: number
  readonly decisions: number
  readonly verdict: 'same' | 'different' | 'missing_input'
  readonly difference?: Difference
  /** `missing_input` only: what is not there, in words. */
  readonly missing?: string
}

type Verdict = Pick<Replayed, 'verdict' | 'difference' | 'missing'>

const SAME: Verdict = { verdict: 'same' }

/** One decision again: today's rules, the recorded command, the state and the rules that it was decided on. */
export const decideAgain = async (
  { decider }: AnyStreamRules,
  batch: readonly Recorded[],
  state: unknown,
  rulesOf: RulesReader,
): Promise<Verdict> => {
  const [first] = batch
  if (first === undefined) return SAME
  try {
    const { events } = decider.decide(commandOf(first), state, await rulesOf(first))
    const found = difference(batch, events, first.command?.type ?? '')
    return found === undefined ? SAME : { verdict: 'different', difference: found }
  } catch (error) {
    if (!(error instanceof MissingInputError)) throw error
    return { verdict: 'missing_input', missing: `event ${String(first.revision)}: ${error.message}` }
  }
}

/**
 * Runs today's rules over the recorded commands under the recorded rules, and compares what they decide with what was recorded.
 * It reads only, and asks nobody (audit-and-operations 4.2, R1). `rulesOf` may be shared between streams that cite the same artefacts.
 */
export const replay = async (journal: Journal, stream: string, rulesOf = rulesReader(journal)): Promise<Replayed> => {
  const events = await journal.read(stream)
  const rules = rulesOfStream(stream)
  const counts = { stream, events: events.length }
  if (events.length === 0) throw new Fault('invalid', `there is no stream ${stream}`)
  if (rules === undefined) return { ...counts, decisions: 0, ...SAME }
  let state = rules.decider.initialState
  let decisions = 0
  for (let start = 0; start < events.length; decisions += 1) {
    const batch = events.slice(start, start + (events[start]?.count ?? 1))
    const verdict = await decideAgain(rules, batch, state, rulesOf)
    if (verdict.verdict !== 'same') return { ...counts, decisions, ...verdict }
    state = batch.reduce(rules.decider.evolve, state)
    start += batch.length
  }
  return { ...counts, decisions, ...SAME }
}

export type Change = { readonly member: string; readonly from: Json; readonly to: Json }

/** Members of two states that differ. */
export const changesBetween = (before: unknown, after: unknown): readonly Change[] => {
  const [was, is] = [asJson(before), asJson(after)]
  if (!isObject(was) || !isObject(is)) return []
  const members = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return members
    .map((member) => ({ member, from: was[member] ?? null, to: is[member] ?? null }))
    .filter(({ from, to }) => canonical(from) !== canonical(to))
}

/** A state at an event, and what that event changed in it. */
export type At = { readonly event: Recorded; readonly state: Json; readonly changes: readonly Change[] }

/** Folds a stream up to an event (R0), the last where none is named. Undefined where the stream has no such event or no state. */
export const stateAt = async (journal: Journal, stream: string, revision?: number): Promise<At | undefined> => {
  const rules = rulesOfStream(stream)
  const events = await journal.read(stream)
  const event = events[revision ?? events.length - 1]
  if (rules === undefined || event === undefined) return undefined
  const { initialState, evolve } = rules.decider
  const before = events.slice(0, event.revision).reduce(evolve, initialState)
  const after = evolve(before, event)
  return { event, state: asJson(after), changes: changesBetween(before, after) }
}
