// The attacker wants to use, swap or guess a request that somebody else pushed; `domain/transaction/start.ts` binds it to client, secret, time and browser.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { typesOf } from '../../support/broker.ts'
import { attacked } from '../../support/attacked.ts'
import { accept, begin, call, callbackOf, form, PAR, proveByPin, requestOf, TX } from '../../support/rp.ts'
import { scriptedBrowser, send } from '../../support/scripted-browser.ts'

describe('attack 14: request URIs (RFC 9126 §7)', () => {
  const { here, party } = attacked()
  const pushed = async (): Promise<string> =>
    String((await call(here(), party('shop'), PAR, (await requestOf(party('shop'))).members)).json['request_uri'])
  const open = (uri: string, client = 'shop') =>
    scriptedBrowser(here().issuer).get(`/authorize?${form({ client_id: client, request_uri: uri })}`)

  it('is not swapped to another client (§2.2, §7.5)', async () => {
    const uri = await pushed()
    const page = await open(uri, 'other')
    expect([page.status, page.has('form-choose')]).to.deep.equal([400, false])
    expect(typesOf(here().data, TX.exec(uri)?.[0] ?? '')).to.deep.equal(['AuthorizationStarted'])
  })

  it('is not used by a second browser, nor again after the code (§7.3)', async () => {
    const begun = await begin(here(), party('shop'), { via: 'par' })
    expect((await scriptedBrowser(here().issuer).get(begun.path)).status).to.equal(403)
    callbackOf(await accept(begun.browser, await proveByPin(begun)))
    expect((await begun.browser.get(begun.path)).status).to.equal(400)
  })

  it('is not guessed (§7.1)', async () => {
    const uri = await pushed()
    for (const guess of [`${uri.slice(0, -43)}${'A'.repeat(43)}`, uri.slice(0, -1), `${uri}A`, uri.replace('tx_', 'TX_'), `${uri}%00`])
      expect((await open(guess)).has('form-choose'), guess).to.be.false
    expect((await open(uri)).has('form-choose')).to.be.true
  })

  it('another address is not fetched (RFC 9101 §10.3)', async () => {
    for (const uri of ['https://evil.example/request.jwt', 'http://127.0.0.1/', 'file:///etc/passwd', 'urn:other:1'])
      expect((await open(uri)).has('form-choose'), uri).to.be.false
  })

  it('is not pushed itself (§2.1), and the door takes POST alone', async () => {
    const { members } = await requestOf(party('shop'))
    const { status, json } = await call(here(), party('shop'), PAR, { ...members, request_uri: await pushed() })
    expect([status, json['error']]).to.deep.equal([400, 'invalid_request'])
    const got = await send(here().issuer, { path: `${PAR}?${form(members)}` })
    expect([got.status, got.headers['allow']]).to.deep.equal([405, 'POST'])
  })

  it('expires (§2.2)', async () => {
    const uri = await pushed()
    here().clock.pass(61)
    expect((await open(uri)).status).to.equal(400)
  })
})
