import type { ConsumeOptions, ConsumeOutcome, StoredEvent, Timers } from '../../../domain/ports.ts'
import { LOST_REASON } from '../due.ts'
import { matches } from '../positions.ts'
import type { Delivered, GroupLink } from './client.ts'
import { isOurs, storedOf } from './events.ts'
import { reasonText } from './parked.ts'

export type Handler = (event: StoredEvent, attempt: number) => Promise<ConsumeOutcome>

export type MessageTools = {
  readonly timers: Timers
  readonly options: Required<ConsumeOptions>
  readonly handler: Handler
  readonly link: () => GroupLink | undefined
}

const BACK_OFF_MS = 100
const BACK_OFF_MS_MAX = 30_000
/** The server keeps a message for a consumer that says nothing for this much longer than its visibility time. */
export const HELD_MS_MAX = 600_000

const backOffMs = (tries: number): number => Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** Math.min(tries - 1, 20))

const outcomeOf = async (handler: Handler, event: StoredEvent, tries: number): Promise<ConsumeOutcome> => {
  try {
    return await handler(event, tries)
  } catch (error) {
    return { kind: 'retry', reason: error instanceof Error ? error.message : 'the handler threw something that is no error' }
  }
}

/** What the filter leaves out is done at once, many in one word. */
const makePass = (done: (all: readonly Delivered[]) => void): ((one: Delivered) => void) => {
  let passed: Delivered[] = []
  return (one) => {
    passed.push(one)
    if (passed.length > 1) return
    setImmediate(() => {
      const all = passed
      passed = []
      done(all)
    })
  }
}

/**
 * Messages of one connection to a group. The server has no delay between tries, so a message that is to wait is held here; when this
 * process ends the server hands it to another at once.
 */
export const makeMessages = ({ timers, options, handler, link }: MessageTools) => {
  const { concurrency, visibilityMs, triesMax } = options
  const over = new AbortController()
  let waiting: Delivered[] = []
  const active = new Set<Promise<void>>()
  let held = 0
  let settled = 0

  /** What cannot be said is not lost: the server delivers again. */
  const say = async (word: (to: GroupLink) => Promise<void>): Promise<void> => {
    const to = link()
    settled += 1
    if (to !== undefined) await word(to).catch(() => undefined)
  }

  const again = async (one: Delivered, reason: string, afterMs: number): Promise<void> => {
    held += 1
    await timers.sleep(Math.min(afterMs, HELD_MS_MAX), over.signal)
    held -= 1
    // Leaving the group gives it back by itself.
    if (!over.signal.aborted) await say((to) => to.retry(one, reason))
  }

  const settle = async (one: Delivered, tries: number, outcome: ConsumeOutcome): Promise<void> => {
    if (outcome.kind === 'done') return say((to) => to.done(one))
    if (outcome.kind === 'park' || tries >= triesMax) return say((to) => to.park(one, reasonText(tries, outcome.reason)))
    void again(one, outcome.reason, outcome.afterMs ?? backOffMs(tries))
  }

  const run = async (one: Delivered): Promise<void> => {
    const tries = one.retries + 1
    // A message that took its process down at every try is not handed out once more.
    if (tries > triesMax) return settle(one, one.retries, { kind: 'park', reason: LOST_REASON })
    const expiry = new AbortController()
    let isLate = false
    const handled = outcomeOf(handler, storedOf(one.event), tries).then((outcome) => {
      expiry.abort()
      // A late success counts; a late failure was answered by the next try.
      return !isLate || outcome.kind === 'done' ? settle(one, tries, outcome) : undefined
    })
    const late = timers.sleep(visibilityMs, expiry.signal).then(() => {
      if (expiry.signal.aborted) return handled
      isLate = true
      return settle(one, tries, { kind: 'retry', reason: LOST_REASON, afterMs: 0 })
    })
    await late
  }

  const pump = (): void => {
    while (!over.signal.aborted && active.size < concurrency) {
      const one = waiting.shift()
      if (one === undefined) return
      const work: Promise<void> = run(one).finally(() => {
        active.delete(work)
        pump()
      })
      active.add(work)
    }
  }

  const pass = makePass((all) => void say((to) => to.done(...all)))

  return {
    take: (one: Delivered): void => {
      if (!isOurs(one.event) || !matches(options.filter, one.event.type, one.event.stream)) return pass(one)
      waiting.push(one)
      pump()
    },
    isIdle: (): boolean => waiting.length + active.size + held === 0,
    settled: (): number => settled,
    /** Nothing more is begun or said. */
    end: (): void => {
      over.abort()
      waiting = []
    },
    drained: (): Promise<unknown> => Promise.all(active),
  }
}
