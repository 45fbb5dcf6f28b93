import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked, ASSERTION_TYPE, secondsOf, signedAssertion } from '../support/attacked.ts'
import { readEvents, typesOf } from '../support/broker.ts'
import { form, FORM, grantOf, redeem, signIn, TOKEN } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

describe('a relying party whose clock is wrong (RFC 7523 §3, rule 32)', () => {
  const { here, party } = attacked(['shop', 'other'])

  const present = async (signedIn: Awaited<ReturnType<typeof signIn>>, by: string, claims: object, signedBy = by) => {
    const assertion = await signedAssertion(here(), party(signedBy), { claims: { iss: by, sub: by, ...claims } })
    const body = form({ ...grantOf(party(by), signedIn), client_assertion_type: ASSERTION_TYPE, client_assertion: assertion })
    return send(here().issuer, { method: 'POST', path: TOKEN, headers: FORM, body })
  }
  const clockEvents = (transaction: string) =>
    readEvents(here().data, `s.name = 'authorization-${transaction}' AND e.type = 'ClientClockDiffered'`).map(
      ({ data }) => JSON.parse(data) as object,
    )

  it('is refused as ever, burns nothing, and its sign-in says by how much it is wrong', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const now = secondsOf(here())
    expect((await present(signedIn, 'shop', { iat: now + 420, exp: now + 480 })).status).to.equal(401)
    expect((await present(signedIn, 'shop', { iat: now - 900, exp: now - 840 })).status).to.equal(401)
    const told = clockEvents(signedIn.transaction) as readonly { readonly seconds: number }[]
    expect(told).to.have.length(2)
    expect(told[0]?.seconds).to.be.closeTo(420, 30)
    expect(told[1]?.seconds).to.be.closeTo(-900, 30)
    expect((await redeem(here(), party('shop'), signedIn)).status).to.equal(200)
  })

  it('only what the client of this code signed itself is noted, and no more than five times', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const now = secondsOf(here())
    const wrong = { iat: now + 420, exp: now + 480 }
    expect((await present(signedIn, 'shop', wrong, 'other')).status).to.equal(401)
    expect((await present(signedIn, 'other', wrong)).status).to.equal(401)
    expect(
      (await present({ ...signedIn, code: signedIn.code.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) }, 'shop', wrong)).status,
    ).to.equal(401)
    expect(typesOf(here().data, signedIn.transaction)).not.to.include('ClientClockDiffered')
    for (let n = 0; n < 7; n += 1) await present(signedIn, 'shop', wrong)
    expect(clockEvents(signedIn.transaction)).to.have.length(5)
  })
})
