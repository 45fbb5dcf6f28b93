import { Fault, type Clock, type Log, type Timers } from '../../domain/ports.ts'
import { within } from './bulkhead.ts'
import { readDescription } from './description.ts'
import { MEMBERS } from './messages.ts'
import type { IdSystem, PluginDescription, RecordedFact } from './plugin.ts'
import { refuse, specifierOf, type Settings } from './prepare.ts'
import { startThread, ThreadGoneError, type EndReason, type Thread } from './thread-host.ts'

/** A thread that ended is replaced after this long, doubling to the longest; a minute of quiet begins anew. */
const BACKOFF_MS = 250
const BACKOFF_MS_MAX = 30_000
const QUIET_MS = 60_000

/** A module is imported and describes itself within this time; `open` has its own. */
const PREPARE_MS = 30_000
const OPEN_MS = 30_000
const CLOSE_MS = 8000

/** Heap of a plugin's thread, MiB, where nothing else is set. */
export const MEMORY_MB = 128

export type ThreadedLoad = {
  readonly module: string
  readonly settings: Settings
  readonly dataDirectory: string
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly memoryMb?: number
  /** What it is told before `open`: a reason that speaks against it, or undefined. */
  readonly objection?: (description: PluginDescription) => string | undefined
  /** Told each time the thread ends of itself, or is ended, and each time another one is there. */
  readonly onThread?: (change: { readonly state: 'ended'; readonly reason: EndReason } | { readonly state: 'running' }) => void
}

type Answered = {
  readonly ok: boolean
  readonly problems?: unknown
  readonly description?: unknown
  readonly members?: unknown
  readonly on?: unknown
}

const wordsIn = (value: unknown, max: number): readonly string[] =>
  Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string').slice(0, max) : []

const start = (load: ThreadedLoad): Thread =>
  startThread({ ...load, specifier: specifierOf(load.module), plugin: load.module, memoryMb: load.memoryMb ?? MEMORY_MB })

const asked = async (load: ThreadedLoad, thread: Thread, call: 'prepare' | 'open', ms: number): Promise<Answered> => {
  let answer: unknown
  try {
    answer = await within(ms, load.timers, () => thread.ask(call, null))
  } catch (error) {
    if (error instanceof Fault) throw error
    const ended = error instanceof ThreadGoneError ? `its thread ended (${await thread.ended})` : 'it threw'
    throw refuse(load.module, [`${call}: ${ended}`])
  }
  const given = Object(answer) as Answered
  if (!given.ok) throw refuse(load.module, wordsIn(given.problems, 50))
  return given
}

/** The description was checked in the thread, by code that the plugin could reach: here it is checked again. */
const prepared = async (load: ThreadedLoad, thread: Thread): Promise<PluginDescription> => {
  const read = readDescription((await asked(load, thread, 'prepare', PREPARE_MS)).description)
  if (!read.ok) throw refuse(load.module, read.problems)
  return read.description
}

/** What a plugin says of itself, in a thread that ends with it. */
export const describeThreaded = async (load: ThreadedLoad): Promise<PluginDescription> => {
  const thread = start(load)
  try {
    return await prepared(load, thread)
  } finally {
    await thread.end('closed')
  }
}

type Open = {
  readonly thread: Thread
  readonly description: PluginDescription
  readonly members: readonly string[]
  readonly on: readonly string[]
}

/** The thread that serves now. Undefined while there is none. */
type Place = { thread: Thread | undefined; opening: Thread | undefined; readonly isClosed: () => boolean }

/** `place` knows of the thread while it opens, so that it can be ended meanwhile. */
const openOnce = async (load: ThreadedLoad, place: Place): Promise<Open> => {
  const thread = start(load)
  place.opening = thread
  try {
    const description = await prepared(load, thread)
    const objection = load.objection?.(description)
    if (objection !== undefined) throw new Fault('invalid', objection)
    const { members, on } = await asked(load, thread, 'open', OPEN_MS)
    thread.watch()
    place.opening = undefined
    return { thread, description, members: wordsIn(members, MEMBERS.length), on: wordsIn(on, 100) }
  } catch (error) {
    await thread.end('closed')
    throw error
  }
}

