import { checkDigest, genesisOf, sealMetadata } from './chain.ts'
import { sha256, uuidv5 } from './crypto/hash.ts'
import { Fault, type Digest, type Instant, type Json, type NewEvent, type Position, type StoredEvent, type Uuid } from '../domain/ports.ts'
import { kindOf, type Kind } from '../domain/streams.ts'
import type { Recorded, Unreadable } from '../projections/projection.ts'
import { checkCommand, checkEvent, checkMetadata, commandVersion, eventVersion } from '../schemas/check.ts'
import type { Metadata } from '../schemas/generated.ts'
import { upcast } from '../schemas/upcast.ts'

type JsonObject = { readonly [member: string]: Json }

/** One decision, ready to be recorded: all its events in one append on one stream (rule 10). */
export type Batch = {
  readonly stream: string
  /** The revision on which it was decided, -1 where the stream did not exist, and the digest of the event there. */
  readonly revision: number
  readonly previous: Digest
  readonly facts: readonly { readonly type: string; readonly data: object }[]
  readonly command: { readonly type: string; readonly at: Instant }
  readonly commandId: Uuid
  readonly correlation: string
  readonly causation: string
  /** Who gave the command for the operator, where somebody did (REG-16). */
  readonly actor?: string | undefined
  readonly rules: { readonly [name: string]: Digest }
}

/** Nothing is served from an event that is not what was written. */
export const damaged = (event: StoredEvent, problem: string): Fault =>
  new Fault('corrupt', `event ${String(event.revision)} of stream ${event.stream} cannot be trusted: ${problem}`)

/** Nodes of two programs may run side by side: the other one can read it, so whoever asked may ask again (rule 9). */
const newer = (event: StoredEvent): Fault =>
  new Fault('unavailable', `event ${String(event.revision)} of stream ${event.stream} was recorded by a newer program`)

export const isNewer = (fault: unknown): boolean => fault instanceof Fault && fault.code === 'unavailable'

const kindOrFault = (stream: string): Kind => {
  const kind = kindOf(stream)
  if (kind === undefined) throw new Fault('invalid', 'a stream of an unknown kind')
  return kind
}

const objectOf = (text: string): JsonObject | undefined => {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

const recordedOf = (
  { id, stream, revision, position, type }: Pick<StoredEvent, 'id' | 'stream' | 'revision' | 'position' | 'type'>,
  read: {
    readonly kind: Kind
    readonly version: number
    readonly metadata: Metadata
    readonly digest: Digest
    readonly data: JsonObject
  },
): Recorded => {
  const { kind, version, metadata, digest, data } = read
  return {
    id,
    stream,
    kind,
    revision,
    position,
    type,
    version,
    recordedVersion: metadata.version,
    at: metadata.at,
    correlation: metadata.$correlationId,
    causation: metadata.$causationId,
    commandId: metadata.commandId,
    ...(metadata.actor !== undefined && { actor: metadata.actor }),
    index: metadata.index,
    count: metadata.count,
    ...(metadata.command && { command: metadata.command as NonNullable<Recorded['command']> }),
    rules: metadata.rules,
    previous: metadata.previous,
    digest,
    data,
  }
}

/** A stored event, checked: digest, metadata, version and data. `before` is the digest of the event before it where it is known. */
export const decode = (stored: StoredEvent, before?: Digest): Recorded => {
  const kind = kindOf(stored.stream)
  const data = objectOf(stored.data)
  const checkedMetadata = checkMetadata(objectOf(stored.metadata))
  if (data === undefined) throw damaged(stored, 'it is not an event of ours')
  if (!checkedMetadata.ok) throw damaged(stored, 'its metadata is not what the schema says')
  const metadata = checkedMetadata.value
  const expected = before ?? (stored.revision === 0 ? genesisOf(stored.stream) : metadata.previous)
  if (metadata.previous !== expected) throw damaged(stored, 'it does not follow the event before it')
  const chain = checkDigest(stored, expected)
  if (!chain.ok) throw damaged(stored, chain.problem)
  // What follows the chain was recorded by a program of ours; what it means, only that one can say.
  const version = kind && eventVersion(kind, stored.type)
  if (kind === undefined || version === undefined || version < metadata.version) throw newer(stored)
  const present = upcast(kind, stored.type, metadata.version, data)
  if (present === undefined) throw damaged(stored, 'its version is not known to this program')
  const check = checkEvent(kind, stored.type, version, present)
  if (!check.ok) throw damaged(stored, `its data is not what the schema says (${check.problems.join('; ')})`)
  return recordedOf(stored, { kind, version, metadata, digest: chain.digest, data: present as JsonObject })
}

/** What is told of an event that cannot be decoded: never its content. */
export const unreadable = (stored: StoredEvent, fault: unknown): Unreadable => ({
  id: stored.id,
  stream: stored.stream,
  revision: stored.revision,
  position: stored.position,
  type: stored.type,
  bytesDigest: sha256(`${stored.data}\n${stored.metadata}`),
  problem: fault instanceof Fault ? fault.message : 'it cannot be read',
  newer: isNewer(fault),
})

/** An event ready to be stored, and what it will be read as once it has a position. */
export type Encoded = { readonly event: NewEvent; readonly recorded: (position: Position) => Recorded }

/** The events of a decision: checked against their schemas, and chained. Fault `invalid` when one, or the command, is not what its schema says. */
export const encode = (batch: Batch): readonly Encoded[] => {
  const kind = kindOrFault(batch.stream)
  const { type, ...body } = batch.command
  const checkedCommand = checkCommand(kind, batch.command)
  if (!checkedCommand.ok) throw new Fault('invalid', `command ${type}: ${checkedCommand.problems.join('; ')}`)
  let previous = batch.previous
  return batch.facts.map((fact, index) => {
    const version = eventVersion(kind, fact.type) ?? 1
    const checked = checkEvent(kind, fact.type, version, fact.data)
    if (!checked.ok) throw new Fault('invalid', `event ${fact.type}: ${checked.problems.join('; ')}`)
    const metadata = JSON.stringify({
      at: batch.command.at,
      version,
      $correlationId: batch.correlation,
      $causationId: batch.causation,
      commandId: batch.commandId,
      ...(batch.actor !== undefined && { actor: batch.actor }),
      index,
      count: batch.facts.length,
      ...(index === 0 && { command: { type, version: commandVersion(kind, type) ?? 1, body } }),
      rules: batch.rules,
      previous,
    })
    const place = { stream: batch.stream, revision: batch.revision + 1 + index }
    const event = {
      id: uuidv5(batch.commandId, `${batch.stream}#${String(index)}`),
      type: fact.type,
      data: JSON.stringify(fact.data),
    }
    const sealed = sealMetadata({ ...event, ...place, previous, metadata })
    previous = sealed.digest
    return {
      event: { ...event, metadata: sealed.text },
      // What is read is parsed from what was written, so nobody meets a member that storing drops, or changes what was recorded.
      recorded: (position) =>
        recordedOf(
          { ...event, ...place, position },
          {
            kind,
            version,
            metadata: JSON.parse(metadata) as Metadata,
            digest: sealed.digest,
            data: JSON.parse(event.data) as JsonObject,
          },
        ),
    }
  })
}
