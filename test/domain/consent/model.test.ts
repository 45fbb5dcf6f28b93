import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { consent, covers } from '../../../domain/consent/consent.ts'
import { fold } from '../../../domain/decider.ts'
import { checkCommand, checkEvent } from '../../../schemas/check.ts'
import type { ConsentCommand, ConsentEvent } from '../../../schemas/generated.ts'
import { at, digest, standing } from '../samples.ts'

/** What a person would say about their consent: a list of what happened, looked at from its end. */
type Said =
  | { readonly what: 'given'; readonly transaction: string; readonly second: number; readonly request: string; readonly days: number }
  | { readonly what: 'asked_back' | 'back'; readonly second: number }

type Model = { readonly said: readonly Said[] }

const DAY = 86_400
const TRANSACTIONS = ['a', 'b', 'c', 'd'].map((letter) => `tx_${letter.repeat(24)}`)
const REQUESTS = ['one', 'two']

/** To the millisecond, so that sums compare like the instants they stand for. */
const plus = (second: number, more: number): number => Math.round((second + more) * 1000) / 1000

const stands = ({ said }: Model, request: string, second: number): boolean => {
  const last = said.at(-1)
  return last?.what === 'given' && last.request === request && second < plus(last.second, last.days * DAY)
}

type Move =
  | { readonly do: 'give'; readonly transaction: string; readonly request: string; readonly days: number; readonly lives: number }
  | { readonly do: 'reuse'; readonly transaction: string; readonly request: string; readonly lives: number }
  | { readonly do: 'withdraw' | 'complete' }

const transaction = fc.constantFrom(...TRANSACTIONS)
const request = fc.constantFrom(...REQUESTS)
const lives = fc.constantFrom(1, 600, 2000)
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constant('give' as const), transaction, request, days: fc.constantFrom(0, 1, 90), lives }),
  fc.record({ do: fc.constant('reuse' as const), transaction, request, lives }),
  fc.record({ do: fc.constantFrom('withdraw' as const, 'complete' as const) }),
)
const wait = fc.constantFrom(0, 0.001, 1, 600, 2000, DAY - 0.001, DAY, 90 * DAY)

/** What the model says should be granted, and what it is afterwards. */
const expected = (model: Model, one: Move, second: number): { readonly granted: boolean; readonly next: Model } => {
  const last = model.said.at(-1)
  switch (one.do) {
    case 'give': {
      if (last?.what === 'asked_back') return { granted: false, next: model }
      // A login decides once.
      if (last?.what === 'given' && last.transaction === one.transaction) return { granted: false, next: model }
      const { transaction, request, days } = one
      const said = [...model.said, { what: 'given', second, transaction, request, days } as const]
      return { granted: true, next: { said } }
    }
    case 'reuse': {
      if (!stands(model, one.request, second)) return { granted: false, next: model }
      return { granted: true, next: model }
    }
    case 'withdraw':
      if (last?.what !== 'given') return { granted: false, next: model }
      return { granted: true, next: { said: [...model.said, { what: 'asked_back', second }] } }
    case 'complete':
      if (last?.what !== 'asked_back') return { granted: false, next: model }
      return { granted: true, next: { said: [...model.said, { what: 'back', second }] } }
  }
}

const commandOf = (one: Move, second: number): ConsentCommand => {
  switch (one.do) {
    case 'give': {
      const agreed = { ...standing, transaction: one.transaction, requestDigest: digest(one.request), givenAt: at(second) }
      const until = { expiresAt: at(second + one.days * DAY) }
      return {
        type: 'GiveConsent',
        at: at(second),
        standing: { ...agreed, ...until },
        transaction: one.transaction,
        liveUntil: at(second + one.lives),
      }
    }
    case 'reuse':
      return {
        type: 'ReuseConsent',
        at: at(second),
        transaction: one.transaction,
        requestDigest: digest(one.request),
        liveUntil: at(second + one.lives),
      }
    case 'withdraw':
      return { type: 'RequestWithdrawal', at: at(second), by: 'self' }
    case 'complete':
      return { type: 'CompleteWithdrawal', at: at(second) }
  }
}

describe('consent against a plain model', () => {
  it('rules 8, 12, 13 and 28: says the same as the model at every instant, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(wait, move), { maxLength: 20, size: 'max' }), (moves) => {
        let model: Model = { said: [] }
        let state = consent.initialState
        let second = 0
        const events: ConsentEvent[] = []
        for (const [waited, one] of moves) {
          second = plus(second, waited)
          const command = commandOf(one, second)
          expect(checkCommand('consent', command)).to.include({ ok: true })
          const { granted, next } = expected(model, one, second)
          const decision = consent.decide(command, state, undefined)
          expect(decision.events.length, `${one.do} at ${second}`).to.equal(granted ? 1 : 0)
          for (const event of decision.events) {
            expect(checkEvent('consent', event.type, 1, event.data)).to.include({ ok: true })
            events.push(event)
            state = consent.evolve(state, event)
          }
          model = next
          // At the instant itself, just before ends that may follow, at them and long after.
          for (const later of [0, 0.999, 1, DAY, 90 * DAY]) {
            const then = plus(second, later)
            for (const asked of REQUESTS) expect(covers(state, digest(asked), at(then))).to.equal(stands(model, asked, then))
          }
        }
        expect(fold(consent, events)).to.deep.equal(state)
        expect(fold(consent, events.slice(-1))).to.deep.equal(state)
      }),
      { numRuns: 300 },
    )
  })
})
