import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import gossipPb from '@eventstore/db-client/generated/gossip_pb.js'
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js'
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js'
import sharedPb from '@eventstore/db-client/generated/shared_pb.js'
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js'
import { type sendUnaryData, Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Group } from './groups.ts'
import { makeLog } from './log.ts'
import { persistentOf } from './persistent.ts'
import { makeScript, type Script } from './script.ts'
import { streamsOf } from './streams.ts'

const LEADER = gossipPb.MemberInfo.VNodeState.LEADER
const GROUPS = 'event_store.client.persistent_subscriptions.PersistentSubscriptions'

const features = (script: Script, respond: sendUnaryData<InstanceType<typeof featuresPb.SupportedMethods>>): void => {
  if (script.take('features')?.kind === 'silent') return
  const methods = [
    ['event_store.client.streams.Streams', 'append', []],
    ['event_store.client.streams.Streams', 'read', []],
    // Named as by the real server and not served: the client takes this path where nothing keeps it from it, and fails.
    ['event_store.client.streams.Streams', 'batchappend', []],
    [GROUPS, 'create', ['all']],
    [GROUPS, 'read', ['all']],
    [GROUPS, 'replayparked', ['all']],
    [GROUPS, 'list', ['all']],
  ] as const
  const answer = new featuresPb.SupportedMethods()
  answer.setEventStoreServerVersion('24.6.0')
  for (const [service, method, list] of methods) {
    const one = new featuresPb.SupportedMethod()
    one.setServiceName(service)
    one.setMethodName(method)
    one.setFeaturesList([...list])
    answer.addMethods(one)
  }
  respond(null, answer)
}

/** While a server is down, an outgoing connection of anybody may have its port for a moment. */
const LISTEN_TRIES_MAX = 100
const LISTEN_PAUSE_MS = 50

/** Holds the certificate of `localhost`, signed by itself, and its key. */
export const TLS = join(import.meta.dirname, '../tls')

const certified = (folder: string): ServerCredentials => {
  const pair = { private_key: readFileSync(join(folder, 'localhost-key.pem')), cert_chain: readFileSync(join(folder, 'localhost.pem')) }
  return ServerCredentials.createSsl(null, [pair])
}

const members = (host: string, port: number) => {
  const place = new gossipPb.EndPoint()
  place.setAddress(host)
  place.setPort(port)
  const id = new sharedPb.UUID()
  id.setString(randomUUID())
  const member = new gossipPb.MemberInfo()
  member.setInstanceId(id)
  member.setTimeStamp('0')
  member.setIsAlive(true)
  member.setState(LEADER)
  member.setHttpEndPoint(place)
  const answer = new gossipPb.ClusterInfo()
  answer.addMembers(member)
  return answer
}

export type StandIn = {
  readonly port: number
  readonly connection: string
  /** Two seeds, so that the client asks by gossip who leads. */
  readonly cluster: string
  readonly script: Script
  readonly log: ReturnType<typeof makeLog>
  /** Cuts every connection at once, as a kill does. What was acknowledged stays. */
  readonly stop: () => void
  readonly start: () => Promise<void>
}

/**
 * A server of our own that speaks the gRPC protocol of EventStoreDB 24.6 with the real client. Where the real one answers otherwise,
 * this is wrong. `share` gives it another's log, as nodes of one cluster have one. With `tls` it is reached by the name `localhost`,
 * says in its gossip that it is reached by `advertised`, and reads its certificate from `folder` whenever it starts.
 */
export const standIn = async (
  share?: Pick<StandIn, 'log'>,
  tls?: { readonly advertised: string; readonly folder?: string },
): Promise<StandIn> => {
  const log = share?.log ?? makeLog()
  const groups = new Map<string, Group>()
  const script = makeScript()
  const folder = tls?.folder ?? TLS
  let server: Server | undefined
  let port = 0

  const listen = async (): Promise<void> => {
    const next = new Server()
    const add = (service: object, implementation: object): void =>
      next.addService(service as Parameters<Server['addService']>[0], implementation as UntypedServiceImplementation)
    add(streamsGrpc.StreamsService, streamsOf(log, script))
    add(persistentGrpc.PersistentSubscriptionsService, persistentOf(log, groups, script))
    add(featuresGrpc.ServerFeaturesService, {
      getSupportedMethods: (_: unknown, respond: Parameters<typeof features>[1]) => features(script, respond),
    })
    add(gossipGrpc.GossipService, {
      read: (_: unknown, respond: sendUnaryData<unknown>) => {
        if (script.take('gossip')?.kind !== 'silent') respond(null, members(tls?.advertised ?? '127.0.0.1', port))
      },
    })
    port = await new Promise((resolve, reject) => {
      const credentials = tls === undefined ? ServerCredentials.createInsecure() : certified(folder)
      next.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => (error ? reject(error) : resolve(bound)))
    })
    server = next
  }
  const start = async (): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        await listen()
        return
      } catch (error) {
        if (tries >= LISTEN_TRIES_MAX) throw error
        await pause(LISTEN_PAUSE_MS)
      }
    }
  }
  await start()

  const host = tls === undefined ? '127.0.0.1' : 'localhost'
  const options = tls === undefined ? 'tls=false' : `tls=true&tlsCAFile=${join(folder, 'localhost.pem')}`
  return {
    port,
    connection: `esdb://${host}:${port}?${options}`,
    cluster: `esdb://${host}:${port},${host}:${port}?${options}&maxDiscoverAttempts=2&discoveryInterval=50`,
    script,
    log,
    start,
    stop: () => {
      server?.forceShutdown()
      server = undefined
      for (const group of groups.values()) group.restart()
    },
  }
}
