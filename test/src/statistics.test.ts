import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { memoryStore } from './worlds.ts'
import type { Statistics } from '../../src/statistics.ts'
import { given, policy, type Given } from '../support/given.ts'
import { logins, personOf, txOf, type Logins } from '../support/logins.ts'
import { commandLine, type Ran } from '../support/machine.ts'

const HOUR_MS = 3_600_000

describe('statistics: how far sign-ins come, by relying party and hour (4.3)', () => {
  let made: Logins
  let world: Given
  let run: (line: string) => Promise<Ran>

  before(async () => {
    made = await logins(policy, memoryStore())
    const { start, choose, prove, agree, exchange, expire, clock } = made
    // One sign-in an hour earlier at each step, then three at the bank that come to tokens.
    await start(txOf(1), 'shop')
    await start(txOf(2), 'shop')
    await choose(txOf(2), personOf(2))
    await prove(txOf(2), 'wrong')
    await prove(txOf(2), 'unavailable')
    await start(txOf(3), 'shop')
    await choose(txOf(3), personOf(3))
    await prove(txOf(3), 'right')
    clock.pass(HOUR_MS)
    for (const n of [1, 2, 3]) await expire(txOf(n))
    for (const n of [4, 5, 6]) {
      await start(txOf(n), 'bank')
      await choose(txOf(n), personOf(n))
      await prove(txOf(n), 'right')
      await agree(txOf(n))
      if (n < 6) await exchange(txOf(n))
    }
    clock.pass(60_000)
    world = { ...(await given(made.store)), clock }
    run = commandLine(world)
  })
  after(() => world.close())

  const told = async (options = '') => (await run(`stats --json ${options}`)).json() as Statistics

  it('the funnel: each sign-in counts in every step that it came to, in the hour of its beginning', async () => {
    const { funnel, uncounted, unreadable } = await told()
    expect(funnel).to.deep.equal([
      { hour: '2026-11-24T12:00Z', client: 'shop', started: 3, factor: 2, authenticated: 1, consented: 0, exchanged: 0 },
      { hour: '2026-11-24T13:00Z', client: 'bank', started: 3, factor: 3, authenticated: 3, consented: 3, exchanged: 2 },
    ])
    expect([uncounted, unreadable]).to.deep.equal([0, 0])
  })

  it('errors by relying party, and what the ID system was asked and answered', async () => {
    const { errors, factors } = await told()
    expect(errors.map(({ client, error, signIns }) => `${client} ${error} ${String(signIns)}`)).to.have.members([
      'shop before_authentication 2',
      'shop before_consent 1',
      'shop unavailable 1',
      'shop wrong 1',
    ])
    expect(factors).to.deep.equal([{ factor: 'pin', what: 'verify', asked: 6, right: 4, wrong: 1, unanswered: 1, p50Ms: 0, p95Ms: 0 }])
  })

  it('--from, --to and --client narrow it', async () => {
    expect((await told('--client bank')).funnel.map(({ client }) => client)).to.deep.equal(['bank'])
    expect((await told('--to 2026-11-24T13:00Z')).funnel.map(({ client }) => client)).to.deep.equal(['shop'])
    expect((await told('--from 30m')).funnel.map(({ client }) => client)).to.deep.equal(['bank'])
    for (const wrong of ['--from soon', '--from 1h --to 2h', '--csv --json', '--csv --of people', '--of errors'])
      expect((await run(`stats ${wrong}`)).code, wrong).to.equal(2)
  })

  it('--csv is lines for machines', async () => {
    expect((await run('stats --csv')).out).to.equal(
      [
        'hour,client,started,factor,authenticated,consented,exchanged',
        '2026-11-24T12:00Z,shop,3,2,1,0,0',
        '2026-11-24T13:00Z,bank,3,3,3,3,2',
        '',
      ].join('\r\n'),
    )
    expect((await run('stats --csv --of factors')).out).to.include('\r\npin,verify,6,4,1,1,0,0\r\n')
    expect((await run('stats --csv --of errors')).out).to.include('\r\nshop,wrong,1\r\n')
  })

  it('a chart and tables in 80 columns, without colour', async () => {
    const { code, out } = await run('stats --from 2h')
    expect(code).to.equal(0)
    expect(out).to.match(/^started +█+ 6 {2}100 %$/m)
    expect(out).to.match(/^tokens +█+░+ +2 {2}33 %$/m)
    expect(out).to.match(/^11-24 11:00$/m)
    expect(out).to.match(/^11-24 12:00 ░+ +0 of 3$/m)
    expect(out).to.match(/^11-24 13:00 █+░+ +2 of 3$/m)
    expect(out).to.match(/^11-24 12:00 +3 +2 +1 +0 +0 +shop$/m)
    expect(out).to.match(/^pin +6 +4 +1 +1 +80 % right +0 ms +0 ms$/m)
    expect(out).to.match(/^2 +before authentication +shop$/m)
    for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(80)
    expect(out).not.to.include('\u001b')
    expect((await run('stats --client nobody')).out).to.include('There is none.')
  })
})
