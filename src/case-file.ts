import { decode } from './codec.ts'
import { sha256 } from './crypto/hash.ts'
import { isTransaction } from './crypto/ids.ts'
import type { Journal } from './journal.ts'
import { canonical } from '../domain/canonical.ts'
import { isObject, parseObject } from '../domain/json.ts'
import { Fault, type Digest, type EventStore, type Instant, type Json, type NewEvent } from '../domain/ports.ts'
import { artefactStream, transactionStream } from '../domain/streams.ts'

/** One login as it is stored, with the rules that it was decided under, so that it is replayed elsewhere. */
export type Case = {
  readonly format: 'esignet-case'
  readonly version: 1
  readonly holds: string
  readonly exportedAt: Instant
  readonly transaction: string
  /** Digest of the last event: each covers those before it. */
  readonly head: Digest
  readonly events: readonly NewEvent[]
  readonly artefacts: readonly { readonly digest: Digest; readonly events: readonly NewEvent[] }[]
  /** Of everything above, in the form of RFC 8785. */
  readonly digest: Digest
}

const HOLDS =
  'The events of one sign-in, byte for byte, with the policy and the configuration of the relying party that were in force. No claim ' +
  'value, no identifier that a person knows and no secret is in them; the person is a random reference that means something only to the ' +
  'deployment that recorded it, and nothing once the person is erased there.'

/** Events that a login may have, and artefacts that it may cite. */
const EVENTS_MAX = 4096
const ARTEFACTS_MAX = 64

const DIGEST = /"([A-Za-z0-9_-]{43})"/g

const newEvent = ({ id, type, data, metadata }: NewEvent): NewEvent => ({ id, type, data, metadata })

const readAll = async (store: EventStore, stream: string) => (await store.readStream(stream, { max: EVENTS_MAX })).events

/** Checks a stream from its first event on, and answers the last digest and the digests of the rules that it cites. */
const checkStream = (stream: string, events: readonly NewEvent[]): { readonly head: Digest; readonly cited: ReadonlySet<Digest> } => {
  const cited = new Set<Digest>()
  let before: Digest | undefined
  events.forEach((stored, revision) => {
    const event = decode({ ...stored, stream, revision, position: '' }, before)
    for (const digest of Object.values(event.rules)) cited.add(digest)
    before = event.digest
  })
  if (before === undefined) throw new Fault('invalid', `there is no stream ${stream}`)
  return { head: before, cited }
}

const contentProblem = (digest: Digest, events: readonly NewEvent[]): string | undefined => {
  const content = parseObject(events[0]?.data ?? '')?.['content']
  return content !== undefined && sha256(canonical(content as Json)) === digest ? undefined : `artefact ${digest} is not what its name says`
}

/** The case of one login. Whatever it names that is an artefact here comes with it. */
export const exportCase = async (journal: Journal, transaction: string, at: Instant): Promise<Case> => {
  const { store } = journal
  const events = (await readAll(store, transactionStream(transaction))).map(newEvent)
  const { head, cited } = checkStream(transactionStream(transaction), events)
  const named = new Set([...cited, ...events.flatMap(({ data }) => [...data.matchAll(DIGEST)].map(([, digest = '']) => digest))])
  const artefacts: Case['artefacts'][number][] = []
  for (const digest of named) {
    const kept = (await readAll(store, artefactStream(digest))).map(newEvent)
    if (kept.length > 0 && artefacts.length < ARTEFACTS_MAX) artefacts.push({ digest, events: kept })
  }
  const told = { format: 'esignet-case', version: 1, holds: HOLDS, exportedAt: at, transaction, head, events, artefacts } as const
  return { ...told, digest: sha256(canonical(told)) }
}

const isNewEvent = (value: unknown): value is NewEvent =>
  isObject(value) && ['id', 'type', 'data', 'metadata'].every((member) => typeof value[member] === 'string')

const areEvents = (value: unknown): value is readonly NewEvent[] =>
  Array.isArray(value) && value.length <= EVENTS_MAX && value.every(isNewEvent)

const isCase = (value: unknown): value is Case =>
  isObject(value) &&
  value['format'] === 'esignet-case' &&
  value['version'] === 1 &&
  typeof value['transaction'] === 'string' &&
  isTransaction(value['transaction']) &&
  areEvents(value['events']) &&
  Array.isArray(value['artefacts']) &&
  value['artefacts'].length <= ARTEFACTS_MAX &&
  value['artefacts'].every((kept: unknown) => isObject(kept) && typeof kept['digest'] === 'string' && areEvents(kept['events']))

/** A case that holds: its own digest, every event's, and those of its artefacts. Fault `corrupt` says what does not. */
export const readCase = (value: unknown): Case => {
  if (!isCase(value)) throw new Fault('invalid', 'it is not a case as `tx export` writes it')
  const { digest, ...told } = value
  if (sha256(canonical(told)) !== digest) throw new Fault('corrupt', 'the case does not give its digest')
  if (checkStream(transactionStream(value.transaction), value.events).head !== value.head)
    throw new Fault('corrupt', 'the last event of the case is not the one that it names')
  for (const kept of value.artefacts) {
    checkStream(artefactStream(kept.digest), kept.events)
    const problem = contentProblem(kept.digest, kept.events)
    if (problem !== undefined) throw new Fault('corrupt', problem)
  }
  return value
}

/** A broker's own streams: where one of them is, somebody signs in, and a case has no place. */
const OF_A_BROKER = ['client-', 'consent-', 'person-', 'signingKey-']

/** Puts a case into a store of cases; a second time changes nothing. */
export const importCase = async (store: EventStore, { transaction, events, artefacts }: Case): Promise<void> => {
  if ((await store.readAll({ filter: { streamPrefixes: OF_A_BROKER }, max: 1 })).events.length > 0)
    throw new Fault('invalid', "this is a broker's folder: name one of its own for cases, with --data")
  for (const kept of artefacts) await store.append(artefactStream(kept.digest), 'no_stream', kept.events)
  await store.append(transactionStream(transaction), 'no_stream', events)
}
