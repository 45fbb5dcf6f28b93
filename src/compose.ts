import { join } from 'node:path'
import { lookup } from 'node:dns/promises'
import { getCACertificates } from 'node:tls'
import { memoryEventStore } from '../adapters/event-store/memory/memory-event-store.ts'
import { sqliteEventStore } from '../adapters/event-store/sqlite/sqlite-event-store.ts'
import { openIdSystems, type Choices } from './compose-id-systems.ts'
import { ensureFolder, openAuditKeys, openKeys, refuseLostKeys, secretsOf } from './compose-keys.ts'
import { elapsedMs, openObserver } from './compose-telemetry.ts'
import { fileDestructions } from '../adapters/destructions/file/file-destructions.ts'
import { sqlitePersonKeys } from '../adapters/person-keys/sqlite/sqlite-person-keys.ts'
import { mayReach } from '../adapters/remote-documents/addresses.ts'
import { httpsDocuments } from '../adapters/remote-documents/https/https-documents.ts'
import { memoryReadModel } from '../adapters/read-model/memory/memory-read-model.ts'
import { sqliteReadModel } from '../adapters/read-model/sqlite/sqlite-read-model.ts'
import { sqliteSingleUse } from '../adapters/single-use/sqlite/sqlite-single-use.ts'
import { memoryTallies } from '../adapters/tallies/memory/memory-tallies.ts'
import { sqliteVault } from '../adapters/vault/sqlite/sqlite-vault.ts'
import { readAnchorFile } from './biometrics/anchor-file.ts'
import { deviceTrust } from './biometrics/trust.ts'
import { clientKeySets } from './client-key-sets.ts'
import type { OnRedis } from '../adapters/redis.ts'
import type { Settings } from './config.ts'
import { destroyedAgain } from './destroyed-again.ts'
import { captchaHosts, guardOf } from './guard.ts'
import { stateCache } from './handle.ts'
import { firstOf } from './id-systems.ts'
import { lateness } from './lateness.ts'
import { openJournal, type Journal } from './journal.ts'
import { readOnly } from './read-only.ts'
import type { Runtime } from './runtime.ts'
import { pace } from './pace.ts'
import type { Plugins } from './plugins.ts'
import { wantedGeneration } from './steps/reload-plugin.ts'
import { openedRequests } from './opened-requests.ts'
import { ownRuntime } from './system-runtime.ts'
import { underWay, waitedAside } from './under-way.ts'
import { waiters } from './waiters.ts'
import type { World } from './world.ts'
import {
  Fault,
  type Destructions,
  type EventStore,
  type Json,
  type PersonKeys,
  type RemoteDocuments,
  type SingleUse,
  type TableStore,
  type Tallies,
  type Vault,
} from '../domain/ports.ts'
import { millisecondsOf } from '../domain/time.ts'
import { served } from '../projections/served.ts'
import { brandOf } from './ui/brand.ts'
import { makeStatics } from './ui/statics.ts'

/** Folded states kept in memory, about 3 kB each; what is not kept is read. */
const STATES_MAX = 8192
/** Requests that may want the processor at once; beyond, new logins are turned away. Each waits about as many milliseconds. */
const UNDER_WAY_MAX = 128
/** The event loop is as late as this where it has more to do than it can; beyond, new logins are turned away. */
const LATE_MS_MAX = 250
/** Opened requests of live logins kept in memory, about 1 kB each. */
const REQUESTS_MAX = 4096

/** Of a new person key, where nothing else is set: as the schema says. */
const REPLICAS = 1

const CLOCKS_APART_MS_MAX = 5000

/** The machine this process runs on, with its network. */
export const systemRuntime = (settings: Pick<Settings, 'logLevel'>, write: (line: string) => void): Runtime => ({
  ...ownRuntime(settings, write),
  network: {
    // As everything else on this machine finds hosts, its own table of hosts included: closed networks use that.
    addressesOf: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    mayReach,
    authorities: () => getCACertificates('default'),
  },
})

/** `looks`: nothing can be appended or consumed; an embedded store's file is opened for reading only. */
export const openEventStore = async (settings: Settings, runtime: Runtime, looks = false): Promise<EventStore> => {
  const store = await openAnyEventStore(settings, runtime, looks)
  return looks ? readOnly(store) : store
}

