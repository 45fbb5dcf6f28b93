import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { PAR, TOKEN } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

describe('OpenID Connect Discovery 1.0 and RFC 8414: metadata', function () {
  this.timeout(60_000)
  let here: BrokerHere

  before(async () => {
    here = await brokerHere()
  })

  after(() => here.end())

  const documents = [
    '/.well-known/openid-configuration',
    '/v1/esignet/oidc/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/v1/esignet/oauth/.well-known/oauth-authorization-server',
  ]

  for (const path of documents)
    it(`${path} says who it is and what it does`, async () => {
      const { status, headers, body } = await send(here.issuer, { path })
      const document = JSON.parse(body) as Record<string, unknown>
      expect(status).to.equal(200)
      expect(headers['content-type']).to.match(/^application\/json/)
      expect(headers['access-control-allow-origin']).to.equal('*')
      expect(document['issuer']).to.equal(here.issuer)
      expect(document['token_endpoint']).to.equal(`${here.issuer}${TOKEN}`)
      expect(document['pushed_authorization_request_endpoint']).to.equal(`${here.issuer}${PAR}`)
      expect(document['authorization_response_iss_parameter_supported']).to.equal(true)
      expect(document['code_challenge_methods_supported']).to.deep.equal(['S256'])
    })

  for (const path of ['/.well-known/jwks.json', '/v1/esignet/oauth/.well-known/jwks.json'])
    it(`${path} holds public keys only`, async () => {
      const { status, body } = await send(here.issuer, { path })
      const { keys } = JSON.parse(body) as { keys: readonly Record<string, unknown>[] }
      expect(status).to.equal(200)
      expect(keys).not.to.be.empty
      for (const key of keys) {
        expect(key).to.include.keys('kid', 'alg', 'kty', 'use')
        for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.to.have.property(secret)
      }
    })
})
