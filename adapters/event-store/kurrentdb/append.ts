import { type Appended, type EventStore, type ExpectedRevision, Fault, type NewEvent } from '../../../domain/ports.ts'
import { type Budget, type CallTools, makeBudget, persist, unavailable } from './calls.ts'
import type { LogEvent } from './events.ts'
import { positionOf } from './log-positions.ts'
import type { Trouble } from './troubles.ts'

/** Ids of events that this process appended, and where: about 150 bytes each. */
const KNOWN_MAX = 50_000

/**
 * The server looks at ids only where they would be repeated; the same id at another place of its stream it would keep twice. Who
 * might send one is who decided it, this process, so this process remembers its newest.
 */
const makeKnown = () => {
  const places = new Map<string, number>()
  const key = (stream: string, id: string): string => `${id}${stream}`
  return {
    isElsewhere: (stream: string, first: number, events: readonly NewEvent[]): boolean =>
      events.some(({ id }, index) => (places.get(key(stream, id)) ?? first + index) !== first + index),
    add: (stream: string, first: number, events: readonly NewEvent[]): void => {
      events.forEach(({ id }, index) => places.set(key(stream, id), first + index))
      for (const oldest of places.keys()) {
        if (places.size <= KNOWN_MAX) break
        places.delete(oldest)
      }
    },
  }
}

/** More at once gain nothing, and each would wait so long for its answer that its timer took it for lost. */
const IN_FLIGHT_MAX = 128
const OVERLOADED = { retryAfterMs: 1000 }

/** Turns for appends, in order. Who gets none within the budget was never sent. */
const makeTurns = () => {
  const waiting = new Set<() => void>()
  let inFlight = 0
  return {
    begin: async (left: AbortSignal): Promise<boolean> => {
      if (inFlight >= IN_FLIGHT_MAX) {
        await new Promise<void>((resolve) => {
          waiting.add(resolve)
          left.addEventListener('abort', () => {
            waiting.delete(resolve)
            resolve()
          })
        })
      }
      if (left.aborted) return false
      inFlight += 1
      return true
    },
    end: (): void => {
      inFlight -= 1
      const [next] = waiting
      if (next !== undefined) waiting.delete(next)
      next?.()
    },
  }
}

const conflict = (actual: number, cause?: Trouble): Fault =>
  new Fault('conflict', 'the stream is at another revision', { actual, ...(cause && { cause }) })

const ambiguous = (trouble: Trouble | undefined): Fault =>
  new Fault('ambiguous', 'the event store server did not say whether the events were kept', { cause: trouble })

const faultOf = (trouble: Trouble, isDoubtful: boolean): Fault => {
  if (trouble.kind === 'invalid' || trouble.kind === 'deleted')
    return new Fault('invalid', 'the event store server refuses this append', { cause: trouble })
  return isDoubtful ? ambiguous(trouble) : unavailable(trouble)
}

export const appendOver = (tools: CallTools): EventStore['append'] => {
  const known = makeKnown()
  const turns = makeTurns()

  const slice = async (budget: Budget, stream: string, from: number | 'end', max: number): Promise<readonly LogEvent[] | Trouble> => {
    const options = { from, max, isBackwards: from === 'end' }
    const tried = await persist(tools, budget, (client, signal) => client.readStream(stream, options, signal))
    if (tried.ok) return tried.value
    return tried.trouble.kind === 'missing' ? [] : tried.trouble
  }

  /** A conflict after a try whose answer was lost: where our ids stand in their place, it was us. */
  const resolve = async (
    budget: Budget,
    stream: string,
    first: number,
    events: readonly NewEvent[],
    trouble: Trouble,
  ): Promise<Appended> => {
    const stored = await slice(budget, stream, first, events.length)
    if (!('length' in stored)) throw ambiguous(stored)
    const last = stored.at(-1)
    const isOurs = stored.length === events.length && events.every(({ id }, index) => stored[index]?.id === id)
    if (isOurs && last !== undefined) return { revision: last.revision, position: positionOf(last.position) }
    return Promise.reject(await conflictOf(budget, stream, trouble))
  }

  const conflictOf = async (budget: Budget, stream: string, trouble: Trouble | undefined): Promise<Fault> => {
    if (trouble?.actual !== undefined) return conflict(trouble.actual, trouble)
    const newest = await slice(budget, stream, 'end', 1)
    return 'length' in newest ? conflict(newest[0]?.revision ?? -1, trouble) : unavailable(newest)
  }

  const send = async (budget: Budget, stream: string, expected: number, events: readonly NewEvent[]): Promise<Appended> => {
    const first = expected + 1
    if (known.isElsewhere(stream, first, events)) throw await conflictOf(budget, stream, undefined)
    const tried = await persist(tools, budget, (client, _, ms) => client.append(stream, expected, events, ms))
    if (tried.ok) {
      const { revision, position } = tried.value
      if (position !== undefined) return { revision, position: positionOf(position) }
      const stored = await slice(budget, stream, revision, 1)
      const kept = 'length' in stored ? stored[0] : undefined
      if (kept === undefined) throw ambiguous('length' in stored ? undefined : stored)
      return { revision, position: positionOf(kept.position) }
    }
    const { trouble, isDoubtful } = tried
    if (trouble.kind !== 'conflict') throw faultOf(trouble, isDoubtful)
    if (isDoubtful) return resolve(budget, stream, first, events, trouble)
    throw await conflictOf(budget, stream, trouble)
  }

  const within = async (budget: Budget, stream: string, revision: number, events: readonly NewEvent[]): Promise<Appended> => {
    if (!(await turns.begin(budget.left))) throw new Fault('unavailable', 'too many appends wait for the event store server', OVERLOADED)
    try {
      const appended = await send(budget, stream, revision, events)
      known.add(stream, revision + 1, events)
      return appended
    } finally {
      turns.end()
    }
  }

  return async (stream, expected: ExpectedRevision, events) => {
    const budget = makeBudget(tools)
    try {
      return await within(budget, stream, expected === 'no_stream' ? -1 : expected, events)
    } finally {
      budget.end()
    }
  }
}
