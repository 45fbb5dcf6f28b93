// The attacker's provider wants an assertion that it can use at ours; the exact audience in `src/crypto/client-assertion.ts` stops it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked, present, signedAssertion, told } from '../../support/attacked.ts'
import { newParty, PAR, register, requestOf, TOKEN } from '../../support/rp.ts'

describe('attack 6: audience injection (CVE-2025-27370, FAPI 2.0 §5.3.2.1-8)', () => {
  const { here, party } = attacked(['shop'])

  it('a client that is bound to the issuer names that one string and nothing else', async () => {
    const bound = await register(here(), await newParty('bound', 'ES256', { assertion_audience: 'issuer' }))
    const { issuer } = here()
    const { members } = await requestOf(bound)
    for (const aud of [
      [issuer],
      [issuer, 'https://evil.example'],
      `${issuer}${PAR}`,
      `${issuer}${TOKEN}`,
      `${issuer}/`,
      issuer.toUpperCase(),
      '',
      {},
      null,
    ])
      for (const path of [PAR, TOKEN])
        expect(
          told(await present(here(), path, await signedAssertion(here(), bound, { claims: { aud } }), members)),
          JSON.stringify(aud),
        ).to.deep.equal([401, 'invalid_client'])
    expect((await present(here(), PAR, await signedAssertion(here(), bound), members)).status).to.equal(201)
  })

  it('a client of the compatible kind names our own endpoints, and no audience of others alone', async () => {
    const { members } = await requestOf(party('shop'))
    for (const aud of [
      'https://evil.example/token',
      ['https://evil.example'],
      `${here().issuer}.evil.example`,
      Array.from({ length: 11 }, () => here().issuer),
    ])
      expect(
        (await present(here(), PAR, await signedAssertion(here(), party('shop'), { claims: { aud } }), members)).status,
        JSON.stringify(aud),
      ).to.equal(401)
  })
})
