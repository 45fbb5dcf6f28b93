import { randomBytes, randomUUID } from 'node:crypto'
import { genesisOf, sealMetadata } from '../../src/chain.ts'
import { uuidv5 } from '../../src/crypto/hash.ts'
import { newTransaction } from '../../src/crypto/ids.ts'
import type { Chance, Digest, NewEvent, StoredEvent } from '../../domain/ports.ts'
import { idOf, kindOf } from '../../domain/streams.ts'

/**
 * Whole logins as they were recorded, to be written again for other people: every name, id and instant is another one, every digest
 * is made anew, everything else is as the broker wrote it.
 */
export type Template = { readonly streams: readonly TemplateStream[] }

/** Text between slots; a slot is the text that stood there. */
type Slotted = { readonly texts: readonly string[]; readonly slots: readonly string[] }

type TemplateEvent = {
  readonly id: string
  readonly type: string
  readonly commandId: string
  readonly index: number
  readonly data: Slotted
  readonly metadata: Slotted
}

type TemplateStream = { readonly name: Slotted; readonly events: readonly TemplateEvent[] }

/** Ids of any kind, instants, and the end of the metadata that is made anew. */
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const INSTANT = '\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z'
const CHAINED = /,"previous":"[A-Za-z0-9_-]{43}","digest":"[A-Za-z0-9_-]{43}"\}$/

const slotted = (text: string, pattern: RegExp): Slotted => {
  const slots = [...text.matchAll(pattern)].map(([slot]) => slot)
  return { texts: text.split(pattern), slots }
}

const metadataOf = (event: StoredEvent) =>
  JSON.parse(event.metadata) as { readonly $correlationId: string; readonly commandId: string; readonly index: number }

/** The logins of a log that were closed, as templates. */
export const templatesOf = (log: readonly StoredEvent[]): readonly Template[] => {
  const byLogin = Map.groupBy(log, (event) => metadataOf(event).$correlationId)
  return [...byLogin.values()].flatMap((events) => {
    if (!events.some(({ type }) => type === 'TransactionClosed')) return []
    const byStream = Map.groupBy(events, ({ stream }) => stream)
    // A person's stream is named by the person and the path, the others by one name.
    const names = [...byStream.keys()].map((stream) => (kindOf(stream) === 'person' ? (idOf(stream).split('.')[0] ?? '') : idOf(stream)))
    const pattern = new RegExp(`${[...new Set(names)].join('|')}|${UUID}|${INSTANT}`, 'g')
    const streams = [...byStream].map(([stream, own]) => ({
      name: slotted(stream, pattern),
      events: own.map((event) => {
        const { commandId, index } = metadataOf(event)
        return {
          ...{ id: event.id, type: event.type, commandId, index },
          data: slotted(event.data, pattern),
          metadata: slotted(event.metadata.replace(CHAINED, ''), pattern),
        }
      }),
    }))
    return [{ streams }]
  })
}

const fill = ({ texts, slots }: Slotted, valueOf: (slot: string) => string): string => {
  let text = texts[0] ?? ''
  for (const [index, slot] of slots.entries()) text += valueOf(slot) + (texts[index + 1] ?? '')
  return text
}

const newValue = (slot: string, person: string, agoMs: number, chance: Chance): string => {
  if (slot.startsWith('tx_')) return newTransaction(chance)
  if (slot.includes('T') && slot.endsWith('Z') && slot.length === 24) return new Date(Date.parse(slot) - agoMs).toISOString()
  if (slot.length === 36) return randomUUID()
  return slot.length === 43 ? randomBytes(32).toString('base64url') : person
}

export type Seeded = { readonly stream: string; readonly events: readonly NewEvent[] }

/** One login more: of another person, so long ago. */
export const another = ({ streams }: Template, person: string, agoMs: number, chance: Chance): readonly Seeded[] => {
  const values = new Map<string, string>()
  const valueOf = (slot: string): string => {
    const known = values.get(slot)
    if (known !== undefined) return known
    const value = newValue(slot, person, agoMs, chance)
    values.set(slot, value)
    return value
  }
  // Ids of events first: causes name them.
  const named = streams.map(({ name, events }) => {
    const stream = fill(name, valueOf)
    for (const { id, commandId, index } of events) values.set(id, uuidv5(valueOf(commandId), `${stream}#${String(index)}`))
    return { stream, events }
  })
  return named.map(({ stream, events }) => {
    let previous: Digest = genesisOf(stream)
    const filled = events.map((event, revision) => {
      const id = valueOf(event.id)
      const data = fill(event.data, valueOf)
      const metadata = `${fill(event.metadata, valueOf)},"previous":"${previous}"}`
      const sealed = sealMetadata({ id, type: event.type, data, metadata, previous, stream, revision })
      previous = sealed.digest
      return { id, type: event.type, data, metadata: sealed.text }
    })
    return { stream, events: filled }
  })
}
