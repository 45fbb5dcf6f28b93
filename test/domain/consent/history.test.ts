import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { consent } from '../../../domain/consent/consent.ts'
import { answerAt, historyOf, permitsRelease, type ConsentFact, type ConsentStatus } from '../../../domain/consent/history.ts'
import type { ConsentCommand } from '../../../schemas/generated.ts'
import { at, digest, standing } from '../samples.ts'

const DAY = 86_400
const transactionOf = (n: number): string => `tx_${String(n).padStart(24, '0')}`

type Move =
  | { readonly do: 'give'; readonly accepted: readonly string[]; readonly days: number; readonly language: 'en' | 'km' }
  | { readonly do: 'reuse' | 'refuse' | 'withdraw' | 'revoke' | 'complete' }

/** To the millisecond, so that sums compare like the instants they stand for. */
const toMs = (second: number): number => Math.round(second * 1000) / 1000

/** A life of a consent: what the rules recorded of the moves, with the second of each. */
const live = (moves: readonly (readonly [wait: number, move: Move])[]) => {
  let state = consent.initialState
  let second = 0
  const facts: ConsentFact[] = []
  const taken: { readonly second: number; readonly move: Move; readonly lives: number }[] = []
  moves.forEach(([wait, move], n) => {
    second = toMs(second + wait)
    const transaction = transactionOf(n)
    const now = { at: at(second), transaction, liveUntil: at(second + 1000) }
    const commandOf = (): ConsentCommand => {
      switch (move.do) {
        case 'give': {
          const notice = { ...standing.notice, digest: digest(move.language), language: move.language }
          const { accepted } = move
          const given = { ...standing, transaction, notice, accepted, givenAt: at(second), expiresAt: at(second + move.days * DAY) }
          return { type: 'GiveConsent', ...now, standing: given }
        }
        case 'reuse':
          return { type: 'ReuseConsent', ...now, requestDigest: digest('request') }
        case 'refuse':
          return { type: 'RefuseConsent', at: now.at, client: 'clinic', transaction }
        case 'withdraw':
          return { type: 'RequestWithdrawal', at: now.at, by: 'self' }
        case 'revoke':
          return { type: 'RequestWithdrawal', at: now.at, by: 'operator', actor: 'j.doe', case: 'C-1' }
        case 'complete':
          return { type: 'CompleteWithdrawal', at: now.at }
      }
    }
    const { events } = consent.decide(commandOf(), state, undefined)
    for (const event of events) {
      facts.push({ at: now.at, revision: facts.length, event })
      state = consent.evolve(state, event)
      taken.push({ second, move, lives: 1000 })
    }
  })
  return { facts, taken, end: second }
}

type Taken = ReturnType<typeof live>['taken']

const endOf = (one: Taken[number]): number =>
  toMs(one.second + (one.move.do === 'give' && one.move.days > 0 ? one.move.days * DAY : one.lives))

