import { decode } from './codec.ts'
import { parkedActs } from './deciders.ts'
import type { Handling } from './handle.ts'
import type { Journal } from './journal.ts'
import { FOLLOWER_TABLES, FOLLOWER_VERSION, PARKED_TABLE, parkedId, type ParkedRow } from './reactors/parked-rows.ts'
import { commandStream } from './steps/act.ts'
import { textOf } from './text-of.ts'
import { Fault, type Instant, type Parked, type ReadModel, type Uuid } from '../domain/ports.ts'
import { kindOf, parkedStream, type Kind } from '../domain/streams.ts'

/** What somebody asked of a parked event and is not done yet: its group was not there since, or the asking was interrupted. */
export type Asked = { readonly what: 'retry' | 'drop'; readonly at: Instant; readonly actor: string; readonly reason: string }

/** An event that a group could not handle: where it stands and why, and nothing of what it holds. */
export type ParkedMessage = {
  readonly group: string
  readonly event: Uuid
  readonly type: string
  readonly kind: Kind | null
  /** The sign-in that it belongs to, or what else it is about. */
  readonly correlation: string | null
  readonly revision: number
  readonly reason: string
  readonly tries: number
  readonly at: Instant
  readonly asked: Asked | null
}

type Message = Omit<ParkedMessage, 'asked'>

export type ParkedTools = {
  readonly journal: Journal
  readonly views: ReadModel
  /** Groups that keep their checkpoint beside the registers; the others are the event store's. */
  readonly followers: readonly string[]
}

const PAGE_ROWS = 500

const correlationOf = ({ event }: Parked): string | null => {
  try {
    return decode(event).correlation
  } catch (error) {
    // What cannot be read may be what it was parked for.
    if (!(error instanceof Fault)) throw error
    return null
  }
}

const ofStore = (parked: Parked): Message => {
  const { group, reason, tries, at, event } = parked
  const { id, type, stream, revision } = event
  return { group, event: id, type, kind: kindOf(stream) ?? null, correlation: correlationOf(parked), revision, reason, tries, at }
}

const ofFollower = (group: string, row: ParkedRow): Message => {
  const { event, type, stream, correlation, revision, reason, tries, at } = row
  return { group, event, type, kind: kindOf(stream) ?? null, correlation, revision, reason, tries, at }
}

async function* followerRows(views: ReadModel, group: string): AsyncGenerator<Message> {
  await views.open(group, FOLLOWER_VERSION, FOLLOWER_TABLES)
  for (let after: string | undefined; ;) {
    const query = { orderBy: 'position', limit: PAGE_ROWS, ...(after !== undefined && { after }) }
    const rows = (await views.list(group, PARKED_TABLE, query)) as unknown as readonly ParkedRow[]
    for (const row of rows) yield ofFollower(group, row)
    after = rows.at(-1)?.position
    if (rows.length < PAGE_ROWS) return
  }
}

const askedOf = async (journal: Journal, { group, event, at: since }: Message): Promise<Asked | null> => {
  const last = await journal.last(parkedStream(parkedId(event, group)))
  if (last === undefined || last.at < since) return null
  const { actor, reason } = last.data
  return { what: last.type === 'ParkedRetried' ? 'retry' : 'drop', at: last.at, actor: textOf(actor), reason: textOf(reason) }
}

/** Every group that can park, by name. */
export const groupsOf = async ({ journal, followers }: ParkedTools): Promise<readonly string[]> =>
  [...new Set([...(await journal.store.groups()), ...followers])].toSorted()

/** What is parked, group by group, the oldest event first. */
export async function* parkedMessages(tools: ParkedTools, group?: string): AsyncGenerator<ParkedMessage> {
  const { journal, views, followers } = tools
  for (const name of group === undefined ? await groupsOf(tools) : [group]) {
    const messages = followers.includes(name) ? followerRows(views, name) : (await journal.store.parked(name)).map(ofStore)
    for await (const message of messages) yield { ...message, asked: await askedOf(journal, message) }
  }
}

export const findParked = async (tools: ParkedTools, group: string, event: Uuid): Promise<ParkedMessage | undefined> => {
  for await (const message of parkedMessages(tools, group)) if (message.event === event) return message
  return undefined
}

export type ParkedAct = {
  readonly what: Asked['what']
  readonly actor: string
  readonly reason: string
  readonly at: Instant
  readonly id: Uuid
}

/** `done`: it is with its group again, or gone. `recorded`: the group does it when it comes to it. */
export type ActedOn = 'done' | 'recorded'

/**
 * Records what somebody asks of a parked event, then does it (REG-16). Whoever is interrupted between says it again: it is recorded, and
 * stays parked. A follower meets the record among its events.
 */
export const actOnParked = async (
  tools: ParkedTools & Handling,
  { group, event, type, correlation }: ParkedMessage,
  { what, actor, reason, at, id }: ParkedAct,
): Promise<ActedOn> => {
  const { store } = tools.journal
  const asked = { at, actor, group, event, eventType: type, reason }
  const wish = what === 'retry' ? ({ type: 'RetryParked', ...asked } as const) : ({ type: 'DropParked', ...asked } as const)
  await commandStream(tools, parkedActs, parkedStream(parkedId(event, group)), wish, {
    id,
    causation: event,
    correlation: correlation ?? id,
  })
  if (tools.followers.includes(group)) return 'recorded'
  await (what === 'retry' ? store.replayParked(group, event) : store.dropParked(group, event))
  return 'done'
}
