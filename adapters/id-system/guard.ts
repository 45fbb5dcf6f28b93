import { Fault, type Clock, type Log, type Timers } from '../../domain/ports.ts'
import { readAnswer, releaseFits, sendFits, verifyFits, type Question } from './answers.ts'
import { breaker, BREAKER, type Breaker, type BreakerNumbers, type BreakerState } from './breaker.ts'
import { bulkhead, within, type Bulkhead, type Outcome } from './bulkhead.ts'
import type {
  Call,
  IdSystem,
  IndividualId,
  NotifyAnswer,
  PluginAnswer,
  PluginDescription,
  RecordedFact,
  ReleaseAnswer,
  SendAnswer,
  VerifyAnswer,
} from './plugin.ts'

const HEALTH_MS = 5000
const CLOSE_MS = 10_000
/** A handler of facts that takes longer is tried again by the subscription. */
const FOLLOW_MS = 30_000
const DETAIL_MAX = 200

export type GuardOptions = {
  readonly description: PluginDescription
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly callsMax?: number
  readonly breaker?: Partial<BreakerNumbers>
  /** Told each time a kind of call is left alone, tried, or asked as before. */
  readonly onBreaker?: (question: Question, state: BreakerState) => void
}

type Guarded = GuardOptions & {
  readonly calls: Bulkhead
  readonly isClosed: () => boolean
  /** One for each kind of call: where no code can be sent, a PIN can still be checked. */
  readonly breakers: Readonly<Record<Question, Breaker>>
}

type Failure = { readonly ok: false; readonly error: 'unavailable' | 'misconfigured' | 'unsupported'; readonly code: string }

const UNSUPPORTED: Failure = { ok: false, error: 'unsupported', code: 'not_described' }

/** The class of what was thrown; its message may hold what a person typed. */
const nameOf = (error: unknown): string => (error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'unknown')

const failureOf = (outcome: Exclude<Outcome, { kind: 'answered' }>): Failure => {
  switch (outcome.kind) {
    case 'threw':
      return { ok: false, error: 'unavailable', code: 'plugin_threw' }
    case 'late':
      return { ok: false, error: 'unavailable', code: 'deadline_passed' }
    case 'full':
      return { ok: false, error: 'unavailable', code: 'plugin_busy' }
  }
}

/** One question to the plugin: bounded in time, number and size, its answer checked, its faults logged without content. */
const ask = async <T>(
  guarded: Guarded,
  question: Question,
  call: Call,
  act: () => Promise<unknown>,
  fits: (value: T) => boolean,
): Promise<PluginAnswer<T>> => {
  const { log, description, calls, breakers } = guarded
  const failed = (failure: Failure, fields: { readonly thrown?: string } = {}): Failure => {
    log.warn('plugin_failed', {
      plugin: description.id,
      call: question,
      transaction: call.transaction,
      error: failure.error,
      code: failure.code,
      ...fields,
    })
    return failure
  }
  if (guarded.isClosed()) return { ok: false, error: 'unavailable', code: 'plugin_closed' }
  const pass = breakers[question].admit()
  if (pass === undefined) return { ok: false, error: 'unavailable', code: 'breaker_open' }
  const outcome = await calls.run(call.deadline, act)
  if (outcome.kind !== 'answered') {
    pass.ended(outcome.kind === 'full' ? 'unasked' : 'failed')
    return failed(failureOf(outcome), outcome.kind === 'threw' ? { thrown: nameOf(outcome.error) } : {})
  }
  const answer = readAnswer<T>(question, outcome.value)
  const unfit = answer === undefined || (answer.ok && !fits(answer.value))
  pass.ended(unfit || (!answer.ok && answer.error === 'unavailable') ? 'failed' : 'well')
  return unfit ? failed({ ok: false, error: 'misconfigured', code: 'answer_unfit' }) : answer
}

const hasIdType = ({ idTypes }: PluginDescription, { type }: IndividualId): boolean => idTypes.some((known) => known.type === type)

const guardVerify =
  (guarded: Guarded, verify: NonNullable<IdSystem['verify']>): NonNullable<IdSystem['verify']> =>
  async (request) => {
    const { description } = guarded
    if (!hasIdType(description, request.id) || !description.factors.some(({ factor }) => factor === request.factor)) return UNSUPPORTED
    const act = (): Promise<unknown> => verify(structuredClone(request))
    return ask<VerifyAnswer>(guarded, 'verify', request, act, (value) => verifyFits(value, request, description))
  }

const guardSend =
  (guarded: Guarded, send: NonNullable<IdSystem['send']>): NonNullable<IdSystem['send']> =>
  async (request) => {
    const { description } = guarded
    const known = hasIdType(description, request.id) && request.channels.every((channel) => description.channels.includes(channel))
    if (!known || !description.factors.some(({ factor }) => factor === 'otp')) return UNSUPPORTED
    return ask<SendAnswer>(
      guarded,
      'send',
      request,
      () => send(structuredClone(request)),
      (value) => sendFits(value, description),
    )
  }

