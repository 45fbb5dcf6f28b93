import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { send } from '../support/scripted-browser.ts'

describe('RFC 8414: metadata of the authorization server', () => {
  let here: BrokerHere

  before(async () => {
    here = await brokerHere({ env: { ESIGNET_ISSUER: 'https://id.example' } })
  })

  after(() => here.end())

  it('§3.3: issuer is what was configured, whatever host was asked, and every address hangs on it', async () => {
    const local = `http://localhost:${here.broker.port}`
    for (const host of ['id.example', 'evil.example', `127.0.0.1:${here.broker.port}`]) {
      const headers = { host, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' }
      const { body } = await send(local, { path: '/.well-known/oauth-authorization-server', headers })
      const document = JSON.parse(body) as Readonly<Record<string, unknown>>
      expect(document['issuer']).to.equal('https://id.example')
      const addresses = Object.entries(document).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
      expect(addresses).to.have.length.above(4)
      for (const [name, address] of addresses) expect(String(address), name).to.match(/^https:\/\/id\.example\//)
    }
  })

  it('§2: what is not there is not named: no registration, introspection, revocation, mTLS alias or logout', async () => {
    const { body } = await send(`http://localhost:${here.broker.port}`, { path: '/.well-known/oauth-authorization-server' })
    expect(
      Object.keys(JSON.parse(body) as object).filter((name) => /registration_endpoint|introspection|revocation|mtls|session/.test(name)),
    ).to.deep.equal([])
  })
})
