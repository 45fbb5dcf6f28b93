import { attemptCounters, checkpoints, clients, consents, looks, signingKeys, transactions, trustedDevices } from './deciders.ts'
import type { Journal } from './journal.ts'
import { canonical } from '../domain/canonical.ts'
import type { Decision } from '../domain/decider.ts'
import { Fault, type Json } from '../domain/ports.ts'
import { idOf, kindOf } from '../domain/streams.ts'
import type { TransactionRules } from '../domain/transaction/rules.ts'
import type { Recorded } from '../projections/projection.ts'
import { checkCommand } from '../schemas/check.ts'
import type { ClientConfiguration, Policy } from '../schemas/generated.ts'
import { upcastCommand } from '../schemas/upcast.ts'

/** Where today's rules decide otherwise than was recorded. Both values are parts of events, which hold nothing personal (rule 1). */
export type Difference = {
  readonly revision: number
  readonly command: string
  /** `type`, `count`, or a member of the event's data: `data.claims.0`. */
  readonly path: string
  readonly recorded: Json
  readonly decided: Json
}

export type Replayed = {
  readonly stream: string
  readonly events: number
  readonly decisions: number
  readonly verdict: 'same' | 'different' | 'missing_input'
  readonly difference?: Difference
  /** `missing_input` only: what is not there, in words. */
  readonly missing?: string
}

type Fact = { readonly type: string; readonly data: object }
type Rules = Readonly<Record<string, Json | undefined>>

/** A decider with its types put aside: what goes in was checked against the schemas that its types are made from. */
type AnyDecider = {
  readonly initialState: unknown
  readonly decide: (command: unknown, state: unknown, rules: unknown) => Decision<Fact>
  readonly evolve: (state: unknown, event: unknown) => unknown
}

class MissingInputError extends Error {}

const missing = (what: string): never => {
  throw new MissingInputError(what)
}

/** The rules as they were: artefacts by the digests in the record. Asking for one that is not there ends the replay. */
const rulesOf = (found: Rules): TransactionRules => ({
  get policy() {
    return (found['policy'] as unknown as Policy | undefined) ?? missing('the policy that was in force')
  },
  // Whoever is not active records nothing where it matters, so what was recorded was decided for an active client.
  ...('client' in found && {
    get client() {
      const configuration = found['client'] as unknown as ClientConfiguration | undefined
      return configuration === undefined ? missing("the relying party's configuration that was in force") : { configuration, active: true }
    },
  }),
})

/** The rules of a stream's kind; undefined where nothing is decided. */
export const deciderOf = (stream: string): AnyDecider | undefined => {
  const decider = (): unknown => {
    switch (kindOf(stream)) {
      case 'transaction':
        return transactions.decider
      case 'client':
        return clients.decider
      case 'consent':
        return consents.decider
      case 'person':
        return idOf(stream).endsWith('.devices') ? trustedDevices.decider : attemptCounters.decider
      case 'signing-key':
        return signingKeys.decider
      case 'look':
        return looks.decider
      case 'checkpoint':
        return checkpoints.decider
      case 'artefact':
      case undefined:
        return undefined
    }
  }
  return decider() as AnyDecider | undefined
}

const commandOf = (event: Recorded): unknown => {
  const { command, kind } = event
  if (command === undefined) return missing('the command, which the first event of a decision carries')
  const body = upcastCommand(kind, command.type, command.version, command.body)
  const checked = body && checkCommand(kind, { type: command.type, ...body })
  return checked?.ok ? checked.value : missing(`command ${command.type}, which is not what this program knows under that name`)
}