const guardRelease =
  (guarded: Guarded, release: NonNullable<IdSystem['release']>): NonNullable<IdSystem['release']> =>
  async (request) => {
    // What the ID system does not have is left out, so it is not asked for it.
    const { description } = guarded
    const claims = request.claims.filter((claim) => description.claims.includes(claim))
    const verified = request.verified?.filter((claim) => description.verifiedClaims?.claims.includes(claim))
    const { verified: _, ...rest } = request
    const asked = { ...rest, claims, ...(verified !== undefined && verified.length > 0 && { verified }) }
    const act = (): Promise<unknown> => release(structuredClone(asked))
    return ask<ReleaseAnswer>(guarded, 'release', request, act, (value) => releaseFits(value, asked, description))
  }

const guardResolve =
  (guarded: Guarded, resolve: NonNullable<IdSystem['resolve']>): NonNullable<IdSystem['resolve']> =>
  async (request) => {
    if (!hasIdType(guarded.description, request.id)) return UNSUPPORTED
    return ask<{ readonly subjectKey: string }>(
      guarded,
      'resolve',
      request,
      () => resolve(structuredClone(request)),
      () => true,
    )
  }

const guardNotify =
  (guarded: Guarded, notify: NonNullable<IdSystem['notify']>): NonNullable<IdSystem['notify']> =>
  async (request) => {
    if (!hasIdType(guarded.description, request.id)) return UNSUPPORTED
    return ask<NotifyAnswer>(
      guarded,
      'notify',
      request,
      () => notify(structuredClone(request)),
      (value) => sendFits(value, guarded.description),
    )
  }

const guardOn = ({ timers, log, description }: Guarded, on: NonNullable<IdSystem['on']>): NonNullable<IdSystem['on']> =>
  Object.fromEntries(
    Object.entries(on).map(([type, handler]) => [
      type,
      async (fact: RecordedFact) => {
        try {
          await within(FOLLOW_MS, timers, async () => handler(structuredClone(fact)))
        } catch (error) {
          log.warn('plugin_failed', { plugin: description.id, call: 'on', type, id: fact.id, thrown: nameOf(error) })
          // The reason of a parked fact is kept: it says that, not what, the plugin threw.
          throw new Fault('unavailable', `the plugin ${description.id} could not follow ${type}`)
        }
      },
    ]),
  )

const guardHealth =
  ({ timers, isClosed }: Guarded, system: IdSystem): IdSystem['health'] =>
  async () => {
    if (isClosed()) return { status: 'down', detail: 'closed' }
    try {
      const answered: unknown = await within(HEALTH_MS, timers, async () => system.health())
      const { status, detail }: { readonly status?: unknown; readonly detail?: unknown } = Object(answered) as object
      if (status !== 'up' && status !== 'degraded' && status !== 'down') return { status: 'down', detail: 'its answer does not fit' }
      return typeof detail === 'string' ? { status, detail: detail.slice(0, DETAIL_MAX) } : { status }
    } catch (error) {
      return { status: 'down', detail: error instanceof Fault ? 'no answer in time' : 'it threw' }
    }
  }

const breakersOf = ({ clock, log, description, breaker: numbers, onBreaker }: GuardOptions): Guarded['breakers'] => {
  const made = (question: Question): Breaker =>
    breaker(clock, { ...BREAKER, ...numbers }, (state) => {
      log[state === 'open' ? 'error' : 'warn']('plugin_breaker', { plugin: description.id, call: question, state })
      onBreaker?.(question, state)
    })
  return { verify: made('verify'), release: made('release'), send: made('send'), resolve: made('resolve'), notify: made('notify') }
}

/** The plugin as the broker uses it: the same capabilities, every call settles in time with an answer that fits. */
export const guard = (system: IdSystem, options: GuardOptions): IdSystem => {
  let closed = false
  const guarded: Guarded = { ...options, calls: bulkhead(options), isClosed: () => closed, breakers: breakersOf(options) }
  const { verify, release, send, resolve, notify, on } = system
  return {
    ...(verify && { verify: guardVerify(guarded, verify.bind(system)) }),
    ...(release && { release: guardRelease(guarded, release.bind(system)) }),
    ...(send && { send: guardSend(guarded, send.bind(system)) }),
    ...(resolve && { resolve: guardResolve(guarded, resolve.bind(system)) }),
    ...(notify && { notify: guardNotify(guarded, notify.bind(system)) }),
    ...(on && { on: guardOn(guarded, on) }),
    health: guardHealth(guarded, system),
    close: async () => {
      if (closed) return
      closed = true
      guarded.calls.end()
      try {
        await within(CLOSE_MS, options.timers, async () => system.close())
      } catch (error) {
        options.log.warn('plugin_failed', { plugin: options.description.id, call: 'close', thrown: nameOf(error) })
      }
    },
  }
}
