// The attacker wants to redeem a code that is not theirs or too old; client and deadline are compared in `domain/transaction/grant.ts`.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { typesOf } from '../../support/broker.ts'
import { attacked } from '../../support/attacked.ts'
import { call, grantOf, redeem, signIn, TOKEN } from '../../support/rp.ts'

describe('attack 5: a code of somebody else, or of yesterday (RFC 6749 §5.2, FAPI 2.0 §5.3.2.1-11)', () => {
  const { here, party } = attacked()

  it('another client gets nothing, and burns nothing', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const { status, json } = await call(here(), party('other'), TOKEN, grantOf(party('shop'), signedIn))
    expect([status, json['error']]).to.deep.equal([400, 'invalid_grant'])
    expect(typesOf(here().data, signedIn.transaction).at(-1)).to.equal('CodeRefused')
    expect((await redeem(here(), party('shop'), signedIn)).status).to.equal(200)
  })

  it('another client cannot fill the stream', async () => {
    const signedIn = await signIn(here(), party('shop'))
    for (let time = 0; time < 8; time += 1) await call(here(), party('other'), TOKEN, grantOf(party('shop'), signedIn))
    expect(typesOf(here().data, signedIn.transaction).filter((type) => type === 'CodeRefused')).to.have.length.at.most(5)
  })

  it('after 61 s a code is dead', async () => {
    const signedIn = await signIn(here(), party('shop'))
    here().clock.pass(61)
    const { status, json } = await redeem(here(), party('shop'), signedIn)
    expect([status, json['error']]).to.deep.equal([400, 'invalid_grant'])
  })
})
