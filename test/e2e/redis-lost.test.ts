import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { present, secondsOf, signedAssertion, told } from '../support/attacked.ts'
import { readEvents, typesOf, until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { startRoles, type RedisRoles } from '../support/redis-roles.ts'
import { begin, newParty, PAR, PERSON, redeem, register, requestOf, signIn, userinfo, type Party } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

/** No epoch is told for so long after a loss, seconds. */
const SETTLING_S = 12

/** More than a person's failures of an hour would take. */
const LOGINS = 8

describe('what Redis holds is lost in the middle of an attack (rules 32 and 40)', () => {
  let redis: RedisRoles
  let here: BrokerHere
  let party: Party
  before(async () => {
    redis = await startRoles()
    // So many wrong proofs from one network would bring everybody to the check before a login (6.3), which has its own tests.
    here = await brokerHere({ env: { ...redis.env, ESIGNET_GUARD_WHEN: 'never' } })
    party = await register(here, await newParty('shop'))
  })
  after(async () => {
    await here.end()
    await redis.end()
  })

  const push = async (assertion: string) => present(here, PAR, assertion, (await requestOf(party)).members)
  const fresh = () => signedAssertion(here, party, { claims: { exp: secondsOf(here) + 280 } })

  it('an assertion that was used is refused, by those who remember and by those who do not', async () => {
    const assertion = await fresh()
    expect((await push(assertion)).status).to.equal(201)
    expect((await push(assertion)).status).to.equal(401)
    await redis.secrets.say('FLUSHALL')
    for (let tries = 0; tries < 5; tries += 1) expect((await push(assertion)).status).to.equal(503)
    here.clock.pass(SETTLING_S)
    for (let tries = 0; tries < 3; tries += 1) expect(told(await push(assertion))).to.deep.equal([401, 'invalid_client'])
    expect((await push(await fresh())).status).to.equal(201)
  })

  it('the same when the instance was killed and came back, empty or not', async () => {
    const assertion = await fresh()
    expect((await push(assertion)).status).to.equal(201)
    await redis.secrets.kill()
    expect((await push(assertion)).status).to.equal(503)
    await redis.secrets.start()
    await until('it is back', async () => {
      const { status } = await push(assertion)
      expect(status).to.equal(503)
      // Its own connection came back and saw another life of the instance.
      return here.broker.world.singleUse.epoch().then(
        () => false,
        () => true,
      )
    })
    here.clock.pass(SETTLING_S)
    expect(told(await push(assertion))).to.deep.equal([401, 'invalid_client'])
    // The vault has a connection of its own, which may come back a little later.
    await until('its vault is back', async () => (await push(await fresh())).status === 201)
  })

  it('a code that was redeemed is not redeemed again, and the replay ends its tokens', async () => {
    const signedIn = await signIn(here, party)
    const { json } = await redeem(here, party, signedIn)
    await redis.secrets.say('FLUSHALL')
    await redis.cache.say('FLUSHALL')
    expect((await redeem(here, party, signedIn)).status).to.equal(503)
    here.clock.pass(SETTLING_S)
    expect((await redeem(here, party, signedIn)).json['error']).to.equal('invalid_grant')
    expect((await userinfo(here, String(json['access_token']))).status).to.equal(401)
    expect(typesOf(here.data, signedIn.transaction).filter((type) => type === 'TokenExchanged')).to.have.length(1)
  })

  it('a login whose secrets are lost ends, and gives nothing away', async () => {
    const { browser, page, transaction } = await begin(here, party)
    const asked = await browser.submit(page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    await redis.secrets.say('FLUSHALL')
    const proven = await browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
    expect(proven.has('form-consent')).to.equal(false)
    expect(typesOf(here.data, transaction)).not.to.include('Authenticated').and.not.to.include('CodeIssued')
    here.clock.pass(SETTLING_S)
    expect((await signIn(here, party)).code).not.to.equal('')
  })

  it('no limit of attempts is reset: as many wrong proofs are looked at as where nothing is lost', async () => {
    const rejected = (reason: string): number =>
      readEvents(here.data, `e.type = 'FactorRejected' AND json_extract(e.data, '$.reason') = '${reason}'`).length
    const attack = async (id: string, after: () => Promise<void>): Promise<number> => {
      const before = rejected('wrong')
      for (let login = 0; login < LOGINS; login += 1) {
        const { browser, page } = await begin(here, party)
        let asked = await browser.submit(page, 'form-choose', { values: { individual_id: id, factor: 'pin' } })
        for (let tries = 0; tries < 3 && asked.has('form-pin'); tries += 1) {
          asked = await browser.submit(asked, 'form-pin', { values: { pin: '000000' } })
        }
        await after()
      }
      return rejected('wrong') - before
    }
    const kept = await attack('1774231323', async () => undefined)
    const lost = await attack('6148230579', async () => {
      for (const instance of [redis.cache, redis.secrets]) await instance.say('FLUSHALL')
    })
    expect(kept)
      .to.be.greaterThan(0)
      .and.to.be.lessThan(3 * LOGINS)
    expect(lost).to.equal(kept)
  })

  it('without the cache logins go on and the node stays ready; what it held is told again', async () => {
    await redis.cache.kill()
    const { transaction } = await signIn(here, party)
    expect((await send(here.issuer, { path: '/health/ready' })).status).to.equal(200)
    await redis.cache.start()
    const { views } = here.broker.world
    const row = await until('the list knows it', () => views.get('live', 'transactions', transaction).catch(() => undefined), 60_000)
    expect(row['stage']).to.equal('code_issued')
  })

  it('without the keys nobody is made anew: logins get 503, and no event is about somebody else', async () => {
    await redis.keys.say('FLUSHALL')
    const people = (): number => new Set(readEvents(here.data, `s.name LIKE 'person-%'`).map(({ stream }) => stream)).size
    const before = people()
    const begun = await begin(here, party)
    const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    expect(asked.status).to.equal(503)
    expect(people()).to.equal(before)
  })
})
