import {
  BehaviorSubject,
  Observable,
  buffer,
  bufferCount,
  concatMap,
  connect,
  defer,
  exhaustMap,
  filter,
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  merge,
  retry,
  switchMap,
  take,
} from 'rxjs'
import type { Clock, Instant, Log, Position, ReadModel, Timers } from '../domain/ports.ts'
import { millisecondsOf } from '../domain/time.ts'
import { window, type Window } from './flow.ts'
import type { EventSource, SourceMessage } from './projection.ts'
import type { Runnable } from './runnable.ts'
import { standBy } from './stand-by.ts'
import { PARKED, tablesOf } from './tell.ts'
import { FenceLostError, writer } from './write.ts'

export type RunTools = {
  readonly source: EventSource
  readonly views: ReadModel
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export type RunOptions = {
  /** Lets another process do the work first and takes over when it does not move. */
  readonly standBy?: boolean
  /** Events written at once, at most: 256, which keep a broker from nothing else for long. Larger batches tell a row once that changes often. */
  readonly batchEvents?: number
  /** After each step; `applied` counts the events that this runner wrote. */
  readonly onProgress?: (progress: { readonly applied: number; readonly position: Position | undefined }) => void
}

export type RunnerStatus = {
  readonly projection: string
  readonly state: 'starting' | 'running' | 'standing_by' | 'restarting' | 'stopped'
  readonly position: Position | undefined
  /** For how long there has been something that is not written yet, milliseconds. */
  readonly lagMs: number
  readonly parked: number
  readonly restarts: number
}

export type Runner = {
  readonly position: () => Position | undefined
  /** Waits until the rows hold everything up to a position; false when they do not in time. */
  readonly reached: (position: Position | undefined, waitMs: number) => Promise<boolean>
  readonly status: () => Promise<RunnerStatus>
  /** Writes what there is, for at most a second, then ends. */
  readonly stop: () => Promise<void>
}

class SourceEndedError extends Error {}

/** Only a newer program can tell what comes next. A node of it takes the work over, since the position stands still. */
class NewerEventError extends Error {}

const BATCH_EVENTS = 256
/** Nobody waits for a view on the path of a login (rule 16), and each write of one costs a transaction. */
const BATCH_WAIT_MS = 200
/** Batches taken from the source and not written yet: what a slow database makes us hold at most. */
const IN_FLIGHT_BATCHES = 2
/** How long the end waits for a batch that is not written yet. */
const STOP_WAIT_MS = 1000
const BACK_OFF_FIRST_MS = 100
const BACK_OFF_LONGEST_MS = 30_000

/** The source from a position on, in batches of up to `max` messages or 200 ms. */
const batches = (tools: RunTools, projection: Runnable, after: Position | undefined, flow: Window, max: number) =>
  new Observable<SourceMessage>((subscriber) => {
    const options = { ...(after !== undefined && { after }), ...(projection.filter && { filter: projection.filter }) }
    const subscription = tools.source.subscribe(options, (message) => {
      if (message.kind === 'unreadable' && message.event.newer)
        throw new NewerEventError(`event ${String(message.event.revision)} of ${message.event.stream} was recorded by a newer program`)
      subscriber.next(message)
      return flow.take()
    })
    subscription.ended.then(
      () => subscriber.error(new SourceEndedError('the source ended')),
      (error: unknown) => subscriber.error(error),
    )
    return () => {
      flow.give(IN_FLIGHT_BATCHES * max)
      void subscription.stop()
    }
  }).pipe(
    connect((messages) => {
      const full = messages.pipe(bufferCount(max))
      const late = messages.pipe(exhaustMap(() => from(tools.timers.sleep(BATCH_WAIT_MS))))
      return messages.pipe(buffer(merge(full, late)))
    }),
    filter((batch) => batch.length > 0),
  )

/** Where a runner stands, and who waits for that. */
const progress = (clock: Clock, onProgress: RunOptions['onProgress']) => {
  const positions = new BehaviorSubject<Position | undefined>(undefined)
  let behindSince: Instant | undefined
  let applied = 0
  return {
    positions,
    behind: (behind: boolean): void => {
      behindSince = behind ? (behindSince ?? clock.now()) : undefined
    },
    wrote: (events: number, position: Position | undefined): void => {
      applied += events
      if (position !== positions.value) positions.next(position)
      onProgress?.({ applied, position })
    },
    lagMs: (): number => (behindSince === undefined ? 0 : Math.max(0, millisecondsOf(clock.now()) - millisecondsOf(behindSince))),
  }
}

/** Resolves true when a position is reached, false after `waitMs`. */
const waitFor = async (
  positions: BehaviorSubject<Position | undefined>,
  timers: Timers,
  wanted: Position | undefined,
  waitMs: number,
): Promise<boolean> => {
  const isThere = (at: Position | undefined): boolean => wanted === undefined || (at !== undefined && at >= wanted)
  if (isThere(positions.value)) return true
  const patience = new AbortController()
  const there = positions.pipe(filter(isThere)).pipe(map(() => true))
  const late = from(timers.sleep(waitMs, patience.signal)).pipe(map(() => false))
  const answer = await firstValueFrom(merge(there, late))
  patience.abort()
  return answer
}

const aborted = (signal: AbortSignal): Observable<void> =>
  new Observable((subscriber) => signal.addEventListener('abort', () => subscriber.next(), { once: true }))

type Progress = ReturnType<typeof progress>

type Beginning = {
  readonly standsBy: boolean
  readonly stopping: AbortSignal
  readonly entered: (state: RunnerStatus['state']) => void
}

/** Where to go on from, once it is ours to do. */
const begin = async (tools: RunTools, projection: Runnable, at: Progress, beginning: Beginning): Promise<Position | undefined> => {
  const { source, views, log } = tools
  const { name } = projection
  await views.open(name, projection.version, tablesOf(projection))
  if (beginning.standsBy) {
    beginning.entered('standing_by')
    await standBy(tools, name, beginning.stopping, (look) => {
      at.behind(look.behind)
      at.wrote(0, look.position)
    })
    // Nothing was handed over to who is told to end, least of all a view to be dropped.
    if (beginning.stopping.aborted) return undefined
  }
  const position = await views.position(name)
  // Read after the position: events may come in between, and never go.
  const head = await source.head()
  // A view that is ahead of its events belongs to others that are gone (rule 38).
  const ahead = position !== undefined && (head === undefined || position > head)
  if (ahead) {
    log.warn('projection_ahead_of_events', { projection: name })
    await views.drop(name)
  }
  const start = ahead ? undefined : position
  at.wrote(0, start)
  beginning.entered('running')
  return start
}

/**
 * Keeps the rows of a projection at the head: follows, tells, and writes effect and position in one transaction. The position is
 * its own fence (rule 37): who finds it moved stands by, and takes over when it stops moving, so no effect happens twice.
 * A source that ends is followed again, with back-off.
 */
export const run = (tools: RunTools, projection: Runnable, options: RunOptions = {}): Runner => {
  const { views, timers, log } = tools
  const { name } = projection
  const { batchEvents = BATCH_EVENTS } = options
  const stopping = new AbortController()
  const at = progress(tools.clock, options.onProgress)
  const out = writer(tools, projection, (told) => at.wrote(told.events, told.to))
  let state: RunnerStatus['state'] = 'starting'
  let standsBy = options.standBy === true
  let restarts = 0
  let writing: Promise<void> = Promise.resolve()

  const write = async (messages: readonly SourceMessage[]): Promise<void> => {
    at.behind(true)
    await out.write(messages)
    at.behind(messages.at(-1)?.kind !== 'caughtUp')
  }

  const entered = (next: RunnerStatus['state']): void => {
    state = next
  }

  const turn = defer(() => {
    const flow = window(IN_FLIGHT_BATCHES * batchEvents)
    return from(writing.then(() => begin(tools, projection, at, { standsBy, stopping: stopping.signal, entered }))).pipe(
      switchMap((start) => {
        out.from(start)
        return batches(tools, projection, start, flow, batchEvents)
      }),
      concatMap((messages) => {
        writing = write(messages).finally(() => flow.give(messages.length))
        return from(writing)
      }),
    )
  })

  const again = (error: unknown, tries: number): Promise<void> => {
    writing = writing.catch(() => undefined)
    standsBy = error instanceof FenceLostError || error instanceof NewerEventError
    if (error instanceof FenceLostError) return Promise.resolve()
    state = 'restarting'
    restarts += 1
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
    log.warn('projection_restarts', { projection: name, tries, problem })
    return timers.sleep(Math.min(BACK_OFF_FIRST_MS * 2 ** Math.min(tries - 1, 20), BACK_OFF_LONGEST_MS), stopping.signal)
  }

  const work = turn.pipe(
    retry({ delay: again, resetOnSuccess: true }),
    filter(() => false),
  )
  const finished = lastValueFrom(merge(work, aborted(stopping.signal)).pipe(take(1)))

  return {
    position: () => at.positions.value,
    reached: (wanted, waitMs) => waitFor(at.positions, timers, wanted, waitMs),
    status: async () => ({
      projection: name,
      state,
      position: at.positions.value,
      lagMs: at.lagMs(),
      parked: await views.count(name, PARKED),
      restarts,
    }),
    stop: async () => {
      // What was recorded until now is told before it ends, so that whoever looks at a stopped broker sees all of it.
      const head = state === 'running' ? await tools.source.head().catch(() => undefined) : undefined
      await waitFor(at.positions, timers, head, STOP_WAIT_MS)
      stopping.abort()
      await finished
      await writing.catch(() => undefined)
      state = 'stopped'
    },
  }
}
