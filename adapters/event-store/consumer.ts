import { OVER, type ConsumeOptions, type ConsumeOutcome, Fault, type StoredEvent, type Subscription } from '../../domain/ports.ts'
import { type Claims, makeClaims } from './claims.ts'
import { type ConsumeTools, type Message, nowMs } from './due.ts'
import { makeSignal } from './signal.ts'
import { running } from './subscription.ts'

type Handler = (event: StoredEvent, attempt: number) => Promise<ConsumeOutcome>

const VISIBILITY_MS = 30_000
const TRIES = 5
const CONCURRENCY = 8
const BACK_OFF_MS = 100
const BACK_OFF_MS_MAX = 30_000
const IDLE_MS_MAX = 1000
const TROUBLE_MS = 1000
const SETTLE_TRIES_MAX = 5
const STOP_MS_MAX = 800
const REASON_CHARS_MAX = 500

const backOffMs = (tries: number): number => Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** (tries - 1))

const attempt = async (handler: Handler, message: Message): Promise<ConsumeOutcome> => {
  try {
    return await handler(message.event, message.tries)
  } catch (error) {
    return { kind: 'retry', reason: error instanceof Error ? error.message : 'the handler threw something that is no error' }
  }
}

/** Writes down how a try ended. */
const settle = async (tools: ConsumeTools, options: Required<ConsumeOptions>, message: Message, outcome: ConsumeOutcome): Promise<void> => {
  const { groups, clock } = tools
  if (outcome.kind === 'done') return groups.finish(options.group, message.position)
  const reason = outcome.reason.slice(0, REASON_CHARS_MAX)
  if (outcome.kind === 'park' || message.tries >= options.triesMax) return groups.park(options.group, message, reason, clock.now())
  return groups.postpone(options.group, message, nowMs(clock) + (outcome.afterMs ?? backOffMs(message.tries)))
}

/** What cannot be written down is not lost: the message is delivered again after its visibility time. */
const settlePatiently = async (...[tools, options, message, outcome]: Parameters<typeof settle>): Promise<void> => {
  for (let tries = 1; tries <= SETTLE_TRIES_MAX; tries++) {
    try {
      await settle(tools, options, message, outcome)
      return
    } catch (error) {
      const code = error instanceof Fault ? error.code : 'bug'
      tools.warn('consume_not_settled', { group: options.group, position: message.event.position, code })
      if (code !== 'unavailable' && code !== 'ambiguous') return
      await tools.timers.sleep(BACK_OFF_MS * tries)
    }
  }
}

/** Messages under way; `ended` is raised when one of them ends. */
const makeSlots = (tools: ConsumeTools, options: Required<ConsumeOptions>, handler: Handler) => {
  const under = new Set<Promise<void>>()
  const ended = makeSignal()

  const run = async (message: Message, unfinished: () => void): Promise<void> => {
    const expiry = new AbortController()
    const settled = attempt(handler, message).then(async (outcome) => {
      await settlePatiently(tools, options, message, outcome)
      if (outcome.kind !== 'done') unfinished()
    })
    // A handler that never answers loses its slot with its message, so it cannot stop the consumer.
    await Promise.race([settled, tools.timers.sleep(options.visibilityMs, expiry.signal)])
    expiry.abort(OVER)
  }

  return {
    free: () => options.concurrency - under.size,
    /** `unfinished` is called when the message will come again, or was parked. */
    start: (message: Message, unfinished: () => void): void => {
      const one: Promise<void> = run(message, unfinished).finally(() => {
        under.delete(one)
        ended.raise()
      })
      under.add(one)
    },
    ended,
    drained: (): Promise<unknown> => Promise.all(under),
  }
}

type Slots = ReturnType<typeof makeSlots>

/** Starts what can be started; true when anything was. */
const step = async (claims: Claims, slots: Slots): Promise<boolean> => {
  let started = 0
  for (const take of [claims.takeDue, claims.takeNew]) {
    if (slots.free() <= 0) break
    for (const message of await take(slots.free())) {
      slots.start(message, claims.lookAgain)
      started++
    }
  }
  return started > 0
}

type Marks = { readonly news: number; readonly slots: number }

/** Waits for an event, the end of a message, or the moment when something is due. */
const rest = async (tools: ConsumeTools, claims: Claims, slots: Slots, marks: Marks, abort: AbortSignal): Promise<void> => {
  const over = new AbortController()
  const end = (): void => over.abort(OVER)
  abort.addEventListener('abort', end)
  if (abort.aborted) end()
  const full = slots.free() <= 0
  const ms = full ? IDLE_MS_MAX : Math.max(1, Math.min(IDLE_MS_MAX, claims.nextAt() - nowMs(tools.clock)))
  const news = full ? [] : [tools.source.signal.since(marks.news, over.signal)]
  await Promise.race([slots.ended.since(marks.slots, over.signal), tools.timers.sleep(ms, over.signal), ...news])
  end()
  abort.removeEventListener('abort', end)
}

const loop = async (tools: ConsumeTools, options: Required<ConsumeOptions>, slots: Slots, abort: AbortSignal): Promise<void> => {
  let claims: Claims | undefined
  while (!abort.aborted) {
    const marks = { news: tools.source.signal.mark(), slots: slots.ended.mark() }
    try {
      if (claims === undefined) {
        await tools.groups.open(options.group, options.from)
        claims = makeClaims(tools, options)
      }
      if (!(await step(claims, slots))) await rest(tools, claims, slots, marks, abort)
    } catch (error) {
      if (!(error instanceof Fault) || !['unavailable', 'ambiguous'].includes(error.code)) throw error
      tools.warn('consume_waits', { group: options.group, code: error.code })
      await tools.timers.sleep(TROUBLE_MS, abort)
    }
  }
}

/** Competing consumers over durable groups (promise 9). */
export const consumer = (tools: ConsumeTools, given: ConsumeOptions, handler: Handler): Subscription => {
  const options: Required<ConsumeOptions> = {
    ...given,
    visibilityMs: given.visibilityMs ?? VISIBILITY_MS,
    triesMax: given.triesMax ?? TRIES,
    concurrency: given.concurrency ?? CONCURRENCY,
    from: given.from ?? 'start',
  }
  const slots = makeSlots(tools, options, handler)
  return running(tools.timers, async (abort) => {
    await loop(tools, options, slots, abort)
    const patience = new AbortController()
    await Promise.race([slots.drained(), tools.timers.sleep(STOP_MS_MAX, patience.signal)])
    patience.abort(OVER)
  })
}
