import { decode } from '../codec.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import type { Change, Instant, Position, Tables, Uuid } from '../../domain/ports.ts'
import type { Recorded } from '../../projections/projection.ts'

export const PARKED_TABLE = 'parked'

/** Tables of a follower, and their version: it keeps what it could not handle beside its checkpoint. */
export const FOLLOWER_TABLES: Tables = { [PARKED_TABLE]: { key: 'id', indexes: ['position'] } }
export const FOLLOWER_VERSION = 1

/** An event that a follower could not handle. Never its content. */
export type ParkedRow = {
  readonly id: Uuid
  readonly event: Uuid
  readonly position: Position
  readonly stream: string
  readonly revision: number
  readonly type: string
  readonly correlation: string
  /** The name of the error. */
  readonly reason: string
  readonly tries: number
  readonly at: Instant
}

/** One event that one group parked. */
export const parkedId = (event: Uuid, group: string): Uuid => uuidv5(event, group)

/** What operators ask of parked events is recorded; a follower meets it in its turn and does it (rule 37). */
export const PARKED_ACTS: readonly string[] = ['ParkedRetried', 'ParkedDropped']

/** How handling an event failed. */
export type Failed = { readonly reason: string; readonly tries: number }

export const parkingOf = (group: string, event: Recorded, { reason, tries }: Failed, at: Instant): Change => {
  const { id, position, stream, revision, type, correlation } = event
  const row: ParkedRow = { id: parkedId(id, group), event: id, position, stream, revision, type, correlation, reason, tries, at }
  return { kind: 'put', table: PARKED_TABLE, row }
}

const eventOf = async ({ journal }: World, { stream, revision }: ParkedRow): Promise<Recorded | undefined> => {
  const [stored] = (await journal.store.readStream(stream, { from: revision, max: 1 })).events
  return stored && decode(stored)
}

type Attempt = (event: Recorded) => Promise<Failed | undefined>

/** What cannot even be read stays parked. */
const retried = async (world: World, row: ParkedRow, attempt: Attempt): Promise<Failed | undefined> => {
  try {
    const event = await eventOf(world, row)
    return event && (await attempt(event))
  } catch (error) {
    return { reason: error instanceof Error ? error.name : 'unknown', tries: 1 }
  }
}

/**
 * Does what an operator asked of a parked event: forgets it, or handles it once more, in the place in the order where it was asked.
 * Doing it again after a crash finds nothing parked any more.
 */
export const parkedAct = async (world: World, group: string, act: Recorded, attempt: Attempt): Promise<readonly Change[]> => {
  if (!PARKED_ACTS.includes(act.type) || act.data['group'] !== group) return []
  const row = (await world.views.get(group, PARKED_TABLE, parkedId(textOf(act.data['event']), group))) as ParkedRow | undefined
  if (row === undefined) return []
  const failed = act.type === 'ParkedRetried' ? await retried(world, row, attempt) : undefined
  return failed === undefined
    ? [{ kind: 'remove', table: PARKED_TABLE, key: row.id }]
    : [{ kind: 'put', table: PARKED_TABLE, row: { ...row, ...failed, at: world.clock.now() } }]
}
