import persistentPb from '@eventstore/db-client/generated/persistent_pb.js'
import sharedPb from '@eventstore/db-client/generated/shared_pb.js'
import streamsPb from '@eventstore/db-client/generated/streams_pb.js'
import type { LogRecord, ServerLog } from './log.ts'

const TICKS_PER_MS = 10_000n

type Recorded =
  InstanceType<typeof streamsPb.ReadResp.ReadEvent.RecordedEvent> | InstanceType<typeof persistentPb.ReadResp.ReadEvent.RecordedEvent>

const fill = <T extends Recorded>(message: T, record: LogRecord): T => {
  const id = new sharedPb.UUID()
  id.setString(record.id)
  const stream = new sharedPb.StreamIdentifier()
  stream.setStreamName(new TextEncoder().encode(record.stream))
  message.setId(id)
  message.setStreamIdentifier(stream)
  message.setStreamRevision(String(record.revision))
  message.setCommitPosition(String(record.position))
  message.setPreparePosition(String(record.position))
  message.setData(record.data)
  message.setCustomMetadata(record.metadata)
  const members = message.getMetadataMap()
  members.set('type', record.type)
  members.set('content-type', record.contentType)
  members.set('created', String(BigInt(record.createdMs) * TICKS_PER_MS))
  return message
}

const decoder = new TextDecoder()

/** `revision@stream`. */
export const linkTarget = (log: ServerLog, link: LogRecord): LogRecord | undefined => {
  const [revision = '', ...stream] = decoder.decode(link.data).split('@')
  return log.stream(stream.join('@')).find((record) => record.revision === Number(revision))
}

export const readEvent = (record: LogRecord, log?: ServerLog) => {
  const event = new streamsPb.ReadResp.ReadEvent()
  const isLink = log !== undefined && record.type === '$>'
  const target = isLink ? linkTarget(log, record) : record
  if (target !== undefined) event.setEvent(fill(new streamsPb.ReadResp.ReadEvent.RecordedEvent(), target))
  if (isLink) event.setLink(fill(new streamsPb.ReadResp.ReadEvent.RecordedEvent(), record))
  event.setCommitPosition(String(record.position))
  const answer = new streamsPb.ReadResp()
  answer.setEvent(event)
  return answer
}

export const groupEvent = (record: LogRecord, retries: number) => {
  const event = new persistentPb.ReadResp.ReadEvent()
  event.setEvent(fill(new persistentPb.ReadResp.ReadEvent.RecordedEvent(), record))
  event.setCommitPosition(String(record.position))
  event.setRetryCount(retries)
  const answer = new persistentPb.ReadResp()
  answer.setEvent(event)
  return answer
}

export const checkpointAt = (position: bigint) => {
  const checkpoint = new streamsPb.ReadResp.Checkpoint()
  checkpoint.setCommitPosition(String(position))
  checkpoint.setPreparePosition(String(position))
  const answer = new streamsPb.ReadResp()
  answer.setCheckpoint(checkpoint)
  return answer
}

export const nameOf = (identifier: InstanceType<typeof sharedPb.StreamIdentifier> | undefined): string =>
  decoder.decode(identifier?.getStreamName_asU8())

type Expression = { readonly getRegex: () => string; readonly getPrefixList: () => string[] }
type Filter = {
  readonly getStreamIdentifier: () => Expression | undefined
  readonly getEventType: () => Expression | undefined
}

/** A filter by prefixes or a pattern, on names or types. */
export const filterOf = (filter: Filter | undefined): ((record: LogRecord) => boolean) => {
  const [expression, word] =
    filter?.getStreamIdentifier() === undefined
      ? ([filter?.getEventType(), (record: LogRecord) => record.type] as const)
      : ([filter.getStreamIdentifier(), (record: LogRecord) => record.stream] as const)
  if (expression === undefined) return () => true
  const prefixes = expression.getPrefixList()
  if (prefixes.length > 0) return (record) => prefixes.some((prefix) => word(record).startsWith(prefix))
  const pattern = new RegExp(expression.getRegex(), 'u')
  return (record) => pattern.test(word(record))
}
