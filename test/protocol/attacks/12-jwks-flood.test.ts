// The attacker makes up a key id for each request, so that the broker floods a relying party's key host, or waits for it; the cool-down in `src/client-key-sets.ts` stops it.
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { randomUUID } from 'node:crypto'
import { present, signedAssertion, told } from '../../support/attacked.ts'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { keyHost, type KeyHost } from '../../support/key-host.ts'
import { newParty, PAR, register, requestOf, type Party } from '../../support/rp.ts'

const REFUSED = [401, 'invalid_client']
const FLOOD = 60
const COOL_DOWN_S = 60

describe('attack 12: a flood of unknown key ids', () => {
  let host: KeyHost
  let here: BrokerHere
  let party: Party
  before(async () => {
    host = await keyHost()
    here = await brokerHere({ network: host.network() })
    party = await newParty('shop')
    const { jwks: _jwks, ...others } = party.registration
    await register(here, { ...party, registration: { ...others, jwks_uri: host.uri } })
    host.publish(keysOf(party))
  })
  after(async () => {
    await here.end()
    await host.close()
  })

  const keysOf = ({ registration }: Party): readonly object[] => (registration['jwks'] as { readonly keys: readonly object[] }).keys
  const push = async (by: Party, kid = by.kid) =>
    told(await present(here, PAR, await signedAssertion(here, by, { header: { kid } }), (await requestOf(by)).members))
  const flood = async (): Promise<void> => {
    const answers = await Promise.all(Array.from({ length: FLOOD }, () => push(party, randomUUID())))
    for (const answer of answers) expect(answer).to.deep.equal(REFUSED)
  }

  it('causes one fetch in each cool-down, and the relying party itself is served meanwhile', async () => {
    await flood()
    expect(host.requests(), 'all at once').to.equal(1)
    expect(await push(party)).to.deep.equal([201, undefined])
    for (let round = 1; round <= 3; round += 1) {
      here.clock.pass(COOL_DOWN_S)
      await flood()
      await flood()
      expect(await push(party)).to.deep.equal([201, undefined])
      expect(host.requests()).to.equal(1 + round)
    }
  })

  it('assertions that are wrong otherwise fetch nothing at all', async () => {
    here.clock.pass(COOL_DOWN_S)
    const before = host.requests()
    for (const claims of [{ aud: 'https://elsewhere.example' }, { exp: 1 }, { iss: 'other' }, { jti: '' }]) {
      const assertion = await signedAssertion(here, party, { header: { kid: randomUUID() }, claims })
      expect(told(await present(here, PAR, assertion, (await requestOf(party)).members))).to.deep.equal(REFUSED)
    }
    expect(host.requests()).to.equal(before)
  })

  it('a host that hangs is waited for by one fetch, and the copy serves (row 12)', async () => {
    here.clock.pass(10 * 60)
    host.answer(() => undefined)
    const before = host.requests()
    const answers = await Promise.all(Array.from({ length: 10 }, () => push(party)))
    for (const answer of answers) expect(answer).to.deep.equal([201, undefined])
    expect(host.requests()).to.equal(before + 1)
  })

  it('a rotation in the middle of it is seen at the next look', async () => {
    const next = await newParty('shop')
    host.publish([...keysOf(party), ...keysOf(next)])
    here.clock.pass(COOL_DOWN_S)
    expect(await push(next)).to.deep.equal([201, undefined])
    expect(await push(party), 'both are good while both are published').to.deep.equal([201, undefined])
    host.publish(keysOf(next))
    here.clock.pass(10 * 60)
    expect(await push(party), 'taken out').to.deep.equal(REFUSED)
    expect(await push(next)).to.deep.equal([201, undefined])
  })
})
