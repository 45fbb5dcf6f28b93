import type { EventData, ResolvedEvent } from '@eventstore/db-client'
import type { NewEvent, Position, StoredEvent } from '../../../domain/ports.ts'
import { type LogPosition, positionOf } from './log-positions.ts'

/** An event as the log has it; also one of the server's own, or a link. */
export type LogEvent = {
  readonly stream: string
  readonly id: string
  readonly type: string
  readonly revision: number
  readonly data: Uint8Array
  readonly metadata: Uint8Array
  readonly position: LogPosition
  readonly createdMs: number
}

/**
 * RFC 7464 §2.2: a record separator before a JSON text. The clients parse metadata that is JSON, and what was parsed does not come
 * back byte for byte; with this in front they hand over bytes. Data is sent as binary for the same reason.
 */
const SEPARATOR = '\u001e'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const NOTHING = new Uint8Array()

export const proposed = (event: {
  readonly id: string
  readonly type: string
  readonly data: string | Uint8Array
  readonly metadata: string | Uint8Array
}): EventData => ({
  id: event.id,
  type: event.type,
  contentType: 'application/octet-stream',
  data: typeof event.data === 'string' ? encoder.encode(event.data) : event.data,
  metadata: typeof event.metadata === 'string' ? encoder.encode(SEPARATOR + event.metadata) : event.metadata,
})

const bytesOf = (value: unknown): Uint8Array => {
  if (value instanceof Uint8Array) return value
  return value === undefined ? NOTHING : encoder.encode(JSON.stringify(value))
}

export const eventOf = (event: NonNullable<ResolvedEvent['event']>): LogEvent => ({
  stream: event.streamId,
  id: event.id,
  type: event.type,
  revision: Number(event.revision),
  data: bytesOf(event.data),
  metadata: bytesOf(event.metadata),
  position: event.position ?? { commit: 0n, prepare: 0n },
  createdMs: event.created.getTime(),
})

/** Streams of the server itself: configuration, statistics, checkpoints, what was parked. */
export const isOurs = (event: LogEvent): boolean => !event.stream.startsWith('$')

const textOf = (bytes: Uint8Array): string => {
  const text = decoder.decode(bytes)
  return text.startsWith(SEPARATOR) ? text.slice(1) : text
}

export const storedOf = (event: LogEvent): StoredEvent => ({
  id: event.id,
  type: event.type,
  data: textOf(event.data),
  metadata: textOf(event.metadata),
  stream: event.stream,
  revision: event.revision,
  position: positionOf(event.position),
})

export const placeOf = (event: LogEvent): Position => positionOf(event.position)

export type { NewEvent }
