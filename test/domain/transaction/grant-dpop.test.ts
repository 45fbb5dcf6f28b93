import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { TransactionRules } from '../../../domain/transaction/rules.ts'
import type { TransactionEvent } from '../../../schemas/generated.ts'
import { at, configuration, digest, policy } from '../samples.ts'
import { givenLogin, histories, rules, standingAt, walk, wish } from './samples.ts'

const KEY = digest('key')
const OTHER = digest('other-key')

/** The way from the first page to the code. */
const STEPS = [
  wish('OpenAuthorization'),
  wish('RequestFactor', { factor: 'pin' }),
  wish('AttemptFactor', { factor: 'pin' }),
  wish('ConfirmFactor'),
  wish('RecordConsent'),
  wish('IssueCode'),
] as const

/** A login whose request named a key, by `dpop_jkt` or by a proof at PAR. */
const bound = walk(wish('StartAuthorization', { dpopKey: KEY }), ...STEPS)
const promised: TransactionRules = { policy, client: { configuration: { ...configuration, dpop_bound_access_tokens: true }, active: true } }

const exchanged = (dpopKey?: string): TransactionEvent => ({
  type: 'TokenExchanged',
  data: { client: 'clinic', accessTokenDigest: digest('token'), tokensUntil: at(622), ...(dpopKey !== undefined && { dpopKey }) },
})

describe('ExchangeToken with DPoP (RFC 9449)', () => {
  it('§5: a key that comes with the code binds the token, and stands in the event', () => {
    standingAt('code_issued')
      .when(wish('ExchangeToken', { dpopKey: KEY }))
      .records(exchanged(KEY))
  })

  it('§5: without a key the token is a bearer token where the client promised nothing', () => {
    standingAt('code_issued').when(wish('ExchangeToken')).records(exchanged())
  })

  it('§10: a code that is bound to a key is exchanged with that key', () => {
    givenLogin(bound)
      .when(wish('ExchangeToken', { dpopKey: KEY }))
      .records(exchanged(KEY))
  })

  it('§10: with another key or none it is refused, nothing is recorded and nothing is burnt (rule 31)', () => {
    givenLogin(bound)
      .when(wish('ExchangeToken', { dpopKey: OTHER }))
      .refuses('dpop_invalid')
    givenLogin(bound).when(wish('ExchangeToken')).refuses('dpop_missing')
  })

  it('§5.2: a client that promised to bind its tokens brings a key, any key where the code names none', () => {
    standingAt('code_issued', promised).when(wish('ExchangeToken')).refuses('dpop_missing')
    standingAt('code_issued', promised)
      .when(wish('ExchangeToken', { dpopKey: OTHER }))
      .records(exchanged(OTHER))
  })

  it('rule 31: DPoP is looked at last, so a wrong redirect URI or verifier burns the code whatever the key', () => {
    for (const dpopKey of [KEY, OTHER]) {
      expect(
        givenLogin(bound).when(wish('ExchangeToken', { dpopKey, redirectUri: 'https://clinic.example/other' })).state.stage,
        'redirect URI',
      ).to.equal('failed')
      expect(givenLogin(bound).when(wish('ExchangeToken', { dpopKey, challenge: digest('guess') })).state.stage, 'verifier').to.equal(
        'failed',
      )
    }
  })

  it('rule 31: another client learns nothing of the key', () => {
    for (const dpopKey of [KEY, OTHER])
      expect(givenLogin(bound).when(wish('ExchangeToken', { client: 'bank', dpopKey })).decision.refusal).to.equal('code_of_other_client')
  })

  it('rule 31: a replay with the right key kills the tokens; with another key or none it is not whole, and kills nothing', () => {
    const history = [...bound, exchanged(KEY)]
    const late = { seen: history.length }
    givenLogin(history)
      .when(wish('ExchangeToken', { ...late, dpopKey: KEY }))
      .refuses('code_spent', { type: 'CodeReplayed', data: { client: 'clinic' } })
    givenLogin(history)
      .when(wish('ExchangeToken', { ...late, dpopKey: OTHER }))
      .refuses('code_spent')
    givenLogin(history).when(wish('ExchangeToken', late)).refuses('code_spent')
  })

  it('property: whatever key is bound and shown, a token comes of it exactly when they agree and the promise is kept', () => {
    const key = fc.constantFrom(undefined, KEY, OTHER)
    fc.assert(
      fc.property(key, key, fc.boolean(), (named, shown, promise) => {
        const history = walk(wish('StartAuthorization', named === undefined ? {} : { dpopKey: named }), ...STEPS)
        const command = wish('ExchangeToken', shown === undefined ? {} : { dpopKey: shown })
        const { decision } = givenLogin(history, promise ? promised : rules).when(command)
        const agree = named === undefined ? shown !== undefined || !promise : shown === named
        expect(decision.events).to.deep.equal(agree ? [exchanged(shown)] : [])
      }),
    )
  })
})

describe('ReleaseUserinfo with DPoP (RFC 9449 §7)', () => {
  const release = { type: 'UserinfoReleased', data: { client: 'clinic', claims: ['name'], release: 1 } } as const

  it('§7.1: a bound token counts with its key', () => {
    givenLogin([...bound, exchanged(KEY)])
      .when(wish('ReleaseUserinfo', { dpopKey: KEY }))
      .records(release)
  })

  it('§7.1 and §7.2: with another key, and as bearer, it is no token', () => {
    const login = givenLogin([...bound, exchanged(KEY)])
    login.when(wish('ReleaseUserinfo', { dpopKey: OTHER })).refuses('token_invalid')
    login.when(wish('ReleaseUserinfo')).refuses('token_invalid')
  })

  it('§7.2: a bearer token is not shown with a key', () => {
    givenLogin(histories.exchanged)
      .when(wish('ReleaseUserinfo', { dpopKey: KEY }))
      .refuses('token_invalid')
  })
})
