// The attacker wants their own key to be looked up; only keys of the registration are tried, and headers that name others are refused, in `src/crypto/client-assertion.ts`.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { attacked, present, signedAssertion, told } from '../../support/attacked.ts'
import { newParty, PAR, requestOf } from '../../support/rp.ts'

describe('attack 10: keys that the assertion brings itself (RFC 8725 §3.10)', () => {
  const { here, party } = attacked(['shop'])
  const push = async (assertion: string) => told(await present(here(), PAR, assertion, (await requestOf(party('shop'))).members))
  const refused = [401, 'invalid_client']

  for (const kid of [
    '../../../../dev/null',
    "x' UNION SELECT 'k' --",
    'http://127.0.0.1:9/keys',
    '__proto__',
    'constructor',
    '',
    'k'.repeat(5000),
    7,
    ['a'],
    null,
  ])
    it(`kid ${JSON.stringify(kid).slice(0, 40)} finds no key`, async () => {
      const stranger = await newParty('shop')
      for (const signer of [stranger, party('shop')])
        expect(await push(await signedAssertion(here(), signer, { header: { kid } }))).to.deep.equal(refused)
    })

  it('crit and b64 are not passed over', async () => {
    const good = await signedAssertion(here(), party('shop'))
    const [, payload = ''] = good.split('.')
    for (const more of [{ crit: ['exp'] }, { crit: ['b64'], b64: false }, { b64: true }, { zip: 'DEF' }]) {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: party('shop').kid, ...more })).toString('base64url')
      const key = party('shop').key
      const bytes = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, Buffer.from(`${header}.${payload}`))
      expect(await push(`${header}.${payload}.${Buffer.from(bytes).toString('base64url')}`), JSON.stringify(more)).to.deep.equal(refused)
    }
  })

  it('jku, x5u and jwk are not trusted, and nothing is fetched', async () => {
    const stranger = await newParty('shop')
    let asked = 0
    const server = createServer((_request, response) => {
      asked += 1
      response.end(JSON.stringify(stranger.registration['jwks']))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const address = server.address()
      const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/keys`
      const [jwk] = (stranger.registration['jwks'] as { readonly keys: readonly object[] }).keys
      for (const header of [{ jku: url }, { x5u: url }, { jwk }, { jku: url, jwk }])
        for (const signer of [stranger, party('shop')])
          expect(await push(await signedAssertion(here(), signer, { header })), Object.keys(header).join()).to.deep.equal(refused)
      expect(asked).to.equal(0)
    } finally {
      server.close()
    }
  })
})
