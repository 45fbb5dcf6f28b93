import persistentPb from '@eventstore/db-client/generated/persistent_pb.js'
import type { handleBidiStreamingCall, handleUnaryCall } from '@grpc/grpc-js'
import { type Consumer, type Group, makeGroup } from './groups.ts'
import type { ServerLog } from './log.ts'
import { ERRORS, type Script } from './script.ts'
import { filterOf, groupEvent } from './wire.ts'

type Req<K extends 'CreateReq' | 'ReadReq' | 'ReplayParkedReq' | 'ListReq'> = InstanceType<(typeof persistentPb)[K]>
type Resp<K extends 'CreateResp' | 'ReadResp' | 'ReplayParkedResp' | 'ListResp'> = InstanceType<(typeof persistentPb)[K]>

const PARK = persistentPb.ReadReq.Nack.Action.PARK
const RETRY = persistentPb.ReadReq.Nack.Action.RETRY

const createHandler =
  (log: ServerLog, groups: Map<string, Group>, script: Script): handleUnaryCall<Req<'CreateReq'>, Resp<'CreateResp'>> =>
  (call, respond) => {
    const act = script.take('create')
    if (act?.kind === 'silent') return
    if (act?.kind === 'fail') return respond(act.error)
    const options = call.request.getOptions()!
    const name = options.getGroupName()
    if (groups.has(name)) return respond(ERRORS.groupExists(name))
    const all = options.getAll()!
    const after = all.hasEnd() ? (log.all().at(-1)?.position ?? -1n) : -1n
    groups.set(name, makeGroup(log, name, all.hasFilter() ? filterOf(all.getFilter()) : undefined, after))
    respond(null, new persistentPb.CreateResp())
  }

const applyTo = (group: Group, request: Req<'ReadReq'>): void => {
  if (request.hasAck()) for (const id of request.getAck()!.getIdsList()) group.ack(id.getString())
  const nack = request.getNack()
  if (nack === undefined) return
  for (const id of nack.getIdsList()) {
    if (nack.getAction() === PARK) group.park(id.getString(), nack.getReason())
    else if (nack.getAction() === RETRY) group.retry(id.getString())
    else group.ack(id.getString())
  }
}

const joinHandler =
  (groups: Map<string, Group>, script: Script): handleBidiStreamingCall<Req<'ReadReq'>, Resp<'ReadResp'>> =>
  (call) => {
    let group: Group | undefined
    let consumer: Consumer | undefined
    const leave = (): void => {
      if (group !== undefined && consumer !== undefined) group.leave(consumer)
      consumer = undefined
    }
    const join = (options: NonNullable<ReturnType<Req<'ReadReq'>['getOptions']>>): void => {
      const act = script.take('join')
      if (act?.kind === 'silent') return
      if (act?.kind === 'end') return void call.end()
      if (act?.kind === 'fail') return void call.emit('error', act.error)
      group = groups.get(options.getGroupName())
      if (group === undefined) return void call.emit('error', ERRORS.groupMissing(options.getGroupName()))
      const confirmation = new persistentPb.ReadResp.SubscriptionConfirmation()
      confirmation.setSubscriptionId('stand-in')
      const answer = new persistentPb.ReadResp()
      answer.setSubscriptionConfirmation(confirmation)
      call.write(answer)
      if (act?.kind === 'mute') return
      consumer = {
        push: ({ record, retries }) => {
          script.note('handed')
          call.write(groupEvent(record, retries))
        },
        inFlightMax: options.getBufferSize(),
        inFlight: new Set(),
      }
      group.join(consumer)
    }
    call.on('data', (request: Req<'ReadReq'>) => {
      const options = request.getOptions()
      if (options !== undefined) return join(options)
      if (group !== undefined) applyTo(group, request)
    })
    call.on('cancelled', leave)
    call.on('close', leave)
    call.on('error', leave)
    call.on('end', () => {
      leave()
      call.end()
    })
  }

const replayHandler =
  (groups: Map<string, Group>, script: Script): handleUnaryCall<Req<'ReplayParkedReq'>, Resp<'ReplayParkedResp'>> =>
  (call, respond) => {
    const act = script.take('replay')
    if (act?.kind === 'silent') return
    if (act?.kind === 'fail') return respond(act.error)
    const options = call.request.getOptions()!
    const group = groups.get(options.getGroupName())
    if (group === undefined) return respond(ERRORS.groupMissing(options.getGroupName()))
    respond(null, new persistentPb.ReplayParkedResp())
    setImmediate(() => group.replay(options.hasStopAt() ? Number(options.getStopAt()) : undefined))
  }

const listHandler =
  (groups: Map<string, Group>): handleUnaryCall<Req<'ListReq'>, Resp<'ListResp'>> =>
  (_, respond) => {
    // As measured on 24.6: a server that has none says that nothing is there.
    if (groups.size === 0) return respond(ERRORS.groupMissing('any'))
    const answer = new persistentPb.ListResp()
    for (const name of groups.keys()) {
      const info = new persistentPb.SubscriptionInfo()
      info.setEventSource('$all')
      info.setGroupName(name)
      answer.addSubscriptions(info)
    }
    respond(null, answer)
  }

export const persistentOf = (log: ServerLog, groups: Map<string, Group>, script: Script) => ({
  create: createHandler(log, groups, script),
  read: joinHandler(groups, script),
  replayParked: replayHandler(groups, script),
  list: listHandler(groups),
})
