// An operator who replays an incident must not send codes or release claims again; `src/replay.ts` is handed a journal to read and runs pure deciders.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { join } from 'node:path'
import { readOutbox } from '../../../adapters/id-system/mock/plugin.ts'
import { replay } from '../../../src/replay.ts'
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

  it('is handed the journal and nothing else that could act', () => {
    expect(replay.length).to.be.at.most(3)
    expect(replay.toString()).not.to.match(/append|idSystem|vault/)
  })
})
