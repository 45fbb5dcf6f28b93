import { Worker } from 'node:worker_threads'
import { Fault, type Log, type Timers } from '../../../domain/ports.ts'
import { faultFrom } from './faults.ts'
import {
  type Done,
  type Failure,
  type FromWriter,
  type Job,
  monotonicMs,
  type Request,
  type ToWriter,
  type WriterSettings,
} from './jobs.ts'

/** Jobs that wait for their answer. */
const PENDING_MAX = 16_384
/**
 * What is asked in so many turns of the event loop goes to the thread in one message, and so into one commit; a commit costs more than
 * ten appends do. Where nothing else is to be done they pass in some microseconds; where much is, others ask meanwhile.
 */
const GATHERED_TURNS = 3
/** A budget is looked after in this many steps, so that an append costs no timer. */
const TICKS = 10
/** The writer begins nothing after this part of the budget, so that what it refuses is known as refused in time. */
const BEGIN_WITHIN = 0.8

type Pending = {
  readonly resolve: (done: Done) => void
  readonly reject: (fault: Fault) => void
  readonly tick: number
}

export type Writer = {
  /** Settles within the budget: `ambiguous` when no answer came. */
  readonly ask: (job: Job) => Promise<Done>
  /** What stopped the writer, if anything did. */
  readonly stopped: () => Failure | undefined
  /** Waits for what is pending, then ends the thread. */
  readonly close: () => Promise<void>
}

const STOPPED: Failure = { code: 'unavailable', message: 'the writer of the event store ended', retryAfterMs: 30_000 }
const OVERLOADED: Failure = { code: 'unavailable', message: 'the event store is overloaded', retryAfterMs: 100 }
const NO_ANSWER: Failure = { code: 'ambiguous', message: 'the event store did not answer in time' }

const afterTurns = (turns: number, act: () => void): void => {
  setImmediate(() => (turns === 1 ? act() : afterTurns(turns - 1, act)))
}

/** Settles what waits longer than its budget. */
const makeBudget = (timers: Timers, budgetMs: number, abort: AbortSignal, pending: Map<number, Pending>) => {
  let tick = 0
  let isRunning = false

  const run = async (): Promise<void> => {
    while (pending.size > 0 && !abort.aborted) {
      await timers.sleep(budgetMs / TICKS, abort)
      tick++
      for (const [number, one] of pending) {
        if (tick - one.tick < TICKS) break
        pending.delete(number)
        one.reject(faultFrom(NO_ANSWER))
      }
    }
    isRunning = false
  }

  return {
    tick: () => tick,
    watch: (): void => {
      if (isRunning) return
      isRunning = true
      void run()
    },
  }
}

/** Resolves when the thread has opened the file, rejects with the reason why it could not. */
const opened = (worker: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    worker.once('message', (message: FromWriter) => {
      if (message.kind === 'refused') reject(faultFrom(message.failure))
      else resolve()
    })
    worker.once('error', (error) => reject(new Fault('unavailable', 'the writer of the event store did not start', { cause: error })))
    worker.once('exit', () => reject(faultFrom(STOPPED)))
  })

export const startWriter = async (settings: WriterSettings, tools: { readonly timers: Timers; readonly log: Log }): Promise<Writer> => {
  const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), { workerData: settings })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  await opened(worker)

  const control = new AbortController()
  const pending = new Map<number, Pending>()
  const budget = makeBudget(tools.timers, settings.budgetMs, control.signal, pending)
  let queue: Request[] = []
  let count = 0
  let stopped: Failure | undefined
  let closing = false

  const post = (message: ToWriter): void => worker.postMessage(message)
  const flush = (): void => {
    if (queue.length === 0) return
    const requests = queue
    queue = []
    post({ kind: 'requests', requests })
  }
  const stop = (failure: Failure): void => {
    stopped ??= failure
    tools.log.error('event_store_stopped', { reason: failure.message })
  }

  worker.on('message', (message: FromWriter) => {
    if (message.kind === 'stopped') stop(message.failure)
    if (message.kind !== 'replies') return
    for (const { number, outcome } of message.replies) {
      const one = pending.get(number)
      if (one === undefined) continue
      pending.delete(number)
      if (outcome.ok) one.resolve(outcome.done)
      else one.reject(faultFrom(outcome.failure))
    }
  })
  worker.on('error', () => stop(STOPPED))
  worker.on('exit', () => {
    if (!closing) stop(STOPPED)
    for (const one of pending.values()) one.reject(faultFrom(NO_ANSWER))
    pending.clear()
  })

  return {
    ask: (job) =>
      new Promise((resolve, reject) => {
        if (stopped !== undefined) return reject(faultFrom(stopped))
        if (pending.size >= PENDING_MAX) return reject(faultFrom(OVERLOADED))
        const number = count++
        pending.set(number, { resolve, reject, tick: budget.tick() })
        queue.push({ number, untilMs: monotonicMs() + settings.budgetMs * BEGIN_WITHIN, job })
        if (queue.length === 1) afterTurns(GATHERED_TURNS, flush)
        budget.watch()
      }),
    stopped: () => stopped,
    close: async () => {
      closing = true
      flush()
      post({ kind: 'close' })
      // The thread answers what is pending before it ends; a thread that hangs is ended.
      const patience = new AbortController()
      const isOut = await Promise.race([exited.then(() => true), tools.timers.sleep(settings.budgetMs, patience.signal).then(() => false)])
      patience.abort()
      if (!isOut) await worker.terminate()
      control.abort()
    },
  }
}