const openAnyEventStore = async (settings: Settings, { clock, chance, timers, log }: Runtime, looks: boolean): Promise<EventStore> => {
  if (settings.store === 'memory') return memoryEventStore({ clock, timers })
  const { connection, ...server } = settings.kurrentdb ?? {}
  if (settings.store === 'kurrentdb' && connection !== undefined) {
    // Loaded only where it is chosen: whoever has the embedded store starts as fast as ever.
    const { kurrentDbEventStore } = await import('../adapters/event-store/kurrentdb/kurrentdb-event-store.ts')
    return kurrentDbEventStore({ settings: { connection, ...server }, timers, chance, log })
  }
  ensureFolder(settings)
  return sqliteEventStore({ file: join(settings.data, 'events.db'), clock, timers, log, readOnly: looks })
}

// What nodes share is loaded only where it is chosen, so that nobody else's start pays for it (rule 47).

export const openViews = async (settings: Settings, runtime: Runtime): Promise<TableStore & Partial<OnRedis>> => {
  if (settings.redis?.cache !== undefined) {
    const { redisReadModel } = await import('../adapters/read-model/redis/redis-read-model.ts')
    return redisReadModel({ ...runtime, place: settings.redis.cache })
  }
  if (settings.store === 'memory') return memoryReadModel()
  ensureFolder(settings)
  return sqliteReadModel({ file: join(settings.data, 'views.db') })
}

const openTallies = async (settings: Settings, runtime: Runtime): Promise<Tallies> => {
  const own = memoryTallies(runtime)
  if (settings.redis?.cache === undefined) return own
  const { redisTallies } = await import('../adapters/tallies/redis/redis-tallies.ts')
  return redisTallies({ ...runtime, place: settings.redis.cache, own })
}

const openVault = async ({ redis, data }: Settings, runtime: Runtime, key: Uint8Array): Promise<Vault & Partial<OnRedis>> => {
  if (redis?.secrets === undefined) return sqliteVault({ ...runtime, file: join(data, 'vault.db'), key })
  const { redisVault } = await import('../adapters/vault/redis/redis-vault.ts')
  return redisVault({ ...runtime, place: redis.secrets, key })
}

const openSingleUse = async ({ redis, data }: Settings, runtime: Runtime, store: EventStore): Promise<SingleUse> => {
  const first = (await store.head()) === undefined
  if (redis?.secrets === undefined) return sqliteSingleUse({ ...runtime, first, file: join(data, 'single-use.db') })
  const { redisSingleUse } = await import('../adapters/single-use/redis/redis-single-use.ts')
  return redisSingleUse({ ...runtime, place: redis.secrets, first })
}

const personKeysOf = async (
  { redis, data }: Settings,
  runtime: Runtime,
  store: EventStore,
  key: Uint8Array,
): Promise<PersonKeys & Partial<OnRedis>> => {
  if (redis?.keys === undefined) return sqlitePersonKeys({ ...runtime, file: join(data, 'person-keys.db'), key })
  const { redisPersonKeys } = await import('../adapters/person-keys/redis/redis-person-keys.ts')
  const { events } = await store.readAll({ filter: { streamPrefixes: ['person-'] }, max: 1 })
  const { replicas = REPLICAS } = redis.keys
  return redisPersonKeys({ ...runtime, place: redis.keys, key, first: events.length === 0, replicas })
}

/** The keys of persons, without those that were destroyed: a backup that was put back may hold them again (rule 45). */
export const openPersonKeys = async (
  settings: Settings,
  runtime: Runtime,
  store: EventStore,
  key: Uint8Array,
): Promise<PersonKeys & Partial<OnRedis>> =>
  destroyedAgain({ ...runtime, store, destructions: openDestructions(settings) }, await personKeysOf(settings, runtime, store, key))

/** Roles of rule 40 that share an instance would be lost together, and a clock that differs judges limits and epochs otherwise (rule 32). */
const refuseOddInstances = async (
  { mode }: Settings,
  { clock }: Runtime,
  roles: Readonly<Record<string, Partial<OnRedis>>>,
): Promise<void> => {
  const seen = new Map<string, string>()
  for (const [role, { instance }] of Object.entries(roles)) {
    if (instance === undefined) continue
    const { runId, clockMs } = await instance()
    const other = seen.get(runId)
    if (other !== undefined) throw new Fault('invalid', `redis.${role} and redis.${other} are one instance: each role needs its own`)
    if (mode === 'production' && Math.abs(clockMs - millisecondsOf(clock.now())) > CLOCKS_APART_MS_MAX)
      throw new Fault('invalid', `redis.${role}: its clock and this machine's differ by more than ${CLOCKS_APART_MS_MAX} ms`)
    seen.set(runId, role)
  }
}

