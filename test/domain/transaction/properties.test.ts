import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { Json } from '../../../domain/ports.ts'
import { wordingOf } from '../../../projections/wording.ts'
import { fold } from '../../../domain/decider.ts'
import { transaction } from '../../../domain/transaction/decide.ts'
import { claimNamed } from '../../../domain/verified/names.ts'
import { checkCommand, checkEvent, eventDescription } from '../../../schemas/check.ts'
import type { TransactionCommand, TransactionEvent } from '../../../schemas/generated.ts'
import { millisecondsOf } from '../../../domain/time.ts'
import { histories, rules as usual, TYPES, wish } from './samples.ts'
import { anyRules, play, script, type Played, type Recorded } from './scripts.ts'

const RUNS = 500

/** Plays arbitrary scripts under arbitrary rules, and looks at what was recorded. */
const always = (look: (played: Played, rules: typeof usual) => void, numRuns = RUNS): void => {
  fc.assert(
    fc.property(script, anyRules, (moves, rules) => look(play(moves, rules), rules)),
    { numRuns },
  )
}

type Type = TransactionEvent['type']
type Of<T extends Type> = Extract<TransactionEvent, { type: T }>

const all = <T extends Type>(log: readonly Recorded[], type: T): readonly (Recorded & { readonly event: Of<T> })[] =>
  log.filter((recorded): recorded is Recorded & { readonly event: Of<T> } => recorded.event.type === type)

const typesAfter = (log: readonly Recorded[], type: Type): readonly Type[] => {
  const index = log.findIndex(({ event }) => event.type === type)
  return index < 0 ? [] : log.slice(index + 1).map(({ event }) => event.type)
}

const typesBefore = (log: readonly Recorded[], type: Type): readonly Type[] => {
  const index = log.findIndex(({ event }) => event.type === type)
  return log.slice(0, Math.max(index, 0)).map(({ event }) => event.type)
}

