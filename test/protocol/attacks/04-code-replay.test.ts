// The attacker wants a second set of tokens for one code; the expected revision of the append (`src/handle.ts`) and `CodeReplayed` (`domain/transaction/grant.ts`) stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { typesOf } from '../../support/broker.ts'
import { attacked } from '../../support/attacked.ts'
import { redeem, signIn, userinfo } from '../../support/rp.ts'

describe('attack 4: code replay and double spend (RFC 6749 §4.1.2)', () => {
  const { here, party } = attacked(['shop'])

  it('of 50 who come at once one gets tokens', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const replies = await Promise.all(Array.from({ length: 50 }, () => redeem(here(), party('shop'), signedIn)))
    expect(replies.filter(({ status }) => status === 200)).to.have.length(1)
    expect(typesOf(here().data, signedIn.transaction).filter((type) => type === 'TokenExchanged')).to.have.length(1)
  })

  it('a second use kills the tokens of the first, and is recorded once', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const { json } = await redeem(here(), party('shop'), signedIn)
    expect((await userinfo(here(), String(json['access_token']))).status).to.equal(200)
    for (let time = 0; time < 3; time += 1) expect((await redeem(here(), party('shop'), signedIn)).json['error']).to.equal('invalid_grant')
    expect((await userinfo(here(), String(json['access_token']))).status).to.equal(401)
    expect(typesOf(here().data, signedIn.transaction).filter((type) => type === 'CodeReplayed')).to.have.length(1)
  })
})