/** What another thread must be able to do to take the place of one that ended: what its module says now may be something else. */
const sameButVersion = (left: Open, right: Open): boolean =>
  JSON.stringify([{ ...left.description, version: '' }, left.members, left.on]) ===
  JSON.stringify([{ ...right.description, version: '' }, right.members, right.on])

/** Another thread that can do what the first could, or undefined. */
const openAnother = async (load: ThreadedLoad, first: Open, place: Place): Promise<Thread | undefined> => {
  const plugin = first.description.id
  try {
    const opened = await openOnce(load, place)
    if (sameButVersion(first, opened)) return opened.thread
    load.log.error('plugin_changed', { plugin })
    await opened.thread.end('closed')
  } catch (error) {
    load.log.error('plugin_thread_not_started', { plugin, problem: error instanceof Fault ? error.message.slice(0, 300) : 'unknown' })
  }
  return undefined
}

/** Waits for the end of a thread. The wait before the next one, begun anew where this one was quiet for long. */
const afterEnd = async (load: ThreadedLoad, plugin: string, thread: Thread, place: Place, waitMs: number): Promise<number> => {
  const since = Date.parse(load.clock.now())
  const reason = await thread.ended
  place.thread = undefined
  const againInMs = Date.parse(load.clock.now()) - since >= QUIET_MS ? BACKOFF_MS : waitMs
  if (place.isClosed()) return againInMs
  load.log.warn('plugin_thread_ended', { plugin, reason, againInMs })
  load.onThread?.({ state: 'ended', reason })
  return againInMs
}

/** Puts another thread in the place of one that ended, again and again, ever more slowly. */
const keepRunning = async (load: ThreadedLoad, first: Open, place: Place, closing: AbortSignal): Promise<void> => {
  let waitMs = BACKOFF_MS
  while (!place.isClosed()) {
    if (place.thread !== undefined) waitMs = await afterEnd(load, first.description.id, place.thread, place, waitMs)
    await load.timers.sleep(waitMs, closing)
    waitMs = Math.min(waitMs * 2, BACKOFF_MS_MAX)
    if (place.isClosed()) return
    const thread = await openAnother(load, first, place)
    if (place.isClosed()) return thread?.end('closed')
    place.thread = thread
    if (thread !== undefined) load.onThread?.({ state: 'running' })
  }
}

const GONE = { ok: false, error: 'unavailable', code: 'plugin_gone' } as const

const proxy = ({ members, on }: Open, place: Place, close: () => Promise<void>): IdSystem => {
  const ask = async (call: string, input: unknown): Promise<unknown> => {
    const { thread } = place
    if (thread === undefined) throw new ThreadGoneError('the plugin has no thread now')
    return thread.ask(call, input)
  }
  const member =
    (name: string) =>
    async (request: unknown): Promise<unknown> => {
      try {
        return await ask(name, request)
      } catch (error) {
        if (error instanceof ThreadGoneError) return GONE
        throw error
      }
    }
  const proxies = {
    ...Object.fromEntries(MEMBERS.filter((name) => members.includes(name)).map((name) => [name, member(name)])),
    ...(on.length > 0 && {
      on: Object.fromEntries(on.map((type) => [type, (fact: RecordedFact) => ask(`on.${type}`, fact)])),
    }),
    health: () => (place.thread === undefined ? { status: 'down', detail: 'its thread is being replaced' } : ask('health', null)),
    close,
  }
  // The guard around it checks every answer.
  return proxies as unknown as IdSystem
}

/** A plugin in a thread of its own, which is replaced when it ends. Throws as `loadPlugin` does where it cannot be opened at all. */
export const openThreaded = async (load: ThreadedLoad): Promise<{ readonly description: PluginDescription; readonly system: IdSystem }> => {
  const closing = new AbortController()
  const place: Place = { thread: undefined, opening: undefined, isClosed: () => closing.signal.aborted }
  const first = await openOnce(load, place)
  place.thread = first.thread
  const running = keepRunning(load, first, place, closing.signal)
  const close = async (): Promise<void> => {
    closing.abort()
    const { thread, opening } = place
    await opening?.end('closed')
    if (thread !== undefined) {
      await within(CLOSE_MS, load.timers, () => thread.ask('close', null)).catch(() => undefined)
      await thread.end('closed')
    }
    await running
  }
  return { description: first.description, system: proxy(first, place, close) }
}