/** By when the last token of what was used by then is dead: a withdrawal kills those that live. */
const releasesUntil = (taken: Taken, second: number): number | undefined => {
  const backs = taken.filter(({ move }) => move.do === 'withdraw' || move.do === 'revoke')
  const ends = taken
    .filter((one) => one.second <= second && (one.move.do === 'give' || one.move.do === 'reuse'))
    .map((one) => {
      const at_ = taken.indexOf(one)
      const killed = backs.filter((back) => taken.indexOf(back) > at_).map((back) => back.second)
      return Math.min(toMs(one.second + one.lives), ...killed)
    })
    .filter((end) => end > second)
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** What somebody who only listened would say of it at a second: no states, no events. */
const plainly = (taken: Taken, second: number): ConsentStatus => {
  const heard = taken.filter((one) => one.second <= second)
  const lastOf = (...names: readonly Move['do'][]) => heard.findLastIndex(({ move }) => names.includes(move.do))
  const gave = lastOf('give')
  const back = lastOf('withdraw', 'revoke')
  const refused = lastOf('refuse')
  const completed = lastOf('complete')
  if (gave < 0) return refused < 0 ? 'unknown' : 'refused'
  const given = heard[gave]
  if (given?.move.do !== 'give') throw new Error('a give')
  const { days, accepted } = given.move
  const ends = (one: { second: number; lives: number }, of: number) => toMs(one.second + (of > 0 ? of * DAY : one.lives))
  if (back > gave) {
    if (refused > Math.max(back, completed) && completed > back) return 'refused'
    return heard[back]?.move.do === 'withdraw' ? 'withdrawn' : 'revoked'
  }
  const over = ends(given, days)
  if (second >= over) return refused > gave && (heard[refused]?.second ?? 0) >= over ? 'refused' : 'expired'
  // The same again, while it stood, is a renewal.
  const before = heard.slice(0, gave).findLast(({ move }) => move.do === 'give')
  const withdrawnBetween =
    before !== undefined && heard.slice(heard.indexOf(before), gave).some(({ move }) => ['withdraw', 'revoke'].includes(move.do))
  if (before?.move.do !== 'give' || withdrawnBetween || given.second >= ends(before, before.move.days)) return 'given'
  const same = [...before.move.accepted].sort().join() === [...accepted].sort().join()
  return same ? 'renewed' : 'given'
}

/** The same of the rest of the answer: what was agreed to, on which notice, until when, taken back by whom. */
const plainRest = (taken: Taken, second: number) => {
  const heard = taken.filter((one) => one.second <= second)
  const gave = heard.findLast(({ move }) => move.do === 'give')
  const status = plainly(taken, second)
  const isValid = status === 'given' || status === 'renewed'
  const back = heard.findLast(({ move }) => move.do === 'withdraw' || move.do === 'revoke')
  const until = releasesUntil(taken, second)
  return {
    accepted: gave?.move.do === 'give' ? gave.move.accepted : undefined,
    notice: gave?.move.do === 'give' ? { version: '1', language: gave.move.language, digest: digest(gave.move.language) } : undefined,
    until: isValid && gave !== undefined ? at(endOf(gave)) : undefined,
    by: status === 'withdrawn' ? 'self' : status === 'revoked' ? 'operator' : undefined,
    case: status === 'revoked' && back?.move.do === 'revoke' ? 'C-1' : undefined,
    uses: heard.filter(({ move }) => move.do === 'give' || move.do === 'reuse').length,
    releasesUntil: until === undefined ? undefined : at(until),
  }
}

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    do: fc.constant('give' as const),
    accepted: fc.constantFrom<readonly string[]>([], ['email'], ['email', 'phone_number']),
    days: fc.constantFrom(0, 1, 90),
    language: fc.constantFrom('en' as const, 'km' as const),
  }),
  fc.record({ do: fc.constantFrom('reuse' as const, 'refuse' as const, 'withdraw' as const, 'revoke' as const, 'complete' as const) }),
)
const wait = fc.constantFrom(0.001, 1, 999.999, 1000, 2000, DAY - 0.001, DAY, 90 * DAY)

