import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { completeRegistration } from '../../src/client-registration.ts'
import { documentOf, piecesOf, wordsOfNotice } from '../../src/consents/notice-text.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { keepClient } from '../../src/steps/register-client.ts'
import { canonical } from '../../domain/canonical.ts'
import { readEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { systemChance } from '../support/chance.ts'
import { accept, begin, newParty, PERSON, proveByPin, register, signIn, type Party } from '../support/rp.ts'

describe('REG-07: the notice that was shown is an artefact', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('noticed', 'ES256', { purpose: 'To greet <you> & "others"', 'purpose#ar': 'لتحيتك' }))
  })
  after(() => here.end())

  /** The digest that the newest consent cites. */
  const cited = (): string => {
    const [event] = readEvents(here.data, "e.type = 'ConsentGiven' AND s.name LIKE 'consent-%'").slice(-1)
    return (JSON.parse(event?.data ?? '{}') as { standing: { notice: { digest: string } } }).standing.notice.digest
  }
  const kept = async (digest: string) => {
    const notice = await here.broker.world.journal.artefact(digest)
    if (notice === undefined) throw new Error('the notice is not kept')
    return notice
  }

  for (const language of ['en', 'ar', 'ta'])
    it(`what is kept is what the page showed, byte for byte, and names nobody (${language})`, async () => {
      const begun = await begin(here, shop, { with: { prompt: 'consent', ui_locales: language } })
      const page = await proveByPin(begun)
      await accept(begun.browser, page, ['email'])
      const notice = await kept(cited())
      expect(notice).to.include({ version: '3', language, client: 'noticed' })
      expect(notice['essential']).to.deep.equal(
        ['birthdate', 'name'].sort((one, other) => page.html.indexOf(one) - page.html.indexOf(other)),
      )
      const pieces = piecesOf(notice)
      expect(pieces).to.have.length(4)
      for (const piece of pieces) expect(page.html, piece.slice(0, 80)).to.include(piece)
      expect(JSON.stringify(notice)).not.to.include(PERSON.id.slice(-4))
      // Rendered again, now or in ten years: from what is kept alone.
      expect(documentOf(notice)).to.equal(documentOf(await kept(sha256(canonical(notice)))))
      expect(wordsOfNotice(notice).join('\n'))
        .to.include('/my')
        .and.not.to.match(/<(b|a|li|p)\b/)
    })

  it('everybody who reads the same cites the same one', async () => {
    await signIn(here, shop, { with: { prompt: 'consent' } })
    const first = cited()
    here.clock.pass(86_400)
    await signIn(here, shop, { with: { prompt: 'consent' }, id: '2154189532' }).catch(() => undefined)
    await signIn(here, shop, { with: { prompt: 'consent' } })
    expect(cited()).to.equal(first)
  })

  it('nobody agrees to a notice that changed while it was read: the page is shown again', async () => {
    const begun = await begin(here, shop, { with: { prompt: 'consent' } })
    const page = await proveByPin(begun)
    const { world } = here.broker
    const deployment = { plugin: world.idSystem.description, policy: world.policy.value }
    const completed = completeRegistration({ ...shop.registration, purpose: 'To sell you' }, deployment)
    if (!completed.ok) throw new Error(completed.problems.join('; '))
    await keepClient(world, { id: systemChance.uuid(), at: here.clock.now() }, 'UpdateClient', completed.configuration)
    const given = () => readEvents(here.data, "e.type = 'ConsentGiven'").length
    const before = given()
    const again = await begun.browser.submit(page, 'form-consent', { button: 'accept' })
    expect(again.status).to.equal(403)
    expect(again.html).to.include('To sell you')
    expect(given()).to.equal(before)
    await begun.browser.submit(again, 'form-consent', { button: 'accept' })
    expect(given()).to.equal(before + 2)
  })

  it('consent notice prints it, and knows no other digest', async () => {
    const { code, out } = await here.cli(['consent', 'notice', cited(), '--html'])
    expect(code).to.equal(0)
    expect(out).to.equal(documentOf(await kept(cited())))
    expect((await here.cli(['consent', 'notice', cited()])).out)
      .to.include('To sell you')
      .and.to.include('[ Agree and share ]')
    expect((await here.cli(['consent', 'notice', 'x'.repeat(43)])).code).to.equal(1)
  })
})
