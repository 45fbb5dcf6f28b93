import sharedPb from '@eventstore/db-client/generated/shared_pb.js'
import streamsPb from '@eventstore/db-client/generated/streams_pb.js'
import type { handleClientStreamingCall, handleServerStreamingCall, Metadata, ServerWritableStream } from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'
import { type Expected, indexOf, type LogRecord, type NewRecord, type Outcome, type ServerLog } from './log.ts'
import { type Act, ERRORS, type Script, serviceError } from './script.ts'
import { checkpointAt, filterOf, nameOf, readEvent } from './wire.ts'

type Append = InstanceType<typeof streamsPb.AppendReq>
type Appended = InstanceType<typeof streamsPb.AppendResp>
type Read = InstanceType<typeof streamsPb.ReadReq>
type ReadAnswer = InstanceType<typeof streamsPb.ReadResp>
type Options = InstanceType<typeof streamsPb.ReadReq.Options>
type ReadCall = ServerWritableStream<Read, ReadAnswer>

const expectedOf = (options: InstanceType<typeof streamsPb.AppendReq.Options>): Expected => {
  if (options.hasNoStream()) return 'no_stream'
  if (options.hasAny()) return 'any'
  return options.hasStreamExists() ? 'stream_exists' : Number(options.getRevision())
}

const recordOf = (message: InstanceType<typeof streamsPb.AppendReq.ProposedMessage>): NewRecord => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
})

const answerOf = (outcome: Outcome, expected: Expected): Appended => {
  const answer = new streamsPb.AppendResp()
  if (outcome.kind === 'kept') {
    const position = new streamsPb.AppendResp.Position()
    position.setCommitPosition(String(outcome.position))
    position.setPreparePosition(String(outcome.position))
    const success = new streamsPb.AppendResp.Success()
    success.setCurrentRevision(String(outcome.revision))
    success.setPosition(position)
    answer.setSuccess(success)
    return answer
  }
  const wrong = new streamsPb.AppendResp.WrongExpectedVersion()
  if (typeof expected === 'number') wrong.setExpectedRevision(String(expected))
  else wrong.setExpectedNoStream(new sharedPb.Empty())
  if (outcome.kind === 'wrong' && outcome.current >= 0) wrong.setCurrentRevision(String(outcome.current))
  else wrong.setCurrentNoStream(new sharedPb.Empty())
  answer.setWrongExpectedVersion(wrong)
  return answer
}

const TOO_LARGE = serviceError(status.INVALID_ARGUMENT, 'Maximum Append Size of 1048576 Exceeded.', {
  exception: 'maximum-append-size-exceeded',
  'maximum-append-size': '1048576',
})

const asksForLeader = (metadata: Metadata): boolean => metadata.get('requires-leader').includes('true')

const appendHandler =
  (log: ServerLog, script: Script): handleClientStreamingCall<Append, Appended> =>
  (call, respond) => {
    const messages: Append[] = []
    call.on('data', (message: Append) => void messages.push(message))
    call.on('error', () => undefined)
    call.on('end', () => {
      // A call that was given up half way is no append.
      const [header] = messages
      const options = header?.getOptions()
      if (call.cancelled || options === undefined) return
      const act = script.take('append', call.metadata)
      if (act?.kind === 'silent') return
      // A follower passes on to its leader what does not ask for one.
      if (act?.kind === 'notLeader' && asksForLeader(call.metadata)) return respond(ERRORS.notLeader(act.port))
      if (act?.kind === 'fail') return respond(act.error)
      const events = messages.flatMap((message) => (message.hasProposedMessage() ? [recordOf(message.getProposedMessage()!)] : []))
      const expected = expectedOf(options)
      const outcome = log.append(nameOf(options.getStreamIdentifier()), expected, events)
      if (act?.kind === 'lost' && act.as === 'silence') return
      if (act?.kind === 'lost' && act.as === 'conflict')
        return respond(null, answerOf({ kind: 'wrong', current: outcome.kind === 'kept' ? outcome.revision : -1 }, expected))
      if (act?.kind === 'lost') return respond(act.as === 'reset' ? ERRORS.reset : ERRORS.timeout)
      if (outcome.kind === 'tooLarge') return respond(TOO_LARGE)
      const answer = (): void => respond(null, answerOf(outcome, expected))
      if (act?.kind === 'late') return void setTimeout(answer, act.ms)
      answer()
    })
  }

