import { textOf } from './text-of.ts'
import type { Instant } from '../domain/ports.ts'
import type { Recorded } from '../projections/projection.ts'

/** What a login waits for somebody to do. */
export type Wait = 'open' | 'prove' | 'consent' | 'redeem'

/** What the ID system was asked to do. */
export type Effect = 'send' | 'verify' | 'release'

export type StepName = Wait | Effect

const EFFECTS: readonly StepName[] = ['send', 'verify', 'release']
export const isEffect = (step: StepName): step is Effect => EFFECTS.includes(step)

/** A part of a login, from the event that began it. */
export type Step = {
  readonly step: StepName
  /** Where it is about one. */
  readonly factor: string | null
  readonly from: Instant
  /** Null while nothing ended it. */
  readonly to: Instant | null
  /** `right`, or the reason that was recorded; `done` where there is nothing to be right or wrong; `over` where the login ended meanwhile. */
  readonly outcome: string | null
}

type Open = { -readonly [member in keyof Step]: Step[member] } & { readonly key: number | null }

/** After these events the login waits for this. Null: for nobody, or for the ID system. */
const WAITS: Readonly<Record<string, Wait | null>> = {
  AuthorizationStarted: 'open',
  AuthorizationOpened: 'prove',
  FactorRequested: 'prove',
  FactorSent: 'prove',
  FactorFailed: 'prove',
  FactorAttempted: null,
  FactorRejected: 'prove',
  FactorConfirmed: 'prove',
  Authenticated: 'consent',
  ConsentGiven: null,
  ConsentReused: null,
  CodeIssued: 'redeem',
  TokenExchanged: null,
}

/** The login is over, or nothing more is awaited. */
const ENDS: readonly string[] = ['PageOpened', 'AccessRevoked', 'AuthorizationFailed', 'AuthorizationExpired', 'TransactionClosed']

const numberIn = ({ data }: Recorded, member: string): number | null => {
  const value = data[member]
  return typeof value === 'number' ? value : null
}

/** What an event asks of the ID system, and how it is told apart. */
const begun = (event: Recorded): { readonly step: Effect; readonly key: number | null } | undefined => {
  switch (event.type) {
    case 'FactorRequested':
      return numberIn(event, 'send') === null ? undefined : { step: 'send', key: numberIn(event, 'send') }
    case 'FactorAttempted':
      return { step: 'verify', key: numberIn(event, 'attempt') }
    case 'ConsentGiven':
    case 'ConsentReused':
      return { step: 'release', key: null }
    default:
      return undefined
  }
}

/** What the ID system answered. Which attempt was right is not recorded where it was the last: it was the newest. */
const ended = (event: Recorded): { readonly step: Effect; readonly key?: number | null; readonly outcome: string } | undefined => {
  switch (event.type) {
    case 'FactorSent':
      return { step: 'send', key: numberIn(event, 'send'), outcome: 'right' }
    case 'FactorFailed':
      return { step: 'send', key: numberIn(event, 'send'), outcome: textOf(event.data['reason']) }
    case 'FactorRejected':
      return { step: 'verify', key: numberIn(event, 'attempt'), outcome: textOf(event.data['reason']) }
    case 'FactorConfirmed':
      return { step: 'verify', key: numberIn(event, 'attempt'), outcome: 'right' }
    case 'Authenticated':
      return { step: 'verify', outcome: 'right' }
    case 'CodeIssued':
      return { step: 'release', outcome: 'right' }
    default:
      return undefined
  }
}

/**
 * The steps of one login in the order in which they began, told from its events: who was waited for from when to when, and what the ID
 * system was asked and answered. What nothing has ended is still open.
 */
export const stepsOf = (events: readonly Recorded[]): readonly Step[] => {
  const steps: Open[] = []
  let wait: Open | undefined
  const end = (step: Open | undefined, at: Instant, outcome: string): void => {
    if (step === undefined) return
    step.to = at
    step.outcome = outcome
  }
  const begin = (step: StepName, key: number | null, { at, data }: Recorded): Open => {
    const open: Open = { step, key, factor: textOf(data['factor']) || null, from: at, to: null, outcome: null }
    steps.push(open)
    return open
  }
  for (const event of events) {
    const { type, at } = event
    const isEnd = ENDS.includes(type)
    const next = type === 'TimeExtended' && wait !== undefined && !isEffect(wait.step) ? wait.step : isEnd ? null : WAITS[type]
    // What is not known here, such as a clock that was noted, changes nothing.
    if (next === undefined) continue
    end(wait, at, isEnd ? 'over' : 'done')
    const answer = ended(event)
    if (answer !== undefined) {
      const { step, key, outcome } = answer
      const asked = steps.findLast((open) => open.step === step && open.to === null && (key === undefined || open.key === key))
      end(asked, at, outcome)
      // Other proofs and messages that are under way are of no use any more.
      if (type === 'Authenticated') for (const open of steps) if (isEffect(open.step) && open.to === null) end(open, at, 'over')
    }
    const wish = begun(event)
    if (wish !== undefined) begin(wish.step, wish.key, event)
    wait = next === null || wish !== undefined ? undefined : begin(next, null, event)
  }
  return steps.map(({ key: _key, ...step }) => step)
}
