import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { memoryStore } from './worlds.ts'
import type { Stuck } from '../../src/stuck.ts'
import { measuredLimits } from '../../src/stuck-limits.ts'
import { live } from '../../projections/live.ts'
import { digest, given, OTHER_TX, PERSON, policy, signIn, told, TX, type Given } from '../support/given.ts'
import { logins, personOf, txOf } from '../support/logins.ts'
import { commandLine, type Ran } from '../support/machine.ts'

/** Lifetimes are far longer than what is stuck, as a deployment may set them. */
const LATER_MS = 3_600_000

describe('4.3: what is stuck', () => {
  let world: Given
  let run: (line: string) => Promise<Ran>

  beforeEach(async () => {
    world = await given()
    run = commandLine(world)
  })
  afterEach(() => world.close())

  const at = (): string => world.clock.now()
  const start = async (tx: string, via: 'direct' | 'par' = 'direct'): Promise<void> => {
    await world.wish(tx, {
      ...{ type: 'StartAuthorization', at: at(), client: 'shop', via, redirectUri: 'https://shop.example/cb', responseMode: 'query' },
      ...{ scopes: ['openid'], claims: [{ name: 'name', essential: true }], acrs: [], acrEssential: false, factors: ['pin', 'otp'] },
      ...{ prompt: [], requestDigest: digest('request'), plugin: { id: 'mock', version: '1' } },
      ...(via === 'direct' && { browser: digest('browser') }),
    })
  }
  const request = (tx: string, factor: 'pin' | 'otp') =>
    world.wish(tx, { type: 'RequestFactor', at: at(), factor, person: PERSON, idType: 'uin', path: 'unknown' })
  const attempt = (tx: string) => world.wish(tx, { type: 'AttemptFactor', at: at(), factor: 'pin' })

  /** The broker's projections are where they are; an operator's own look tells `live` alone. */
  const stuck = async (options = ''): Promise<readonly Stuck[]> => {
    const { code, out, err } = await run(`tx stuck --json ${options}`)
    const found = JSON.parse(out) as readonly Stuck[]
    expect(code, err).to.equal(found.length === 0 ? 0 : 1)
    return found.filter(({ projection }) => projection === null)
  }
  const signs = async (options = '') =>
    (await stuck(options)).map(({ transaction, rules, step, forS }) => [transaction, rules[0], step, forS])

  it('an effect without an end: the ID system was given a proof, or a code to send, more than 15 s ago', async () => {
    await start(TX)
    await request(TX, 'pin')
    await attempt(TX)
    await start(OTHER_TX)
    await request(OTHER_TX, 'otp')
    world.clock.pass(15_000)
    expect(await signs()).to.deep.equal([])
    world.clock.pass(1000)
    expect(await signs()).to.deep.equal([
      [TX, 'effect_without_end', 'verify', 16],
      [OTHER_TX, 'effect_without_end', 'send', 16],
    ])
    // What else happens meanwhile ends nothing.
    await request(TX, 'pin')
    expect((await signs())[0]).to.deep.equal([TX, 'effect_without_end', 'verify', 16])
    await world.wish(TX, { type: 'RejectFactor', at: at(), attempt: 1, reason: 'unavailable' })
    expect((await signs()).map(([transaction]) => transaction)).to.deep.equal([OTHER_TX])
  })

  it('silence: nobody did anything for 120 s, or for as long as --older says', async () => {
    await start(TX)
    world.clock.pass(120_000)
    expect(await signs()).to.deep.equal([])
    expect(await signs('--older 1m')).to.deep.equal([[TX, 'silent', 'prove', 120]])
    world.clock.pass(1000)
    expect(await signs()).to.deep.equal([[TX, 'silent', 'prove', 121]])
    expect((await run('tx stuck --older soon')).code).to.equal(2)
  })

  it('a sign-in that nobody ended when its time ran out, and a consent without a token', async () => {
    await signIn(world)
    world.clock.pass(policy.lifetimes.codeS * 1000 + 60_000)
    expect((await stuck()).map(({ rules }) => rules[0])).to.deep.equal([])
    world.clock.pass(600_000)
    const [found] = await stuck()
    expect(found?.rules).to.deep.equal(['not_ended', 'consent_without_token', 'silent'])
    await world.wish(TX, { type: 'ExpireAuthorization', at: at() })
    expect(await signs()).to.deep.equal([])
  })

  it('tokens that live are not stuck, and tokens that nobody ended are', async () => {
    await signIn(world)
    const { revision } = await world.wish(TX, { type: 'ExpireAuthorization', at: at() })
    const shown = { codeDigest: digest(`code ${TX}`), redirectUri: 'https://shop.example/cb', accessTokenDigest: digest('token') }
    await world.wish(TX, { type: 'ExchangeToken', at: at(), client: 'shop', ...shown, seen: revision })
    world.clock.pass(policy.lifetimes.accessTokenS * 1000)
    expect(await signs()).to.deep.equal([])
    world.clock.pass(61_000)
    expect(await signs()).to.deep.equal([[TX, 'not_ended', null, 61]])
  })

  it('a projection whose oldest untold event is older than 30 s, and ends that the audit log lacks', async () => {
    await run('audit verify')
    await start(TX)
    await world.wish(TX, { type: 'FailAuthorization', at: at(), reason: 'cancelled' })
    const all = async () => JSON.parse((await run('tx stuck --json --limit all')).out) as readonly Stuck[]
    world.clock.pass(30_000)
    expect(await all()).to.deep.equal([])
    world.clock.pass(1000)
    const found = (await all()).map(({ projection, transaction, rules, forS }) => [projection ?? transaction, rules[0], forS])
    expect(found).to.deep.include.members([
      ['audit-log', 'projection_behind', 31],
      [TX, 'end_without_record', 31],
    ])
    await run('audit verify')
    expect((await all()).map(({ projection, transaction }) => projection ?? transaction))
      .not.to.include('audit-log')
      .and.not.include(TX)
  })

  it('is told in plain words, without who it is, and ends with 1', async () => {
    await start(TX)
    await request(TX, 'pin')
    await attempt(TX)
    world.clock.pass(16_000)
    const { code, out } = await run('tx stuck')
    expect(code).to.equal(1)
    expect(out.replaceAll(/\s+/g, ' ')).to.equal(
      `WHAT FOR WHY ${TX} 16 s shop: the ID system was given a proof, and gave no verdict (limit 15 s) `,
    )
    await world.wish(TX, { type: 'RejectFactor', at: at(), attempt: 1, reason: 'wrong' })
    expect(await run('tx stuck')).to.deep.include({ code: 0, out: 'Nothing is stuck.\n' })
  })

  it('p99.9 of a step takes the place of 120 s where a thousand such steps are known', async () => {
    const made = await logins(policy, memoryStore())
    for (let n = 0; n < 1000; n += 1) {
      await made.start(txOf(n))
      // Of a thousand people two need 40 s to choose.
      made.clock.pass(n < 2 ? 40_000 : 1000)
      await made.choose(txOf(n), personOf(n))
      made.clock.pass(LATER_MS)
      await made.expire(txOf(n))
    }
    const over = await given(made.store)
    await told(live, over.views, 500).given(await over.all())
    const limits = await measuredLimits(made.journal, over.views, () => undefined)
    expect([limits.prove, limits.verify, limits.consent]).to.deep.equal([40, 15, 120])
    await over.close()
  })
})
