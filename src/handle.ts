import { genesisOf } from './chain.ts'
import type { Journal } from './journal.ts'
import { keepNewest } from './keep-newest.ts'
import type { Observer } from './telemetry/observer.ts'
import { turns, type Turns } from './turns.ts'
import { fold, type Decider } from '../domain/decider.ts'
import { Fault, type Digest, type Instant, type Timers, type Uuid } from '../domain/ports.ts'
import type { RefusalCode } from '../domain/refusals.ts'
import type { Recorded } from '../projections/projection.ts'

type AnyEvent = { readonly type: string; readonly data: object }
type AnyCommand = { readonly type: string; readonly at: Instant }

/** What this needs of the world. */
export type Handling = {
  readonly journal: Journal
  readonly timers: Timers
  readonly states: StateCache
  /** Counts what is decided, in a broker that serves. */
  readonly observer?: Pick<Observer, 'login'>
  /** Who acts for the operator, at the command line: it is recorded with everything that is decided (REG-16). */
  readonly actor?: string
}

/** A decider and how its streams are read. */
export type StreamRules<State, Command, Rules, Event> = {
  readonly decider: Decider<State, Command, Rules, Event>
  /** `restates`: each event holds the whole state, so one event is read (rule 8). `folds`: the stream is short and folded whole. */
  readonly reading: 'restates' | 'folds'
}

/** Where a command comes from, and the rules in force with the digests of their artefacts. */
export type Circumstances<Rules> = {
  readonly commandId: Uuid
  readonly causation: string
  readonly correlation: string
  readonly rules: Rules
  readonly ruleDigests: { readonly [name: string]: Digest }
}

export type Handled<State> = {
  readonly state: State
  /** Of the stream after this decision; -1 where there is none. */
  readonly revision: number
  readonly events: readonly Recorded[]
  readonly refusal?: RefusalCode
}

/** A state and where in its stream it stands. */
export type Loaded<State> = { readonly state: State; readonly revision: number; readonly digest: Digest }

/** Conflicts after which a command is decided again. */
const CONFLICTS_MAX = 3
const AMBIGUOUS_TRIES_MAX = 4
const AMBIGUOUS_WAIT_MS = 50

/** Folded states of streams in use, newest used last. A stale entry costs a read and nothing else: see `load` and `handle`. */
export type StateCache = {
  readonly get: (stream: string) => Loaded<unknown> | undefined
  readonly set: (stream: string, loaded: Loaded<unknown>) => void
  readonly delete: (stream: string) => void
  /** Decisions on one stream follow each other in this process, so that many at once do not use up each other's tries. */
  readonly inTurn: Turns
}

/** Decisions that may wait for one stream. Beyond that somebody asks for too much. */
const WAITING_MAX = 200

export const stateCache = (entriesMax: number): StateCache => {
  const entries = new Map<string, Loaded<unknown>>()
  return {
    get: (stream) => entries.get(stream),
    set: (stream, loaded) => keepNewest(entries, stream, loaded, entriesMax),
    delete: (stream) => void entries.delete(stream),
    inTurn: turns(WAITING_MAX),
  }
}

const advance = <State, Command, Rules, Event>(
  { decider }: StreamRules<State, Command, Rules, Event>,
  from: Loaded<State>,
  events: readonly Recorded[],
): Loaded<State> => {
  const last = events.at(-1)
  if (last === undefined) return from
  // Each event was checked against the schema that the type is generated from.
  const state = fold(decider, events as unknown as readonly Event[], from.state)
  return { state, revision: last.revision, digest: last.digest }
}

const readWhole = async <State, Command, Rules, Event>(
  journal: Journal,
  rules: StreamRules<State, Command, Rules, Event>,
  stream: string,
): Promise<Loaded<State>> => {
  const nothing: Loaded<State> = { state: rules.decider.initialState, revision: -1, digest: genesisOf(stream) }
  if (rules.reading === 'folds') return advance(rules, nothing, await journal.read(stream))
  const last = await journal.last(stream)
  return last === undefined ? nothing : advance(rules, nothing, [last])
}

/** The state of a stream now: what is known of it, topped up (rule 16). */
export const load = async <State, Command, Rules, Event>(
  { journal, states }: Pick<Handling, 'journal' | 'states'>,
  rules: StreamRules<State, Command, Rules, Event>,
  stream: string,
  fresh = false,
): Promise<Loaded<State>> => {
  const known = fresh ? undefined : (states.get(stream) as Loaded<State> | undefined)
  const loaded =
    known === undefined
      ? await readWhole(journal, rules, stream)
      : advance(rules, known, await journal.read(stream, known.revision + 1, known.digest))
  if (loaded.revision >= 0) states.set(stream, loaded)
  return loaded
}

/** Sends the identical batch again while it is unknown whether it was recorded (rule 5). */
const appendSurely = async ({ journal, timers }: Handling, batch: Parameters<Journal['append']>[0]): Promise<readonly Recorded[]> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await journal.append(batch)
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'ambiguous') || attempt >= AMBIGUOUS_TRIES_MAX) throw error
      await timers.sleep(AMBIGUOUS_WAIT_MS * attempt)
    }
  }
}

const isConflict = (error: unknown): boolean => error instanceof Fault && error.code === 'conflict'

/**
 * Load, decide, append; on a conflict start over, at most three times. A decision on a cached state needs no read before it: the
 * append names the revision on which it was decided, and is refused when the stream is elsewhere. What appends nothing was not
 * checked that way, so it is decided again on a fresh read before it is answered (rule 16).
 */
export const handle = <State, Command extends AnyCommand, Rules, Event extends AnyEvent>(
  world: Handling,
  rules: StreamRules<State, Command, Rules, Event>,
  stream: string,
  command: Command,
  circumstances: Circumstances<Rules>,
): Promise<Handled<State>> => world.states.inTurn(stream, () => decideAndAppend(world, rules, stream, command, circumstances))

const decideAndAppend = async <State, Command extends AnyCommand, Rules, Event extends AnyEvent>(
  world: Handling,
  rules: StreamRules<State, Command, Rules, Event>,
  stream: string,
  command: Command,
  circumstances: Circumstances<Rules>,
): Promise<Handled<State>> => {
  let fresh = false
  for (let conflicts = 0; ;) {
    const cached = fresh ? undefined : (world.states.get(stream) as Loaded<State> | undefined)
    const loaded = cached ?? (await load(world, rules, stream, fresh))
    const decision = rules.decider.decide(command, loaded.state, circumstances.rules)
    if (cached !== undefined && (decision.refusal !== undefined || decision.events.length === 0)) {
      fresh = true
      continue
    }
    const refusal = decision.refusal === undefined ? {} : { refusal: decision.refusal }
    if (decision.events.length === 0) return { state: loaded.state, revision: loaded.revision, events: [], ...refusal }
    const { commandId, causation, correlation, ruleDigests } = circumstances
    const { revision, digest: previous } = loaded
    const { actor } = world
    const decided = { facts: decision.events, command, commandId, correlation, causation, actor, rules: ruleDigests }
    const batch = { stream, revision, previous, ...decided }
    try {
      const events = await appendSurely(world, batch)
      const next = advance(rules, loaded, events)
      world.states.set(stream, next)
      return { state: next.state, revision: next.revision, events, ...refusal }
    } catch (error) {
      world.states.delete(stream)
      conflicts += 1
      if (!isConflict(error) || conflicts > CONFLICTS_MAX) throw error
      fresh = true
    }
  }
}
