// The attacker wants tokens for a stolen code by putting it into a session of their own; the comparison of PKCE challenges (`domain/transaction/grant.ts`) stops it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { typesOf } from '../../support/broker.ts'
import { attacked } from '../../support/attacked.ts'
import { redeem, signIn } from '../../support/rp.ts'

describe('attack 2: code injection (RFC 9700 §4.5)', () => {
  const { here, party } = attacked(['shop'])

  it('a code that was put into another session is refused and burnt', async () => {
    const victim = await signIn(here(), party('shop'))
    const attacker = await signIn(here(), party('shop'))
    const injected = await redeem(here(), party('shop'), { code: victim.code, verifier: attacker.verifier })
    expect([injected.status, injected.json['error']]).to.deep.equal([400, 'invalid_grant'])
    const late = await redeem(here(), party('shop'), victim)
    expect([late.status, late.json['error']], 'burnt').to.deep.equal([400, 'invalid_grant'])
    expect(typesOf(here().data, victim.transaction).slice(-2)).to.deep.equal(['CodeRefused', 'AuthorizationFailed'])
  })

  it('two halves of two codes are no code', async () => {
    const [one, two] = [await signIn(here(), party('shop')), await signIn(here(), party('shop'))]
    const code = `${one.transaction}.${two.code.split('.')[1] ?? ''}`
    const { status, json } = await redeem(here(), party('shop'), { code, verifier: one.verifier })
    expect([status, json['error']]).to.deep.equal([400, 'invalid_grant'])
    expect((await redeem(here(), party('shop'), one)).status, 'a guess burns nothing').to.equal(200)
  })
})
