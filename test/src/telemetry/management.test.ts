import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { join } from 'node:path'
import { setFaults } from '../../../adapters/id-system/mock/plugin.ts'
import { readSettings } from '../../../src/config.ts'
import { freePorts } from '../../support/broker.ts'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { begin, newParty, PERSON, proveByPin, redeem, register, signIn, userinfo, type Party } from '../../support/rp.ts'
import { send } from '../../support/scripted-browser.ts'

describe('what operators see of a broker on its management listener (rule 44, OBS-03)', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party
  let operators: string

  const scrape = async (): Promise<string> => {
    const { status, body, headers } = await send(operators, { path: '/metrics' })
    expect([status, headers['content-type']]).to.deep.equal([200, 'text/plain; version=0.0.4; charset=utf-8'])
    return body
  }
  /** The value of one series; 0 where it is not there yet. */
  const valueOf = (text: string, series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')
        .at(-1) ?? 0,
    )

  before(async () => {
    const [port = 0] = await freePorts(1)
    operators = `http://127.0.0.1:${String(port)}`
    here = await brokerHere({ env: { ESIGNET_MANAGEMENT_PORT: String(port) } })
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

  it('a login counts once at each stage, under its relying party', async () => {
    const { json } = await redeem(here, shop, await signIn(here, shop))
    expect((await userinfo(here, String(json['access_token']))).status).to.equal(200)
    const text = await scrape()
    for (const [stage, outcome] of [
      ['started', 'ok'],
      ['opened', 'ok'],
      ['authenticated', 'ok'],
      ['consented', 'given'],
      ['code_issued', 'ok'],
      ['exchanged', 'ok'],
    ])
      expect(valueOf(text, `idp_tx_total{client_id="shop",stage="${stage}",outcome="${outcome}"}`), stage).to.equal(1)
    expect(valueOf(text, 'idp_auth_attempts_total{factor="pin",result="right"}')).to.equal(1)
    expect(valueOf(text, 'idp_proofs_total{factor="pin",path="unknown"}')).to.equal(1)
    expect(valueOf(text, 'idp_events_total{event="TokenExchanged"}')).to.equal(1)
    expect(valueOf(text, 'idp_plugin_call_duration_seconds_count{plugin="mock",call="verify",outcome="ok"}')).to.equal(1)
    expect(valueOf(text, 'idp_plugin_breaker_state{plugin="mock",call="verify"}')).to.equal(0)
    expect(valueOf(text, 'idp_store_append_duration_seconds_count')).to.be.at.least(10)
  })

  it('doors are counted by route, never by path, and by status', async () => {
    await send(here.issuer, { path: '/login/tx_000000000000000000000000' })
    await send(here.issuer, { path: '/no-such-door?x=1' })
    const text = await scrape()
    const routes = [...text.matchAll(/^http_server_request_duration_seconds_count\{(.*)\} /gm)].map(([, labels = '']) => labels)
    expect(routes).to.include(
      'http_request_method="GET",http_response_status_code="404",http_route="/login/:transaction",url_scheme="http"',
    )
    expect(text).not.to.include('tx_0000').and.not.to.include('no-such-door')
  })

  it('a wrong proof and an ID system that is away show as such', async () => {
    const wrong = await begin(here, shop)
    await proveByPin(wrong, PERSON.id, '000000')
    setFaults(join(here.data, 'plugin'), { outage: true })
    const cut = await begin(here, shop)
    await cut.browser.submit(cut.page, 'form-choose', { values: { individual_id: '6148230579', factor: 'pin' } })
    setFaults(join(here.data, 'plugin'), {})
    const text = await scrape()
    expect(valueOf(text, 'idp_auth_attempts_total{factor="pin",result="wrong"}')).to.equal(1)
    expect(valueOf(text, 'idp_plugin_call_duration_seconds_count{plugin="mock",call="resolve",outcome="unavailable"}')).to.equal(1)
  })

  it('says where projections, keys, the audit log and the process stand', async () => {
    const text = await scrape()
    for (const part of ['store', 'vault', 'keys', 'plugin', 'projections'])
      expect(valueOf(text, `idp_ready{part="${part}"}`), part).to.equal(1)
    expect(text).to.match(/^idp_projection_lag_seconds\{projection="audit-log"\} /m)
    expect(text).to.match(/^idp_signing_key_age_seconds\{alg="ES256",purpose="tokens"\} /m)
    expect(text).to.match(/^idp_audit_unsigned_seconds [\d.]+$/m)
    for (const group of ['deliveries', 'completions']) expect(text).to.match(new RegExp(`^idp_parked\\{group="${group}"\\} 0$`, 'm'))
    expect(text).to.match(/^nodejs_eventloop_delay_p99_seconds /m)
    expect(valueOf(text, 'process_memory_usage_bytes')).to.be.greaterThan(10_000_000)
  })

  it('no relying party, path or method makes series without end', async () => {
    for (const method of ['BREW', 'PROPFIND', 'TRACE']) await send(here.issuer, { method, path: '/health/live' })
    const text = await scrape()
    expect(text).to.include('http_request_method="_OTHER"').and.not.to.include('BREW')
    expect(text.split('\n').length, 'series of a broker with one relying party').to.be.lessThan(1200)
  })

  it('is nowhere on the doors that the world reaches', async () => {
    expect((await send(here.issuer, { path: '/metrics' })).status).to.equal(404)
    expect(JSON.parse((await send(operators, { path: '/health/ready' })).body)).to.deep.equal({ status: 'ready' })
    expect((await send(operators, { path: '/health/live' })).status).to.equal(200)
    expect((await send(operators, { method: 'POST', path: '/metrics' })).status).to.equal(405)
    for (const path of ['/', '/metrics?x=1', '/authorize', '/constructor'])
      expect((await send(operators, { path })).status, path).to.equal(404)
  })

  it('tells nothing to a page whose own name leads to this machine (DNS rebinding)', async () => {
    const { port } = new URL(operators)
    const askedAs = async (host: string): Promise<number> => (await send(operators, { path: '/metrics', headers: { host } })).status
    for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`]) expect(await askedAs(host), host).to.equal(200)
    for (const host of [`rebound.example:${port}`, 'localhost.rebound.example', '127.0.0.1.rebound.example', 'localhost@rebound.example'])
      expect(await askedAs(host), host).to.equal(421)
  })

  it('the demonstration opens it on loopback only, and never where the doors are', () => {
    const problemsOf = (env: Record<string, string>): readonly string[] => {
      const read = readSettings({}, env, 'demo', '.')
      return read.ok ? [] : read.problems
    }
    expect(problemsOf({ ESIGNET_MANAGEMENT_PORT: '9464' })).to.deep.equal([])
    expect(problemsOf({ ESIGNET_MANAGEMENT_PORT: '9464', ESIGNET_MANAGEMENT_HOST: '0.0.0.0' })[0]).to.match(/^management\.host: /)
    expect(problemsOf({ ESIGNET_MANAGEMENT_PORT: '8088' })[0]).to.match(/^management\.port: /)
    expect(problemsOf({ ESIGNET_MANAGEMENT_HOST: '127.0.0.1' })[0]).to.include('management')
  })
})