/** Whose keys were destroyed, where no restored backup reaches (rule 45). */
export const openDestructions = ({ auditFolder }: Settings): Destructions => fileDestructions({ directory: auditFolder })

/** What relying parties publish, by the one guarded way out. */
export const openDocuments = ({ privateKeyHosts }: Settings, { network, timers }: Runtime): RemoteDocuments =>
  httpsDocuments({ network, timers, privateHosts: privateKeyHosts })

export type Opened = { readonly world: World; readonly plugins: Plugins; readonly close: () => Promise<void> }

type Closable = { readonly close: () => Promise<void> }

const openAll = async (
  settings: Settings,
  runtime: Runtime,
  choices: Choices,
  opened: <T extends Closable>(port: T) => T,
): Promise<Omit<Opened, 'close'>> => {
  const { clock, chance, timers, log } = runtime
  const { privateKeyHosts } = settings
  if (privateKeyHosts.length > 0) log.warn('private_key_hosts', { hosts: privateKeyHosts })
  if (settings.mode === 'production' && settings.auditFolder.startsWith(settings.data)) log.warn('audit_folder_in_data')
  const documents = openDocuments(settings, runtime)
  const observer = await openObserver(settings, runtime, opened)
  const store = observer.store(opened(await openEventStore(settings, runtime)))
  await refuseLostKeys(settings, store)
  const journal = openJournal(store)
  const keys = await openKeys(settings, runtime)
  const vault = opened(await openVault(settings, runtime, await keys.secret('vault')))
  const personKeys = opened(await openPersonKeys(settings, runtime, store, await keys.secret('person-keys')))
  const singleUse = opened(await openSingleUse(settings, runtime, store))
  const rows = opened(await openViews(settings, runtime))
  const tallies = opened(await openTallies(settings, runtime))
  const services = httpsDocuments({ ...runtime, privateHosts: captchaHosts(settings) })
  await refuseOddInstances(settings, runtime, { cache: rows, secrets: vault, keys: personKeys })
  const late = opened(lateness(timers, elapsedMs))
  const requests = underWay(UNDER_WAY_MAX, { isLate: () => late.ms() > LATE_MS_MAX, onFull: () => observer.turnedAway('overload') })
  const states = stateCache(STATES_MAX)
  const generationOf = (id: string): Promise<number> => wantedGeneration({ journal, states, timers }, id)
  const plugins = opened(await openIdSystems(settings, runtime, { choices, requests, observer, generationOf }))
  const { idSystems } = plugins
  const brand = brandOf(settings.brand ?? {}, settings.timeZone)
  const world: World = {
    ...{ settings, clock, chance, timers, log, observer, journal, vault, personKeys, singleUse, keys, views: served(rows), brand },
    idSystems,
    // Another one may have taken its place by now.
    get idSystem() {
      return firstOf(idSystems)
    },
    auditKeys: openAuditKeys(settings, runtime),
    destructions: openDestructions(settings),
    readers: deviceTrust(settings.sbi, readAnchorFile, (setting) => log.error('reader_anchors_unreadable', { setting })),
    clientKeys: clientKeySets({ documents, clock, log }),
    states,
    openedRequests: openedRequests(REQUESTS_MAX),
    secrets: await secretsOf(keys),
    policy: await keptPolicy(settings, journal, runtime),
    waiters: waitedAside(waiters(timers), requests),
    underWay: requests,
    ...guardOf(settings, runtime, { tallies, services, observer, key: await keys.secret('network') }),
    pace: pace({ clock, timers, chance }),
    statics: makeStatics(brand),
  }
  return { world, plugins }
}

/** Everything that a broker needs, opened. Closing goes the other way round, also where the opening fails: an open store keeps a process alive. */
export const openWorld = async (settings: Settings, runtime: Runtime, choices: Choices): Promise<Opened> => {
  const open: Closable[] = []
  const close = async (): Promise<void> => {
    for (const port of open.splice(0).toReversed()) await port.close()
  }
  try {
    const composed = await openAll(settings, runtime, choices, (port) => {
      open.push(port)
      return port
    })
    return { ...composed, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The policy in force, kept as an artefact (rule 6). */
export const keptPolicy = async ({ policy }: Settings, journal: Journal, { clock, chance }: Runtime): Promise<World['policy']> => {
  const content = policy as unknown as { readonly [key: string]: Json }
  return { value: policy, digest: await journal.keepArtefact('policy', content, clock.now(), chance.uuid()) }
}

export { readStatuses, statusFile } from './compose-plugin-status.ts'
export { backup as backupEvents } from '../adapters/event-store/sqlite/backup.ts'
