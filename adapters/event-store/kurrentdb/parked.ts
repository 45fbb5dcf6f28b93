import { Fault, type Parked, type Timers, type Uuid } from '../../../domain/ports.ts'
import { type CallTools, read } from './calls.ts'
import type { Link } from './client.ts'
import { storedOf } from './events.ts'

/** Parked messages of a group that are listed and replayed at once. */
const PARKED_MAX = 4096
const REASON_CHARS_MAX = 500
const SEEN_TRIES_MAX = 200
const SEEN_MS = 20

/** The server keeps what it parks as links in a stream of its own; a link's metadata has the reason. */
const parkedStream = (group: string): string => `$persistentsubscription-$all::${group}-parked`

export const reasonText = (tries: number, reason: string): string => JSON.stringify({ tries, reason: reason.slice(0, REASON_CHARS_MAX) })

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The server puts a line of its own before the reason; a message that it parked by itself has only that. */
const reasonOf = (metadata: Uint8Array): { readonly tries: number; readonly reason: string } => {
  const kept = jsonOf(new TextDecoder().decode(metadata))
  const text = isObject(kept) && typeof kept['reason'] === 'string' ? kept['reason'] : ''
  const said = jsonOf(text.slice(text.indexOf('\n') + 1))
  if (!isObject(said) || typeof said['reason'] !== 'string') return { tries: 0, reason: text.slice(0, REASON_CHARS_MAX) }
  return { tries: Number(said['tries']), reason: said['reason'] }
}

const linksOf = async (tools: CallTools, group: string): Promise<readonly Link[]> =>
  (await read(tools, (client, signal) => client.links(parkedStream(group), PARKED_MAX, signal))) ?? []

export const parkedOver =
  (tools: CallTools) =>
  async (group: string): Promise<readonly Parked[]> => {
    const parked = (await linksOf(tools, group)).flatMap(({ link, event }): readonly Parked[] =>
      event === undefined
        ? []
        : [{ group, event: storedOf(event), ...reasonOf(link.metadata), at: new Date(link.createdMs).toISOString() }],
    )
    return parked.toSorted((a, b) => (a.event.position < b.event.position ? -1 : 1))
  }

const must = async <T>(answer: Promise<T | undefined>): Promise<T> => {
  const value = await answer
  if (value === undefined) throw new Fault('invalid', 'there is no such group')
  return value
}

/** The server replays first and forgets afterwards; who asked sees the outcome of both. */
const untilForgotten = async (tools: CallTools & { readonly timers: Timers }, group: string, last: number): Promise<void> => {
  for (let tries = 0; tries < SEEN_TRIES_MAX; tries++) {
    const links = await linksOf(tools, group)
    if (links.every(({ link }) => link.revision > last)) return
    await tools.timers.sleep(SEEN_MS)
  }
}

/** Where nobody ever made a group, the server has none to list. */
export const groupsOver = (tools: CallTools) => async (): Promise<readonly string[]> =>
  ((await read(tools, (client) => client.groups())) ?? []).toSorted()

/** Adds links again at the end, then cuts off what stands before a revision. A crash between leaves a message parked twice, never lost. */
const moveAndCut = async (tools: CallTools, group: string, moved: readonly Link[], before: number): Promise<void> => {
  const stream = parkedStream(group)
  const links = moved.map(({ link }) => link)
  if (links.length > 0) await must(read(tools, async (client, _, ms) => (await client.appendLinks(stream, links, ms), true)))
  await must(read(tools, async (client) => (await client.truncate(stream, before), true)))
}

/**
 * Puts parked messages back. The server replays a stream of them from its beginning, so one message alone is brought to the
 * beginning first.
 */
export const replayOver = (tools: CallTools) => {
  const replay = async (group: string, last: number): Promise<void> => {
    await must(read(tools, async (client) => (await client.replayParked(group, last + 1), true)))
    await untilForgotten(tools, group, last)
  }
  return async (group: string, eventId: Uuid | undefined): Promise<number> => {
    const links = await linksOf(tools, group)
    const chosen = eventId === undefined ? links.length - 1 : links.findIndex(({ event }) => event?.id === eventId)
    const found = links[chosen]
    if (found === undefined) return 0
    if (eventId !== undefined && chosen > 0) await moveAndCut(tools, group, links.slice(0, chosen), found.link.revision)
    await replay(group, found.link.revision)
    return eventId === undefined ? links.length : 1
  }
}

/** Forgets a parked message, also where a crash left it parked twice: those before it are moved behind it, and it is cut off. */
export const dropOver =
  (tools: CallTools) =>
  async (group: string, eventId: Uuid): Promise<number> => {
    const links = await linksOf(tools, group)
    const last = links.findLast(({ event }) => event?.id === eventId)
    if (last === undefined) return 0
    const kept = links.slice(0, links.indexOf(last)).filter(({ event }) => event?.id !== eventId)
    await moveAndCut(tools, group, kept, last.link.revision + 1)
    return 1
  }
