import { json, type Reply } from './reply.ts'
import { publishedKeys, signerFor } from '../signing-keys.ts'
import type { OpenIdSystem, World } from '../world.ts'
import { Fault } from '../../domain/ports.ts'
import { millisecondsOf } from '../../domain/time.ts'

/** How long one look may take, and how long its result is given to others who ask, milliseconds. */
const LOOK_MS = 2000
const KEEP_MS = 1000

export type Component = 'store' | 'vault' | 'keys' | 'plugin' | 'projections'
type Look = () => Promise<boolean>

/** A projection is behind when it has stood still below the head for this long, milliseconds. */
const LAG_MS_MAX = 10_000

/** The part of the broker that knows where its projections stand. */
export type Readiness = { readonly lagsMs: () => Promise<readonly number[]> }

const projectionsFor = new WeakMap<World, Readiness>()

/** Tells the readiness door of this world's projections, once they run. */
export const watchProjections = (world: World, readiness: Readiness): void => void projectionsFor.set(world, readiness)

const someIsUp = async ({ idSystems }: World): Promise<boolean> => {
  const isUp = async ({ system }: OpenIdSystem): Promise<true> => {
    if ((await system.health()).status === 'down') throw new Fault('unavailable', 'the ID system is down')
    return true
  }
  return Promise.any(idSystems.serving().map(isUp)).catch(() => false)
}

/** An embedded store whose disk failed reads on and takes nothing more, until it is opened again. */
const hasStopped = ({ journal: { store } }: World): boolean => store.health?.().status === 'stopped'

const looks = (world: World): Readonly<Record<Component, Look>> => ({
  store: async () => {
    await world.journal.store.head()
    return !hasStopped(world)
  },
  vault: async () => {
    await world.vault.get('health/probe')
    return true
  },
  keys: async () => {
    const { kid } = await signerFor(world, 'ES256')
    return (await publishedKeys(world)).some((key) => key.kid === kid)
  },
  // Who is with another ID system is not turned away for one that is down.
  plugin: () => someIsUp(world),
  projections: async () => {
    // Nodes that share their read models lose them together, and no login reads them: taking every node out would make an outage of it.
    if (world.settings.redis?.cache !== undefined) return true
    return ((await projectionsFor.get(world)?.lagsMs()) ?? []).every((lag) => lag <= LAG_MS_MAX)
  },
})

/** What a look says, or something else where it fails or takes too long. */
export const inTime = async <T>({ timers }: Pick<World, 'timers'>, ms: number, look: () => Promise<T>, otherwise: T): Promise<T> => {
  const done = new AbortController()
  const late = timers.sleep(ms, done.signal).then(() => otherwise)
  try {
    return await Promise.race([look(), late])
  } catch {
    return otherwise
  } finally {
    done.abort()
  }
}

const notReady = async (world: World): Promise<readonly Component[]> => {
  const rows = await Promise.all(
    Object.entries(looks(world)).map(async ([name, look]) => ({
      name: name as Component,
      ready: await inTime(world, LOOK_MS, look, false),
    })),
  )
  return rows.filter(({ ready }) => !ready).map(({ name }) => name)
}

type Kept = { readonly atMs: number; readonly missing: Promise<readonly Component[]> }
const kept = new WeakMap<World, Kept>()

/** The log says what is not ready, once it changes: the door that is open to all does not (rule 44). */
const noted = async (world: World, before: Promise<readonly Component[]> | undefined): Promise<readonly Component[]> => {
  const [last = [], missing] = await Promise.all([before, notReady(world)])
  if (missing.join() === last.join()) return missing
  if (missing.length === 0) world.log.info('ready')
  else world.log.warn('not_ready', { missing })
  return missing
}

/** What is not ready, by name. One look at a time, however many ask. */
export const missingNow = (world: World): Promise<readonly Component[]> => {
  const atMs = millisecondsOf(world.clock.now())
  const last = kept.get(world)
  if (last !== undefined && atMs >= last.atMs && atMs < last.atMs + KEEP_MS) return last.missing
  const missing = noted(world, last?.missing)
  kept.set(world, { atMs, missing })
  return missing
}

/** The process answers, and nothing is wrong with it that only a new one cures. */
export const live = async (world: World): Promise<Reply> => (hasStopped(world) ? json({ status: 'down' }, 503) : json({ status: 'up' }))

const readiness = (missing: readonly Component[], detail: { readonly missing?: readonly Component[] }): Reply =>
  missing.length === 0 ? json({ status: 'ready' }) : json({ status: 'not_ready', ...detail }, 503, { 'retry-after': '5' })

/** Whether a login can be done now, and no more: this door is open to all. */
export const ready = async (world: World): Promise<Reply> => readiness(await missingNow(world), {})

/** The same, with the names of the parts that are not ready: for operators. */
export const readyInDetail = async (world: World): Promise<Reply> => {
  const missing = await missingNow(world)
  return readiness(missing, { missing })
}
