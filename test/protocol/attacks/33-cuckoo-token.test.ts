// The attacker's provider wants a stolen token to be used at ours; only the token whose digest the transaction holds counts (`domain/transaction/grant.ts`).
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { generateKeyPair, SignJWT, decodeJwt } from 'jose'
import { attacked } from '../../support/attacked.ts'
import { redeem, signIn, userinfo } from '../../support/rp.ts'

describe('attack 33: cuckoo tokens (FAPI 2.0 §6)', () => {
  const { here, party } = attacked(['shop'])
  const tokenOf = async () => String((await redeem(here(), party('shop'), await signIn(here(), party('shop')))).json['access_token'])

  it('a token of another issuer is refused, with whatever claims of ours', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const claims = decodeJwt(await tokenOf())
    for (const iss of ['https://evil.example', here().issuer]) {
      const cuckoo = await new SignJWT({ ...claims, iss }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(privateKey)
      const { status, headers } = await userinfo(here(), cuckoo)
      expect(status).to.equal(401)
      expect(headers['www-authenticate']).to.include('invalid_token')
    }
  })

  it('a token of another broker of ours is refused', async () => {
    const token = await tokenOf()
    const { brokerHere } = await import('../../support/broker-here.ts')
    const elsewhere = await brokerHere()
    try {
      expect((await userinfo(elsewhere, token)).status).to.equal(401)
    } finally {
      await elsewhere.end()
    }
  })

  it('a token with one bit changed anywhere is refused', async () => {
    const token = await tokenOf()
    for (const at of [3, Math.floor(token.length / 2), token.length - 3]) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      expect((await userinfo(here(), changed)).status).to.equal(401)
    }
    expect((await userinfo(here(), token)).status).to.equal(200)
  })
})
