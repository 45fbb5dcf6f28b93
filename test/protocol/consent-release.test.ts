// What a person sees is kept, and no more than was asked, registered and agreed to leaves the broker (audit-and-operations 1.3).
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { canonical } from '../../domain/canonical.ts'
import type { Json } from '../../domain/ports.ts'
import { documentOf, piecesOf } from '../../src/consents/notice-text.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { textOf } from '../../src/text-of.ts'
import { readEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { accept, begin, callbackOf, newParty, PERSON, proveByPin, redeem, register, userinfo, type Party } from '../support/rp.ts'

type Members = Readonly<Record<string, Json>>

const LANGUAGES = ['en', 'fr', 'ar', 'hi', 'km', 'kn', 'ta']
const BRAND = { authority: { name: { en: 'The Authority' }, url: 'https://authority.example' } }
const CLAIMS = ['name', 'birthdate', 'gender', 'email', 'phone_number', 'address', 'picture']
/** What each relying party may ask for. */
const REGISTERED = [CLAIMS, ['name', 'email'], ['birthdate', 'phone_number', 'picture']]
const PROTOCOL = ['iss', 'aud', 'sub', 'exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'at_hash', 'c_hash', 'sid', 'azp']

describe('REG-07, REG-08: what was shown, and what leaves', function () {
  this.timeout(120_000)
  let here: BrokerHere
  let parties: readonly Party[]

  before(async () => {
    here = await brokerHere({ env: { ESIGNET_BRAND: JSON.stringify(BRAND), ESIGNET_REQUESTS_PER_MINUTE: '100000' } })
    const more = { purpose: 'To greet you', policy_uri: 'https://party.example/privacy' }
    parties = await Promise.all(
      REGISTERED.map(async (claims, n) => register(here, await newParty(`party-${String(n)}`, 'ES256', { ...more, claims }))),
    )
  })
  after(() => here.end())

  const eventOf = (stream: string, type: string): Members => {
    const row = readEvents(here.data, `s.name = '${stream}' AND e.type = '${type}'`).at(-1)
    return JSON.parse(row?.data ?? '{}') as Members
  }
  const standingOf = (transaction: string): Members =>
    eventOf(`consent-${textOf(eventOf(`authorization-${transaction}`, 'ConsentGiven')['consent'])}`, 'ConsentGiven')['standing'] as Members

  it('REG-07: in each language the page that was shown is kept byte for byte under its digest, plain and whole, and is what was agreed to', async () => {
    const [party] = parties
    for (const language of LANGUAGES) {
      const begun = await begin(here, party!, { with: { ui_locales: language, prompt: 'consent', scope: 'openid' } })
      const page = await proveByPin(begun)
      await accept(begun.browser, page, ['email'])
      const given = readEvents(here.data, "e.type = 'ConsentGiven' AND s.name LIKE 'consent-%'").at(-1)
      const { notice } = (JSON.parse(given?.data ?? '{}') as { standing: { notice: Members } }).standing
      expect(notice['language']).to.equal(language)
      const kept = (await here.broker.world.journal.artefact(textOf(notice['digest'])))!
      expect(sha256(canonical(kept))).to.equal(notice['digest'])
      for (const piece of piecesOf(kept)) expect(page.html, language).to.include(piece)
      const told = documentOf(kept)
      // Itemised, with the purpose, and the ways to withdraw, to one's rights and to complain.
      expect(kept['essential']).to.deep.equal(['name', 'birthdate'])
      expect(kept['voluntary']).to.deep.equal(['email', 'phone_number'])
      for (const words of ['To greet you', 'https://party.example/privacy', 'https://authority.example', '/my'])
        expect(told).to.include(words)
      expect(told).not.to.include(PERSON.id).and.not.to.include('<script')
      const artefact = readEvents(here.data, `s.name = 'artefact-${textOf(notice['digest'])}'`)[0]
      expect(artefact?.position).to.be.lessThan(given?.position ?? 0)
    }
  })

  it('REG-07: the command prints these bytes', async () => {
    const standing = JSON.parse(readEvents(here.data, "e.type = 'ConsentGiven' AND s.name LIKE 'consent-%'")[0]?.data ?? '{}') as {
      standing: { notice: { digest: string } }
    }
    const { digest } = standing.standing.notice
    const { out } = await here.cli(['consent', 'notice', digest, '--html'])
    expect(out).to.equal(documentOf((await here.broker.world.journal.artefact(digest))!))
  })

  const section = fc.dictionary(
    fc.constantFrom(...CLAIMS, 'nickname', 'sub', 'passport_scan'),
    fc.constantFrom(null, { essential: true }),
    {
      maxKeys: 6,
    },
  )
  const asking = fc.record({
    party: fc.nat({ max: REGISTERED.length - 1 }),
    userinfo: section,
    id_token: section,
    scope: fc.subarray(['profile', 'email', 'phone', 'address']),
    ticks: fc.subarray(CLAIMS),
  })

  it('REG-08: whatever is asked for, only what was asked, is registered and was agreed to leaves; events hold the names alone', async () => {
    let released = 0
    await fc.assert(
      fc.asyncProperty(asking, async ({ party: n, userinfo: info, id_token: token, scope, ticks }) => {
        const party = parties[n]!
        const claims = JSON.stringify({ userinfo: info, id_token: token })
        const begun = await begin(here, party, { with: { scope: ['openid', ...scope].join(' '), claims, prompt: 'consent' } })
        // Refused at once: nothing leaves.
        if (!begun.page.has('form-choose')) return
        const page = await proveByPin(begun)
        const offered = page.has('form-consent')
          ? page.form('form-consent').fields.flatMap(({ name, value }) => (name === 'claims' ? [value] : []))
          : []
        const code =
          callbackOf(
            await accept(
              begun.browser,
              page,
              ticks.filter((claim) => offered.includes(claim)),
            ),
          ).searchParams.get('code') ?? ''
        const { json } = await redeem(here, party, { ...begun, code })
        const got = await userinfo(here, String(json['access_token']))
        const told = { ...decodeJwt(String(json['id_token'])), ...decodeJwt(got.body) } as Members
        const names = Object.keys(told)
          .map((name) => name.replace(/#.*/, ''))
          .filter((name) => !PROTOCOL.includes(name))
        const asked = [...Object.keys(info), ...Object.keys(token), ...scope.flatMap((one) => OF_SCOPE[one] ?? [])]
        const standing = standingOf(begun.transaction)
        const agreed = [...(standing['essential'] as readonly string[]), ...(standing['accepted'] as readonly string[])]
        for (const name of names) {
          expect(asked, 'asked for').to.include(name)
          expect(REGISTERED[n], 'registered').to.include(name)
          expect(agreed, 'agreed to').to.include(name)
        }
        for (const name of agreed) expect(REGISTERED[n], 'agreed, and registered').to.include(name)
        const events = JSON.stringify(readEvents(here.data, `s.name = 'authorization-${begun.transaction}'`))
        for (const name of names) {
          const value = told[name]
          if (typeof value === 'string' && value.length > 3) expect(events).not.to.include(value)
          expect(events).to.include(`\\"${name}\\"`)
        }
        released += names.length
      }),
      { numRuns: 20 },
    )
    expect(released, 'the test releases something').to.be.greaterThan(10)
  })
})

/** OpenID Connect Core §5.4; eSignet lets `profile` ask for all of these. */
const OF_SCOPE: Readonly<Record<string, readonly string[]>> = {
  profile: CLAIMS,
  email: ['email'],
  phone: ['phone_number'],
  address: ['address'],
}
