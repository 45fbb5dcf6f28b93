import { Fault, type Timers } from '../../../domain/ports.ts'
import { DONE, lateAfter } from '../../late.ts'
import type { KurrentClient } from './client.ts'
import type { Connection } from './connection.ts'
import { expired, type Trouble, troubleOf } from './troubles.ts'

export type CallTools = {
  readonly connection: Connection
  readonly timers: Timers
  /** A number from 0 to 1. */
  readonly random: () => number
  readonly budgetMs: number
  /** The first try of a call: a lost answer is noticed after this time. Each further one may take twice as long, so a large append ends. */
  readonly callMs: number
}

const BACK_OFF_MS = 40
const BACK_OFF_MS_MAX = 1000
const TRIES_MAX = 50
const CALL_MS_MAX = 60_000

/** Half of it fixed, half of it by chance, so that many who failed together do not come back together. */
export const backOffMs = (tries: number, random: () => number): number =>
  Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** Math.min(tries, 10)) * (0.5 + random() / 2)

/** The time that a call of the port may take; `left` aborts at its end. */
export type Budget = { readonly left: AbortSignal; readonly end: () => void }

export const makeBudget = ({ timers, budgetMs }: Pick<CallTools, 'timers' | 'budgetMs'>): Budget => {
  const over = new AbortController()
  const done = new AbortController()
  void timers.sleep(budgetMs, done.signal).then(() => over.abort(DONE))
  return { left: over.signal, end: () => done.abort(DONE) }
}

type Work<T> = (client: KurrentClient, signal: AbortSignal, ms: number) => Promise<T>

/** One try under a timer of its own: the library's deadlines do not end a call that the server never answers. */
export const attempt = async <T>(
  tools: Pick<CallTools, 'connection' | 'timers' | 'callMs'>,
  budget: AbortSignal,
  work: Work<T>,
): Promise<T> => {
  const { connection, timers } = tools
  const callMs = Math.min(tools.callMs, CALL_MS_MAX)
  const over = new AbortController()
  const end = (): void => over.abort(DONE)
  budget.addEventListener('abort', end)
  let isDone = false
  const late = lateAfter(timers, callMs, over.signal, () => isDone, expired)
  let client: KurrentClient | undefined
  try {
    return await Promise.race([
      late,
      connection.client().then((one) => {
        client = one
        return work(one, over.signal, callMs)
      }),
    ])
  } catch (error) {
    if (error instanceof Fault) throw error
    const trouble = troubleOf(error)
    if (trouble.spoilsClient && client !== undefined) connection.drop(client)
    throw trouble
  } finally {
    isDone = true
    budget.removeEventListener('abort', end)
    end()
  }
}

export type Tried<T> =
  | { readonly ok: true; readonly value: T }
  /** `isDoubtful`: one of the tries may have happened. */
  | { readonly ok: false; readonly trouble: Trouble; readonly isDoubtful: boolean }

const MAY_PASS = new Set<Trouble['kind']>(['refused', 'lost', 'denied'])

/** Tries the identical call until the server decides or the budget is spent. */
export const persist = async <T>(tools: CallTools, budget: Budget, work: Work<T>): Promise<Tried<T>> => {
  let isDoubtful = false
  const isSpent = (): boolean => budget.left.aborted
  for (let tries = 1; ; tries++) {
    let trouble: Trouble
    try {
      return { ok: true, value: await attempt({ ...tools, callMs: tools.callMs * 2 ** (tries - 1) }, budget.left, work) }
    } catch (error) {
      if (error instanceof Fault) throw error
      trouble = error as Trouble
    }
    isDoubtful ||= trouble.kind === 'lost'
    if (!MAY_PASS.has(trouble.kind) || isSpent() || tries >= TRIES_MAX) return { ok: false, trouble, isDoubtful }
    await tools.timers.sleep(backOffMs(tries, tools.random), budget.left)
    // Nothing is begun that the budget has no time for.
    if (isSpent()) return { ok: false, trouble, isDoubtful }
  }
}

const RETRY_AFTER_MS = 1000

const WHY: Partial<Readonly<Record<Trouble['kind'], string>>> = {
  denied: 'the event store server refuses these credentials',
  nameless: 'the event store server advertises an IP address: with TLS it has to advertise its host name',
}

export const unavailable = (trouble: Trouble): Fault =>
  new Fault('unavailable', WHY[trouble.kind] ?? 'the event store server cannot be reached', {
    retryAfterMs: RETRY_AFTER_MS,
    cause: trouble,
  })

/** A read that happened or did not: nothing about it is doubtful. Undefined when the stream or group is not there. */
export const read = async <T>(tools: CallTools, work: Work<T>): Promise<T | undefined> => {
  const budget = makeBudget(tools)
  try {
    const tried = await persist(tools, budget, work)
    if (tried.ok) return tried.value
    const { kind } = tried.trouble
    if (kind === 'missing' || kind === 'deleted') return undefined
    if (kind === 'invalid') throw new Fault('invalid', 'the event store server refuses what was asked', { cause: tried.trouble })
    throw unavailable(tried.trouble)
  } finally {
    budget.end()
  }
}
