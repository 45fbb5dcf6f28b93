// An operator who replays an incident must not send codes or release claims again; `src/replay/` is handed a journal to read and runs pure deciders.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { join } from 'node:path'
import { readOutbox } from '../../../adapters/id-system/mock/plugin.ts'
import { replay } from '../../../src/replay/replay.ts'
import { attacked } from '../../support/attacked.ts'
import { readEvents } from '../../support/broker.ts'
import { begin, redeem, signIn, userinfo } from '../../support/rp.ts'

describe('attack 36: a replay that acts (rule 3)', () => {
  const { here, party } = attacked(['shop'])

  it('sends nothing, writes nothing, asks nobody, and releases nothing', async () => {
    const otp = await begin(here(), party('shop'))
    await otp.browser.submit(otp.page, 'form-choose', { values: { individual_id: '1774231323', factor: 'otp' } })
    await here().otpOf(otp.transaction)
    const signedIn = await signIn(here(), party('shop'))
    const { json } = await redeem(here(), party('shop'), signedIn)
    await userinfo(here(), String(json['access_token']))
    // The delivery's outcome is recorded by a reactor.
    const { journal } = here().broker.world
    for (let look = 0; look < 200; look += 1) {
      if (readEvents(here().data, "e.type = 'FactorSent'").length > 0) break
      await new Promise((done) => setTimeout(done, 10))
    }
    const measure = async () => ({ events: readEvents(here().data).length, sent: (await readOutbox(join(here().data, 'plugin'))).length })
    const before1 = await measure()
    for (const { transaction } of [otp, signedIn]) {
      const replayed = await replay(journal, `authorization-${transaction}`)
      expect(replayed.verdict).to.equal('same')
      expect(replayed.decisions).to.be.greaterThan(1)
    }
    expect(await measure()).to.deep.equal(before1)
  })

  it('of what it is handed it only reads: everything else would fail loudly', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const { journal } = here().broker.world
    const used = new Set<string>()
    const guarded = new Proxy(journal, {
      get: (target, member, receiver) => {
        used.add(String(member))
        if (!['read', 'artefact', 'backwards', 'last'].includes(String(member))) throw new Error(`the replay reached for ${String(member)}`)
        return Reflect.get(target, member, receiver) as unknown
      },
    })
    expect((await replay(guarded, `authorization-${signedIn.transaction}`)).verdict).to.equal('same')
    expect(used).to.include('read')
  })

  it('esignet tx replay from beside the running broker changes no byte of its events and sends nothing', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const before = readEvents(here().data)
    const outbox = (await readOutbox(join(here().data, 'plugin'))).length
    expect(await here().cli(['tx', 'replay', signedIn.transaction])).to.deep.include({ code: 0 })
    expect(await here().cli(['tx', 'replay', '--all'])).to.deep.include({ code: 0 })
    // Reactors may have gone on meanwhile; what was there is as it was.
    expect(readEvents(here().data).slice(0, before.length)).to.deep.equal(before)
    expect((await readOutbox(join(here().data, 'plugin'))).length).to.equal(outbox)
  })
})
