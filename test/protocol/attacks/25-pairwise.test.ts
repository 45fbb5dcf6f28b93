// Relying parties want to find out that two accounts are one person; the HMAC per sector (`src/subject.ts`) and one host per registration (`src/client-registration.ts`) stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { decodeJwt } from 'jose'
import { attacked } from '../../support/attacked.ts'
import { newParty, PERSON, redeem, register, signIn, userinfo, type Party } from '../../support/rp.ts'

describe('attack 25: relying parties that compare whom they know (OpenID Connect Core §8.1)', () => {
  const { here, party } = attacked()
  const subOf = async (of: Party, id?: string): Promise<string> => {
    const { json } = await redeem(here(), of, await signIn(here(), of, { ...(id !== undefined && { id }) }))
    const sub = String(decodeJwt(String(json['id_token'])).sub)
    expect(decodeJwt((await userinfo(here(), String(json['access_token']))).body).sub).to.equal(sub)
    return sub
  }

  it('see different subjects, with nothing of the person in them', async () => {
    const [one, again, elsewhere] = [await subOf(party('shop')), await subOf(party('shop')), await subOf(party('other'))]
    expect(again).to.equal(one)
    expect(elsewhere).not.to.equal(one)
    expect(one)
      .to.match(/^[A-Za-z0-9_-]{43}$/)
      .and.not.include(PERSON.id)
  })

  it('cannot join a sector by hosts of two, or by a sector document that does not name it', async () => {
    const two = await newParty('two', 'ES256', { redirect_uris: ['https://shop.example/cb', 'https://two.example/cb'] })
    const document = await newParty('doc', 'ES256', { sector_identifier_uri: 'https://shop.example/sector.json' })
    for (const wrong of [two, document]) {
      const refused = await register(here(), wrong).then(
        () => false,
        () => true,
      )
      expect(refused, wrong.id).to.be.true
    }
  })

  it('a host that only looks alike is another sector', async () => {
    const near = await register(here(), await newParty('near', 'ES256', { redirect_uris: ['https://shop.example.near.example/cb'] }))
    expect(await subOf(near)).not.to.equal(await subOf(party('shop')))
  })

  it('a subject cannot be chosen as the name of a client', async () => {
    const sub = await subOf(party('shop'))
    const refused = await register(here(), await newParty(sub, 'ES256', { redirect_uris: ['https://twin.example/cb'] })).catch(String)
    // FAPI 2.0 §6.7.
    expect(refused).to.include('client_id')
  })
})