const BACKWARDS = streamsPb.ReadReq.Options.ReadDirection.BACKWARDS

const fromAll = (options: Options, records: readonly LogRecord[], isBackwards: boolean): readonly LogRecord[] => {
  const all = options.getAll()!
  if (all.hasStart()) return isBackwards ? [] : records
  if (all.hasEnd()) return isBackwards ? records.toReversed() : []
  const at = indexOf(records, BigInt(all.getPosition()!.getCommitPosition()))
  return isBackwards ? records.slice(0, at).toReversed() : records.slice(at)
}

const fromStream = (options: Options, records: readonly LogRecord[], isBackwards: boolean): readonly LogRecord[] => {
  const stream = options.getStream()!
  const ordered = isBackwards ? records.toReversed() : records
  if (stream.hasStart() || stream.hasEnd()) return ordered
  const from = Number(stream.getRevision())
  return ordered.filter((record) => (isBackwards ? record.revision <= from : record.revision >= from))
}

const answerRead = (log: ServerLog, options: Options, call: ReadCall): void => {
  const isBackwards = options.getReadDirection() === BACKWARDS
  const count = Number(options.getCount())
  if (options.hasStream()) {
    const name = nameOf(options.getStream()?.getStreamIdentifier())
    if (!log.exists(name)) {
      const missing = new streamsPb.ReadResp.StreamNotFound()
      missing.setStreamIdentifier(options.getStream()?.getStreamIdentifier())
      const answer = new streamsPb.ReadResp()
      answer.setStreamNotFound(missing)
      call.write(answer)
      return void call.end()
    }
  }
  const records = options.hasAll()
    ? fromAll(options, log.all(), isBackwards)
    : fromStream(options, log.stream(nameOf(options.getStream()?.getStreamIdentifier())), isBackwards)
  for (const record of records.slice(0, count)) call.write(readEvent(record, options.getResolveLinks() ? log : undefined))
  call.end()
}

/** Confirmed, then everything after a position, then live, with the notice of having caught up between. */
const answerFollow = (log: ServerLog, script: Script, options: Options, call: ReadCall, act: Act | undefined): void => {
  const confirmation = new streamsPb.ReadResp.SubscriptionConfirmation()
  confirmation.setSubscriptionId('stand-in')
  const confirmed = new streamsPb.ReadResp()
  confirmed.setConfirmation(confirmation)
  call.write(confirmed)
  if (act?.kind === 'mute') return
  const matches = filterOf(options.getFilter())
  const all = options.getAll()!
  const after = all.hasPosition() ? BigInt(all.getPosition()!.getCommitPosition()) : -1n
  const send = (record: LogRecord): void => {
    if (record.position <= after || !matches(record)) return
    script.note('told')
    call.write(readEvent(record))
  }
  if (!all.hasEnd()) for (const record of log.all().slice(after < 0n ? 0 : indexOf(log.all(), after))) send(record)
  const last = log.all().at(-1)
  if (last !== undefined) call.write(checkpointAt(last.position))
  const caughtUp = new streamsPb.ReadResp()
  caughtUp.setCaughtUp(new streamsPb.ReadResp.CaughtUp())
  call.write(caughtUp)
  const stop = log.listen(send)
  call.on('cancelled', stop)
  call.on('close', stop)
}

const readHandler =
  (log: ServerLog, script: Script): handleServerStreamingCall<Read, ReadAnswer> =>
  (call) => {
    const options = call.request.getOptions()!
    const isFollow = options.hasSubscription()
    const act = script.take(isFollow ? 'follow' : 'read', call.metadata)
    call.on('error', () => undefined)
    if (act?.kind === 'silent') return void call.on('cancelled', () => script.note('cancelled'))
    if (act?.kind === 'end') return void call.end()
    if (act?.kind === 'fail') return void call.emit('error', act.error)
    if (isFollow) return answerFollow(log, script, options, call, act)
    if (act?.kind === 'late') return void setTimeout(() => answerRead(log, options, call), act.ms)
    answerRead(log, options, call)
  }

export const streamsOf = (log: ServerLog, script: Script) => ({ append: appendHandler(log, script), read: readHandler(log, script) })