describe('properties of a login, whatever is tried in whatever order', () => {
  it('scripts reach every stage and record every event', () => {
    const seen = new Set<string>()
    for (const [moves, rules] of fc.sample(fc.tuple(script, anyRules), { numRuns: 1500, seed: 7 })) {
      const { state, log } = play(moves, rules)
      seen.add(state.stage)
      for (const { event } of log) seen.add(event.type)
    }
    for (const stage of [
      'started',
      'opened',
      'authenticated',
      'consented',
      'code_issued',
      'exchanged',
      'revoked',
      'failed',
      'expired',
      'closed',
    ])
      expect(seen, stage).to.include(stage)
    for (const type of ['CodeReplayed', 'CodeRefused', 'UserinfoReleased', 'FactorFailed', 'TimeExtended', 'ConsentReused'])
      expect(seen, type).to.include(type)
  })

  it('REG-09: every login that is over without success is recorded with a reason, which its record says in words', () => {
    const REASONS: Partial<Record<Type, 'reason' | 'phase' | 'consent'>> = {
      AuthorizationFailed: 'reason',
      AuthorizationExpired: 'phase',
      TransactionClosed: 'reason',
      AccessRevoked: 'consent',
    }
    const ENDS: readonly string[] = ['failed', 'expired', 'revoked', 'closed']
    const met = new Set<string>()
    always(({ state, log }) => {
      const ending = log.findLast(({ event }) => event.type in REASONS)?.event
      expect(ending !== undefined, state.stage).to.equal(
        ENDS.includes(state.stage) && !typesBefore(log, 'PageOpened').includes('PageOpened'),
      )
      if (ending === undefined) return
      const reason = (ending.data as { readonly [member: string]: string | undefined })[REASONS[ending.type] ?? '']
      expect(reason, ending.type).to.be.a('string').and.not.to.equal('')
      const told = { kind: 'transaction', type: ending.type, data: ending.data as { readonly [member: string]: Json } }
      const words = wordingOf(eventDescription, told)
      if (ending.type !== 'AccessRevoked') expect(words).to.include(String(reason).replaceAll('_', ' '))
      met.add(`${ending.type} ${ending.type === 'AccessRevoked' ? '' : String(reason)}`)
    })
    expect(met.size, [...met].join()).to.be.at.least(8)
  })

  it('rule 9: what was recorded, folded again, is the state that was tracked step by step', () => {
    always(({ state, log }) => {
      expect(
        fold(
          transaction,
          log.map(({ event }) => event),
        ),
      ).to.deep.equal(state)
      expect(state.revision).to.equal(log.length - 1)
    })
  })

  it('rule 4: every wish and every event is what its schema says', () => {
    always(({ log, wishes }) => {
      for (const one of wishes) expect(checkCommand('transaction', one)).to.include({ ok: true })
      for (const { event } of log) expect(checkEvent('transaction', event.type, 1, event.data)).to.include({ ok: true })
    }, 300)
  })

  it('rule 4: deciding a recorded wish again on the history before it gives the same events', () => {
    always(({ log }, rules) => {
      const events = log.map(({ event }) => event)
      log.forEach(({ by }, index) => {
        if (index > 0 && log[index - 1]?.by === by) return
        const decided = transaction.decide(by, fold(transaction, events.slice(0, index)), rules).events
        expect(decided).to.deep.equal(log.filter((one) => one.by === by).map(({ event }) => event))
      })
    }, 300)
  })

  it('rule 29: no code without a proof and consent, and never two of one', () => {
    always(({ log }) => {
      const before = typesBefore(log, 'CodeIssued')
      if (all(log, 'CodeIssued').length > 0) {
        expect(before).to.include('Authenticated')
        expect(before.some((type) => type === 'ConsentGiven' || type === 'ConsentReused')).to.equal(true)
      }
      for (const type of [
        'AuthorizationStarted',
        'AuthorizationOpened',
        'Authenticated',
        'CodeIssued',
        'TokenExchanged',
        'CodeReplayed',
      ] as const)
        expect(all(log, type).length, type).to.be.at.most(1)
      expect(all(log, 'ConsentGiven').length + all(log, 'ConsentReused').length).to.be.at.most(1)
    })
  })

  it('rule 31: tokens for the client, redirect URI and verifier of the request only, in time, and never after an end', () => {
    always(({ log }) => {
      const [exchanged] = all(log, 'TokenExchanged')
      if (exchanged === undefined) return
      const [started] = all(log, 'AuthorizationStarted')
      const [issued] = all(log, 'CodeIssued')
      const { by } = exchanged
      if (by.type !== 'ExchangeToken') throw new Error('only ExchangeToken may exchange')
      expect(by.client).to.equal(started?.event.data.client)
      expect(by.redirectUri).to.equal(started?.event.data.redirectUri)
      expect(by.challenge).to.equal(started?.event.data.codeChallenge)
      expect(by.codeDigest).to.equal(issued?.event.data.codeDigest)
      expect(by.at < String(issued?.event.data.expiresAt)).to.equal(true)
      const before = typesBefore(log, 'TokenExchanged')
      for (const end of ['AccessRevoked', 'AuthorizationFailed', 'AuthorizationExpired', 'TransactionClosed'])
        expect(before).to.not.include(end)
      expect(all(log, 'CodeRefused').filter(({ event, by: other }) => event.data.burnt && other.at < by.at)).to.have.length(0)
    })
  })

  it('nothing follows an end, but for what may', () => {
    always(({ log }) => {
      for (const end of ['AuthorizationFailed', 'AuthorizationExpired', 'TransactionClosed'] as const)
        expect(typesAfter(log, end), end).to.have.length(0)
      expect(typesAfter(log, 'AccessRevoked').filter((type) => type !== 'TransactionClosed')).to.have.length(0)
      const afterTokens = new Set(['CodeReplayed', 'UserinfoReleased', 'AccessRevoked', 'TransactionClosed'])
      expect(typesAfter(log, 'TokenExchanged').filter((type) => !afterTokens.has(type))).to.have.length(0)
      expect(typesAfter(log, 'CodeReplayed')).to.not.include('UserinfoReleased')
    })
  })

  it('audit-and-operations 6.3: guesses, messages, choices and extensions stay within their limits', () => {
    always(({ log }, { policy }) => {
      const { attemptsMax, requestsMax, sendsMax, sendGapS, extensionsMax, userinfoMax } = policy.limits
      const attempts = all(log, 'FactorAttempted')
      const unchecked = all(log, 'FactorRejected').filter(({ event }) => event.data.reason === 'unavailable')
      expect(attempts.length - unchecked.length).to.be.at.most(attemptsMax)
      expect(attempts.length).to.be.at.most(attemptsMax + requestsMax)
      expect(attempts.map(({ event }) => event.data.attempt)).to.deep.equal(attempts.map((_, index) => index + 1))
      const requests = all(log, 'FactorRequested')
      expect(requests.length).to.be.at.most(requestsMax)
      const sends = requests.filter(({ event }) => event.data.send !== undefined)
      expect(sends.length).to.be.at.most(sendsMax)
      sends.slice(1).forEach(({ by }, index) => {
        const gapMs = millisecondsOf(by.at) - millisecondsOf(sends[index]?.by.at ?? by.at)
        expect(gapMs).to.be.at.least(sendGapS * 1000)
      })
      expect(all(log, 'TimeExtended').length).to.be.at.most(2 * extensionsMax)
      expect(all(log, 'UserinfoReleased').length).to.be.at.most(userinfoMax)
    })
  })

  it('rule 29: given out is part of released, released of consented, consented of requested, requested of registered, verified or not', () => {
    always(({ log }, { client }) => {
      const requested = all(log, 'AuthorizationStarted')[0]?.event.data.claims ?? []
      const consent = all(log, 'ConsentGiven')[0]?.event ?? all(log, 'ConsentReused')[0]?.event
      const released = all(log, 'CodeIssued')[0]?.event.data.released ?? []
      expect(requested.map((claim) => claim.name)).to.include.members([...(consent?.data.claims ?? [])])
      expect(consent?.data.claims ?? []).to.include.members([...released])
      for (const { event } of all(log, 'UserinfoReleased')) expect(released).to.include.members([...event.data.claims])
      for (const { event } of all(log, 'TokenExchanged')) expect(released).to.include.members([...(event.data.claims ?? [])])
      expect(client?.configuration.claims ?? []).to.include.members(requested.map(({ name }) => claimNamed(name)))
      if (consent !== undefined)
        for (const claim of requested.filter(({ essential }) => essential)) expect(consent.data.claims).to.include(claim.name)
    })
  })

  it('rule 14: nothing that a person or a relying party wishes is granted at or after the deadline', () => {
    const LATE = new Set(['AuthorizationExpired', 'TransactionClosed', 'AccessRevoked', 'CodeReplayed', 'CodeRefused'])
    always(({ log }) => {
      for (const { event, by, deadline } of log)
        if (!LATE.has(event.type) && deadline !== undefined) expect(by.at < deadline, event.type).to.equal(true)
    })
  })

  it('rule 11: who is authenticated handed in a proof, which had no verdict yet', () => {
    always(({ log }) => {
      const [authenticated] = all(log, 'Authenticated')
      if (authenticated?.by.type !== 'ConfirmFactor') return
      const { attempt } = authenticated.by
      const attempted = all(log, 'FactorAttempted').find(({ event }) => event.data.attempt === attempt)
      expect(attempted?.event.data).to.include({ person: authenticated.event.data.person, path: authenticated.event.data.path })
      expect(all(log, 'FactorRejected').some(({ event }) => event.data.attempt === attempt)).to.equal(false)
    })
  })

  it('rule 23: a pushed request is opened by its own client and its own request URI', () => {
    always(({ log }) => {
      const [opened] = all(log, 'AuthorizationOpened')
      const [started] = all(log, 'AuthorizationStarted')
      if (opened?.by.type !== 'OpenAuthorization') return
      expect(opened.by.client).to.equal(started?.event.data.client)
      expect(opened.by.requestUriDigest).to.equal(started?.event.data.requestUriDigest)
    })
  })

  it('rule 16: a deactivated client starts, opens, sends, gets a code, tokens and claims never', () => {
    always(({ log }, { client }) => {
      if (client?.active === false) expect(log).to.have.length(0)
    })
    fc.assert(
      fc.property(script, script, (before, after) => {
        const first = play(before, usual)
        const inactive = { ...usual, client: { configuration: usual.client!.configuration, active: false } }
        let { state } = first
        for (const one of play(after, usual).wishes) {
          for (const event of transaction.decide(one, state, inactive).events) {
            state = transaction.evolve(state, event)
            expect([
              'AuthorizationStarted',
              'AuthorizationOpened',
              'FactorRequested',
              'CodeIssued',
              'TokenExchanged',
              'UserinfoReleased',
            ]).to.not.include(event.type)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('rule 3: decide is total', () => {
  const events = [...new Set(Object.values(histories).flat())]
  const wishes: readonly TransactionCommand[] = TYPES.map((type) => wish(type))

  it('also on states that no history leads to, and with rules that know no client', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 12 }), fc.boolean(), (nonsense, known) => {
        const state = fold(transaction, nonsense)
        for (const one of wishes) {
          const { events: recorded, refusal } = transaction.decide(one, state, known ? usual : { policy: usual.policy })
          expect(recorded.length).to.be.at.most(2)
          expect(refusal === undefined || typeof refusal === 'string').to.equal(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('evolve ignores what it does not know', () => {
    const unknown = { type: 'SomethingNewer', data: {} } as unknown as TransactionEvent
    for (const history of Object.values(histories)) {
      const before = fold(transaction, history)
      expect(transaction.evolve(before, unknown)).to.deep.equal({ ...before, revision: before.revision + 1 })
    }
  })

  it('neither changes what it is given', () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
      return value
    }
    for (const history of Object.values(histories)) {
      const state = freeze(fold(transaction, freeze(history)))
      for (const one of wishes)
        for (const event of transaction.decide(freeze(one), state, freeze(usual)).events) transaction.evolve(state, event)
    }
  })
})
