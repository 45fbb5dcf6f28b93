import { expect } from 'chai'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { after, before, describe, it } from 'mocha'
import { until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { newParty, redeem, register, requestOf, signIn, userinfo, type Party } from '../support/rp.ts'
import { scriptedBrowser, send } from '../support/scripted-browser.ts'

const LEAD_S = 660

describe('signing keys, as relying parties meet them (rule 45)', function () {
  this.timeout(120_000)
  let here: BrokerHere
  /** Another on the same folder, with a memory of its own. */
  let there: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    there = await brokerHere({ data: here.data })
    shop = await register(here, await newParty('shop'))
  })

  after(async () => {
    await there.end()
    await here.end()
  })

  const jwksOf = async (broker = here): Promise<JSONWebKeySet> =>
    JSON.parse((await send(broker.issuer, { path: '/.well-known/jwks.json' })).body) as JSONWebKeySet
  const kidsOf = async (broker = here): Promise<readonly string[]> => (await jwksOf(broker)).keys.map(({ kid }) => kid ?? '').sort()
  const kidOf = (token: unknown): string => decodeProtectedHeader(String(token)).kid ?? ''
  const tokens = async (broker = here) => (await redeem(broker, shop, await signIn(broker, shop))).json
  /** The broker's own loop has to see it. */
  const signsBy = (kid: string, broker = here): Promise<true> =>
    until(`${kid} signs`, async () => kidOf((await tokens(broker))['id_token']) === kid || undefined)

  it('each of the four algorithms has a key before the doors open, the same in every process', async () => {
    const { keys } = await jwksOf()
    expect(keys.map(({ alg }) => alg)).to.have.members(['ES256', 'PS256', 'RS256', 'EdDSA'])
    expect(await kidsOf(there)).to.deep.equal(await kidsOf())
  })

  it('a rotation by the command line: the next key is shown everywhere at once, and signs when everybody can know it', async () => {
    const early = await tokens()
    const old = kidOf(early['id_token'])
    const ran = await here.cli(['key', 'rotate', 'ES256', '--json'])
    expect(ran.code, ran.err).to.equal(0)
    const [{ kid }] = JSON.parse(ran.out) as [{ readonly kid: string }]
    for (const broker of [here, there]) expect(await kidsOf(broker)).to.include.members([old, kid])
    const again = await here.cli(['key', 'rotate', 'ES256'])
    expect(again.code).to.equal(1)
    expect(again.err).to.include('waits already')
    const cached = await jwksOf()
    for (const broker of [here, there]) {
      expect(kidOf((await tokens(broker))['id_token'])).to.equal(old)
      broker.clock.pass(LEAD_S - 60)
      expect(kidOf((await tokens(broker))['id_token'])).to.equal(old)
      broker.clock.pass(60 + 5)
    }
    await signsBy(kid)
    await signsBy(kid, there)
    const late = await tokens()
    // Who kept the JWKS for as long as it may be kept knows the key already, and who asks now still knows the old one.
    await jwtVerify(String(late['id_token']), createLocalJWKSet(cached), { currentDate: new Date(here.clock.now()) })
    await jwtVerify(String(early['id_token']), createLocalJWKSet(await jwksOf()))
    expect((await userinfo(here, String(late['access_token']))).status).to.equal(200)
    for (const broker of [here, there]) broker.clock.pass(3660 + 60)
    for (const broker of [here, there])
      expect(await kidsOf(broker))
        .to.include(kid)
        .and.not.include(old)
    expect((await send(here.issuer, { path: `/authorize?${await hinted(early['id_token'])}` })).status, 'an old hint is known').to.equal(
      303,
    )
  })

  const hinted = async (token: unknown): Promise<string> =>
    new URLSearchParams((await requestOf(shop, { with: { id_token_hint: String(token), prompt: 'login' } })).members).toString()

  it('a revocation by the command line: out of every JWKS at once, its tokens refused, another signs', async () => {
    const signedIn = await signIn(here, shop)
    const { access_token: token, id_token: idToken } = (await redeem(here, shop, signedIn)).json
    expect((await userinfo(here, String(token))).status).to.equal(200)
    const leaked = kidOf(idToken)
    const ran = await here.cli(['key', 'revoke', leaked, '--reason', 'compromised'])
    expect(ran.code, ran.err).to.equal(0)
    for (const broker of [here, there]) {
      expect(await kidsOf(broker)).not.to.include(leaked)
      const { status, headers } = await userinfo(broker, String(token))
      expect([status, headers['www-authenticate']?.includes('error="invalid_token"')]).to.deep.equal([401, true])
      const next = await tokens(broker)
      expect(kidOf(next['id_token'])).not.to.equal(leaked)
      await jwtVerify(String(next['id_token']), createLocalJWKSet(await jwksOf(broker)), { currentDate: new Date(broker.clock.now()) })
      expect((await userinfo(broker, String(next['access_token']))).status).to.equal(200)
    }
    const back = await scriptedBrowser(here.issuer).get(`/authorize?${await hinted(idToken)}`)
    expect(back.url.searchParams.get('error'), 'a hint that anybody could have made').to.equal('invalid_request')
    const gone = await here.cli(['key', 'revoke', 'A'.repeat(43), '--reason', 'lost'])
    expect(gone.code).to.equal(1)
    expect((await here.cli(['key', 'revoke', leaked])).code).to.equal(2)
  })

  it('the list, and the audit log in plain words', async () => {
    const { out } = await here.cli(['key', 'list'])
    expect(out.match(/signs since/g)).to.have.length(4)
    const all = JSON.parse((await here.cli(['key', 'list', '--all', '--json'])).out) as readonly { readonly status: string }[]
    expect(all.map(({ status }) => status)).to.include.members(['active', 'retired'])
    const folder = `${here.data}-audit`
    const exported = await here.cli([
      'audit',
      'export',
      '--out',
      folder,
      '--actor',
      'j.doe',
      '--purpose',
      'yearly audit',
      '--case',
      'AUDIT-7',
    ])
    expect(exported.code).to.equal(0)
    // The command was not told the port that this broker's issuer has.
    expect(exported.err).to.include(`the broker's checkpoints are of ${here.issuer}`)
    const words = readFileSync(join(folder, 'audit.jsonl'), 'utf8')
    rmSync(folder, { recursive: true })
    expect(words).to.match(/The operator made signing key [\w-]{43} for ES256: it is published now, and signs from /)
    expect(words).to.match(/Signing key [\w-]{43} for ES256 signs no more; it stays published until /)
    expect(words).to.match(/An operator revoked signing key [\w-]{43} for ES256: compromised\./)
    expect((await here.cli(['events', 'verify'])).code).to.equal(0)
    expect((await here.cli(['audit', 'verify'])).code).to.equal(0)
  })

  it('a restart goes on with the same keys', async () => {
    const before = await kidsOf()
    const again = await brokerHere({ data: here.data, aheadS: here.clock.aheadS() })
    expect(await kidsOf(again)).to.deep.equal(before)
    await again.end()
  })
})
