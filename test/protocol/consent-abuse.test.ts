import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { completeRegistration } from '../../src/client-registration.ts'
import { keepClient } from '../../src/steps/register-client.ts'
import { readEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { systemChance } from '../support/chance.ts'
import { accept, begin, callbackOf, newParty, PERSON, proveByPin, register, signIn, type Party } from '../support/rp.ts'

describe('Consent that must not stand', function () {
  this.timeout(60_000)
  let here: BrokerHere

  before(async () => {
    here = await brokerHere()
  })

  after(() => here.end())

  const given = (): number => readEvents(here.data, "e.type = 'ConsentGiven'").length

  it('rule 14: a form that comes after the login’s end leaves no standing consent', async () => {
    const shop = await register(here, await newParty('late'))
    const begun = await begin(here, shop)
    const consent = await proveByPin(begun)
    const before1 = given()
    here.clock.pass(121)
    const page = await accept(begun.browser, consent)
    expect(page.status).to.equal(410)
    expect(given()).to.equal(before1)
  })

  it('rule 28: a purpose that changes in one language only is asked for again', async () => {
    const party: Party = await register(
      here,
      await newParty('wordy', 'ES256', { purpose: 'To greet you', 'purpose#fr': 'Pour vous saluer' }),
    )
    await signIn(here, party)
    const again = await begin(here, party)
    expect(callbackOf(await proveByPin(again, PERSON.id)).searchParams.get('code'), 'the same is not asked twice').not.to.be.null
    const { world } = here.broker
    const deployment = { plugin: world.idSystem.description, policy: world.policy.value }
    const completed = completeRegistration({ ...party.registration, 'purpose#fr': 'Pour vous vendre' }, deployment)
    if (!completed.ok) throw new Error(completed.problems.join('; '))
    await keepClient(world, { id: systemChance.uuid(), at: here.clock.now() }, 'UpdateClient', completed.configuration)
    expect((await proveByPin(await begin(here, party))).has('form-consent')).to.equal(true)
  })
})