const isObject = (value: Json): value is { readonly [member: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first place where two values differ. */
const firstDifference = (recorded: Json, decided: Json, path: string): Pick<Difference, 'path' | 'recorded' | 'decided'> | undefined => {
  if (canonical(recorded) === canonical(decided)) return undefined
  const [one, other] = [recorded, decided].map((value) => (Array.isArray(value) ? Object.fromEntries(value.entries()) : value)) as Json[]
  if (one === undefined || other === undefined || !isObject(one) || !isObject(other)) return { path, recorded, decided }
  for (const member of [...new Set([...Object.keys(one), ...Object.keys(other)])]) {
    const found = firstDifference(one[member] ?? null, other[member] ?? null, `${path}.${member}`)
    if (found !== undefined) return found
  }
  return { path, recorded, decided }
}

const asJson = (data: object): Json => JSON.parse(JSON.stringify(data)) as Json

const compare = (batch: readonly Recorded[], decided: readonly Fact[], command: string): Difference | undefined => {
  const revision = batch[0]?.revision ?? 0
  for (const [index, event] of batch.entries()) {
    const fact = decided[index]
    const at = { revision: event.revision, command }
    if (fact?.type !== event.type) return { ...at, path: 'type', recorded: event.type, decided: fact?.type ?? null }
    const found = firstDifference(event.data, asJson(fact.data), 'data')
    if (found !== undefined) return { ...at, ...found }
  }
  if (decided.length === batch.length) return undefined
  return { revision: revision + batch.length, command, path: 'count', recorded: batch.length, decided: decided.length }
}

const artefactsOf = async (journal: Journal, event: Recorded, known: Map<string, Json | undefined>): Promise<Rules> => {
  const found: Record<string, Json | undefined> = {}
  for (const [name, digest] of Object.entries(event.rules)) {
    if (!known.has(digest)) known.set(digest, await journal.artefact(digest))
    found[name] = known.get(digest)
  }
  return found
}

/**
 * Runs today's rules over the recorded commands under the recorded rules, and compares what they decide with what was recorded.
 * It reads only, and asks nobody (audit-and-operations 4.2, R1). `known` may be shared between streams that cite the same artefacts.
 */
export const replay = async (journal: Journal, stream: string, known = new Map<string, Json | undefined>()): Promise<Replayed> => {
  const events = await journal.read(stream)
  const decider = deciderOf(stream)
  const counts = { stream, events: events.length }
  if (events.length === 0) throw new Fault('invalid', `there is no stream ${stream}`)
  if (decider === undefined) return { ...counts, decisions: 0, verdict: 'same' }
  let state = decider.initialState
  let decisions = 0
  for (let start = 0; start < events.length; decisions += 1) {
    const first = events[start]
    if (first === undefined) break
    const batch = events.slice(start, start + first.count)
    try {
      const rules = rulesOf(await artefactsOf(journal, first, known))
      const { events: decided } = decider.decide(commandOf(first), state, rules)
      const difference = compare(batch, decided, first.command?.type ?? '')
      if (difference !== undefined) return { ...counts, decisions, verdict: 'different', difference }
    } catch (error) {
      if (!(error instanceof MissingInputError)) throw error
      return { ...counts, decisions, verdict: 'missing_input', missing: `event ${String(first.revision)}: ${error.message}` }
    }
    state = batch.reduce(decider.evolve, state)
    start += batch.length
  }
  return { ...counts, decisions, verdict: 'same' }
}

/** A state at an event, and what that event changed in it. */
export type At = {
  readonly event: Recorded
  readonly state: Json
  readonly changes: readonly { readonly member: string; readonly from: Json; readonly to: Json }[]
}

/** Folds a stream up to an event (R0). Undefined where the stream has no such event or no state. */
export const stateAt = async (journal: Journal, stream: string, revision: number): Promise<At | undefined> => {
  const decider = deciderOf(stream)
  const events = await journal.read(stream)
  const event = events[revision]
  if (decider === undefined || event === undefined) return undefined
  const before = events.slice(0, revision).reduce(decider.evolve, decider.initialState)
  const after = decider.evolve(before, event)
  const [was, is] = [asJson(before as object), asJson(after as object)]
  if (!isObject(was) || !isObject(is)) return undefined
  const members = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const changes = members
    .map((member) => ({ member, from: was[member] ?? null, to: is[member] ?? null }))
    .filter(({ from, to }) => canonical(from) !== canonical(to))
  return { event, state: is, changes }
}