describe('REG-01, REG-03: consent at any instant', () => {
  it('random lives of give, renew, narrow, refuse, withdraw and expire: the answer at every instant is what a plain model says', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(wait, move), { maxLength: 15, size: 'max' }), (moves) => {
        const { facts, taken, end } = live(moves)
        const history = historyOf(facts)
        const seconds = [0, end, ...taken.map(({ second }) => second)]
        const edges = [0, 1000, DAY, 90 * DAY].flatMap((after) => [after - 0.001, after, after + 0.001])
        for (const second of new Set(seconds.flatMap((one) => edges.map((edge) => toMs(one + edge)))))
          if (second >= 0) {
            const answer = answerAt(history, at(second))
            const { status, valid } = answer
            expect(status, `at ${String(second)} of ${JSON.stringify(taken)}`).to.equal(plainly(taken, second))
            expect(valid).to.equal(status === 'given' || status === 'renewed')
            const withdrawal = ['withdrawn', 'revoked'].includes(status)
              ? answer.moments.findLast((moment) => moment.withdrawal)?.withdrawal
              : undefined
            const rest = {
              accepted: answer.standing?.accepted,
              notice: answer.standing?.notice,
              until: answer.until,
              by: withdrawal?.by,
              case: withdrawal?.case,
              uses: answer.uses,
              releasesUntil: answer.releasesUntil,
            }
            expect(rest, `at ${String(second)} of ${JSON.stringify(taken)}`).to.deep.equal(plainRest(taken, second))
          }
      }),
      { numRuns: 500 },
    )
  })

  it('REG-03: of all states only given and renewed permit a release, in the answer and in the rules of a login', () => {
    const give: Move = { do: 'give', accepted: [], days: 90, language: 'en' }
    const lives: Readonly<Record<ConsentStatus, readonly (readonly [number, Move])[]>> = {
      unknown: [],
      refused: [[1, { do: 'refuse' }]],
      given: [[1, give]],
      renewed: [
        [1, give],
        [1, give],
      ],
      expired: [[1, { ...give, days: 0 }]],
      withdrawn: [
        [1, give],
        [1, { do: 'withdraw' }],
        [1, { do: 'complete' }],
      ],
      revoked: [
        [1, give],
        [1, { do: 'revoke' }],
      ],
    }
    for (const [status, moves] of Object.entries(lives) as [ConsentStatus, (typeof lives)[ConsentStatus]][]) {
      const then = at(status === 'expired' ? 2000 : 5)
      const { facts } = live(moves)
      const state = facts.reduce((before, { event }) => consent.evolve(before, event), consent.initialState)
      const login = { at: then, transaction: transactionOf(99), liveUntil: at(6000), requestDigest: digest('request') }
      const { events } = consent.decide({ type: 'ReuseConsent', ...login }, state, undefined)
      expect(answerAt(historyOf(facts), then).status).to.equal(status)
      const isReleased = status === 'given' || status === 'renewed'
      expect([permitsRelease(status), events.length > 0], status).to.deep.equal([isReleased, isReleased])
    }
  })

  it('says what was narrowed and widened, and by how many logins it was used until when', () => {
    const { facts } = live([
      [0, { do: 'give', accepted: ['email', 'phone_number'], days: 90, language: 'en' }],
      [10, { do: 'reuse' }],
      [10, { do: 'give', accepted: ['email'], days: 90, language: 'en' }],
      [10, { do: 'give', accepted: ['email', 'phone_number'], days: 90, language: 'en' }],
      [10, { do: 'give', accepted: ['email', 'phone_number'], days: 90, language: 'en' }],
    ])
    const answer = answerAt(historyOf(facts), at(100))
    expect(answer.moments.map(({ move: one }) => one)).to.deep.equal(['given', 'narrowed', 'widened', 'renewed'])
    expect(answer).to.deep.include({ uses: 5, status: 'renewed', until: at(40 + 90 * DAY), releasesUntil: at(1040) })
    expect(answer.next).to.include({ move: 'expired', at: at(40 + 90 * DAY) })
  })

  it('a withdrawal ends what lived on it at once, and says who took it back in which case', () => {
    const { facts } = live([
      [0, { do: 'give', accepted: [], days: 90, language: 'en' }],
      [10, { do: 'revoke' }],
      [1, { do: 'complete' }],
    ])
    const history = historyOf(facts)
    expect(answerAt(history, at(5))).to.deep.include({ valid: true, releasesUntil: at(10) })
    expect(answerAt(history, at(5)).next).to.include({ move: 'withdrawal_requested', at: at(10) })
    const after = answerAt(history, at(11))
    expect(after).to.include({ valid: false, status: 'revoked' }).and.not.to.have.property('releasesUntil')
    expect(after.moments.at(-1)?.withdrawal).to.deep.equal({ by: 'operator', actor: 'j.doe', case: 'C-1' })
  })

  it('what was recorded later did not happen earlier, whatever the clocks of two machines said', () => {
    const { facts } = live([
      [10, { do: 'give', accepted: [], days: 90, language: 'en' }],
      [10, { do: 'withdraw' }],
    ])
    const odd = facts.map((fact, n) => (n === 1 ? { ...fact, at: at(3) } : fact))
    expect(answerAt(historyOf(odd), at(5)).status).to.equal('unknown')
    expect(answerAt(historyOf(odd), at(10)).status).to.equal('withdrawn')
  })
})
