import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import * as oidc from 'openid-client'
import { readEvents, typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  accept,
  begin,
  call,
  callbackOf,
  configure,
  newParty,
  PAR,
  proveByPin,
  redeem,
  register,
  requestOf,
  TX,
  userinfo,
  type Begun,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser, send, type Page } from '../support/scripted-browser.ts'
import { problemsOfVerifiedClaims } from '../support/verified-claims-schema.ts'

const LEO = { id: '1774231323', pin: '111111' }

type Asked = Readonly<Record<string, unknown>>

const REGISTER = { value: 'almaria_civil_register' }
const AML = { value: 'almaria_aml' }

/** For the birthdate, which is needed, and the name, which is the person's choice. */
const wish = (verification: Asked = {}, claims: Asked = { birthdate: { essential: true }, name: null }) => ({
  verification: { trust_framework: null, ...verification },
  claims,
})

const claimsWith = (userinfo: unknown, id_token?: unknown): string =>
  JSON.stringify({
    userinfo: userinfo === undefined ? {} : { verified_claims: userinfo },
    id_token: id_token === undefined ? {} : { verified_claims: id_token },
  })

type Answered = { readonly userinfo: unknown; readonly idToken: unknown; readonly begun: Begun; readonly consent: Page }

describe('OpenID Connect for Identity Assurance 1.0', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let bank: Party

  before(async () => {
    here = await brokerHere()
    bank = await register(here, await newParty('bank'))
  })

  after(() => here.end())

  const NAME = 'verified_claims.name'

  /** A whole login with consent anew, and what came out of it. */
  const answersTo = async (
    claims: string,
    { tick = [NAME], person = undefined as typeof LEO | undefined, party = bank, scope = 'openid' } = {},
  ): Promise<Answered> => {
    const begun = await begin(here, party, { with: { claims, scope, prompt: 'consent' } })
    const consent = await proveByPin(begun, person?.id, person?.pin)
    const callback = callbackOf(await accept(begun.browser, consent, tick))
    const { json, status } = await redeem(here, party, { ...begun, code: callback.searchParams.get('code') ?? '' })
    expect(status, JSON.stringify(json)).to.equal(200)
    const told = decodeJwt((await userinfo(here, String(json['access_token']))).body)
    return { userinfo: told['verified_claims'], idToken: decodeJwt(String(json['id_token']))['verified_claims'], begun, consent }
  }

  const inUserinfo = async (asked: unknown, more: Parameters<typeof answersTo>[1] = {}): Promise<unknown> => {
    const { userinfo: answer } = await answersTo(claimsWith(asked), more)
    if (answer !== undefined) expect(problemsOfVerifiedClaims(answer), JSON.stringify(answer)).to.deep.equal([])
    return answer
  }

  const refused = async (claims: string): Promise<string> => {
    const { status, json } = await call(here, bank, PAR, (await requestOf(bank, { with: { claims } })).members)
    expect([status, json['error']], claims).to.deep.equal([400, 'invalid_request'])
    const { page } = await begin(here, bank, { with: { claims } })
    expect(callbackOf(page).searchParams.get('error')).to.equal('invalid_request')
    expect(page.url.href).to.not.include('almaria')
    return String(json['error_description'])
  }

  describe('metadata (OP metadata)', () => {
    it('says trust frameworks, claims, evidence, documents, their checks and records, as the ID system describes them', async () => {
      const { body } = await send(here.issuer, { path: '/.well-known/openid-configuration' })
      expect(JSON.parse(body)).to.deep.include({
        claims_parameter_supported: true,
        trust_frameworks_supported: ['almaria_civil_register', 'almaria_aml'],
        claims_in_verified_claims_supported: [
          'name',
          'given_name',
          'family_name',
          'gender',
          'birthdate',
          'phone_number',
          'email',
          'address',
        ],
        evidence_supported: ['document', 'electronic_record', 'vouch', 'electronic_signature'],
        documents_supported: ['idcard', 'passport'],
        documents_check_methods_supported: ['vpip', 'vdig', 'pvp'],
        electronic_records_supported: ['population_register', 'bank_account'],
      })
    })
  })

  describe('with openid-client', () => {
    for (const profile of ['compatible', 'fapi2'] as const)
      it(`profile ${profile}: verified claims in the ID token and in signed userinfo`, async () => {
        const party = await register(here, await newParty(`ekyc-${profile}`, 'ES256', { profile, scope: 'openid' }))
        const configuration = await configure(here, party)
        const DPoP = oidc.getDPoPHandle(configuration, await oidc.randomDPoPKeyPair('ES256'))
        const bound = profile === 'fapi2' ? { DPoP } : undefined
        const verifier = oidc.randomPKCECodeVerifier()
        const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
        const members = {
          redirect_uri: party.redirectUri,
          scope: 'openid',
          state: checks.expectedState,
          nonce: checks.expectedNonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          claims: claimsWith(wish({ trust_framework: REGISTER, time: null }), [wish({ trust_framework: AML })]),
        }
        const to =
          profile === 'fapi2'
            ? await oidc.buildAuthorizationUrlWithPAR(configuration, members, { DPoP })
            : oidc.buildAuthorizationUrl(configuration, members)
        const browser = scriptedBrowser(here.issuer)
        const page = await browser.get(to, { 'sec-fetch-site': 'cross-site' })
        const back = callbackOf(await accept(browser, await proveByPin({ browser, page }), [NAME]))
        const tokens = await oidc.authorizationCodeGrant(configuration, back, checks, undefined, bound)
        const inToken = tokens.claims()?.['verified_claims']
        expect(inToken).to.deep.equal([
          { verification: { trust_framework: 'almaria_aml' }, claims: { name: 'Maya Rahimi', birthdate: '1987-11-25' } },
        ])
        const sub = tokens.claims()?.sub ?? ''
        const person = await oidc.fetchUserInfo(configuration, tokens.access_token, sub, bound)
        expect(person['verified_claims']).to.deep.equal({
          verification: { trust_framework: 'almaria_civil_register', time: '2024-05-14T09:20:31Z' },
          claims: { name: 'Maya Rahimi', birthdate: '1987-11-25' },
        })
        for (const answer of [inToken, person['verified_claims']]) expect(problemsOfVerifiedClaims(answer)).to.deep.equal([])
      })
  })

  describe('request and answer', () => {
    it('5.2: the answer stands only where it was asked for', async () => {
      const one = await answersTo(claimsWith(wish()))
      expect(one.userinfo).to.not.equal(undefined)
      expect(one.idToken).to.equal(undefined)
      const other = await answersTo(claimsWith(undefined, wish()))
      expect(other.userinfo).to.equal(undefined)
      expect(other.idToken).to.not.equal(undefined)
      expect((await answersTo('{"userinfo":{"birthdate":null}}', { tick: ['birthdate'] })).userinfo).to.equal(undefined)
    })

    it('5.4: nothing in verification but what was asked for, trust_framework always', async () => {
      expect(await inUserinfo(wish())).to.deep.equal({
        verification: { trust_framework: 'almaria_civil_register' },
        claims: { name: 'Maya Rahimi', birthdate: '1987-11-25' },
      })
    })

    it('5.4: evidence by filters that are joined by OR, with everything that each asks for', async () => {
      const document = {
        type: { value: 'document' },
        check_details: [{ check_method: { value: 'vpip' }, organization: null }],
        document_details: { type: { values: ['idcard', 'passport'] }, document_number: null, issuer: { country: null } },
      }
      const record = { type: { value: 'electronic_record' }, record: { type: null, source: { name: null } } }
      expect(await inUserinfo(wish({ evidence: [document, record, { type: { value: 'vouch' } }] }))).to.deep.include({
        verification: {
          trust_framework: 'almaria_civil_register',
          evidence: [
            {
              type: 'document',
              check_details: [{ check_method: 'vpip', organization: 'Civil Register of Almaria' }],
              document_details: { type: 'idcard', document_number: 'AL-IC-4471902', issuer: { country: 'Almaria' } },
            },
            { type: 'electronic_record', record: { type: 'population_register', source: { name: 'Civil Register of Almaria' } } },
          ],
        },
      })
    })

    it('5.4: vouches and signatures', async () => {
      const filters = [
        { type: { value: 'vouch' }, attestation: { type: null, voucher: { name: null } } },
        { type: { value: 'electronic_signature' }, signature_type: null, issuer: null, serial_number: null, created_at: null },
      ]
      expect(await inUserinfo(wish({ evidence: filters }), { person: LEO })).to.deep.include({
        verification: {
          trust_framework: 'almaria_civil_register',
          evidence: [
            { type: 'vouch', attestation: { type: 'written_attestation', voucher: { name: 'Ines Martin' } } },
            {
              type: 'electronic_signature',
              signature_type: 'qes',
              issuer: 'Almaria Trust Services',
              serial_number: '5b:02:9c:11',
              created_at: '2025-09-30T07:55:00Z',
            },
          ],
        },
      })
    })

    it('5.4: assurance_details whole, each evidence_ref with its check_id', async () => {
      const asked = wish({
        assurance_process: { assurance_details: [{ assurance_type: null }] },
        evidence: [{ type: { value: 'document' }, check_details: [{ check_method: null, check_id: null }] }],
      })
      const { verification } = (await inUserinfo(asked)) as { readonly verification: Readonly<Record<string, unknown>> }
      expect(verification['assurance_process']).to.deep.equal({
        assurance_details: [
          {
            assurance_type: 'evidence_validation',
            assurance_classification: 'strong',
            evidence_ref: [{ check_id: 'check-mr-1', evidence_metadata: { evidence_classification: 'primary' } }],
          },
          { assurance_type: 'verification', assurance_classification: 'in_person', evidence_ref: [{ check_id: 'check-mr-1' }] },
        ],
      })
    })

    it('5.7.4: a constraint in verification that is not met leaves out verified_claims, without an error', async () => {
      for (const verification of [
        { trust_framework: REGISTER, assurance_level: { value: 'low' } },
        { trust_framework: AML, time: { max_age: 86_400 } },
        { evidence: [{ type: { value: 'document' }, document_details: { type: { value: 'driving_permit' } } }] },
      ])
        expect(await inUserinfo(wish(verification)), JSON.stringify(verification)).to.equal(undefined)
    })

    it('5.7.4: a constraint on a claim leaves out that claim', async () => {
      const claims = { birthdate: { value: '2000-01-01' }, name: { values: ['Maya Rahimi', 'Somebody'] } }
      expect(await inUserinfo(wish({}, claims), { tick: [NAME, 'verified_claims.birthdate'] })).to.deep.include({
        claims: { name: 'Maya Rahimi' },
      })
    })

    it('5.7.2: an unknown claim is left out even when it is essential; names with special characters are safe', async () => {
      const claims = { birthdate: { essential: true }, shoe_size: { essential: true }, '<b>"\n{}': { essential: true }, constructor: null }
      expect(await inUserinfo(wish({}, claims))).to.deep.include({ claims: { birthdate: '1987-11-25' } })
    })

    it('5.6: several objects are answered by themselves, one answer each', async () => {
      const asked = [wish({ trust_framework: REGISTER }), wish({ trust_framework: { value: 'gold' } }), wish({ trust_framework: AML })]
      const claims = { name: 'Maya Rahimi', birthdate: '1987-11-25' }
      expect(await inUserinfo(asked)).to.deep.equal([
        { verification: { trust_framework: 'almaria_civil_register' }, claims },
        { verification: { trust_framework: 'almaria_aml' }, claims },
      ])
    })

    it('5.5.2: max_age is counted up to the request', async () => {
      const verifiedAt = Date.parse('2024-05-14T09:20:31Z')
      const age = Math.floor((Date.parse(here.clock.now()) - verifiedAt) / 1000)
      expect(await inUserinfo(wish({ trust_framework: REGISTER, time: { max_age: age + 600 } }))).to.not.equal(undefined)
      expect(await inUserinfo(wish({ trust_framework: REGISTER, time: { max_age: age - 600 } }))).to.equal(undefined)
    })

    it('26: what is not registered is not told as verified either', async () => {
      const small = await register(here, await newParty('small-bank', 'ES256', { claims: ['name'], scope: 'openid' }))
      const answer = await inUserinfo(wish({ evidence: [{ type: { value: 'document' }, derived_claims: null }] }), { party: small })
      expect(answer).to.deep.include({ claims: { name: 'Maya Rahimi' } })
      expect(JSON.stringify(answer)).to.not.include('1987-11-25')
    })

    it('refuses a malformed request at PAR and at authorize, and says what it is about', async () => {
      const evidence = [{ type: { values: ['document'] } }]
      for (const asked of [{}, [], wish({ evidence }), wish({ trust_framework: 'x' }), { ...wish(), purpose: 'x' }])
        expect(await refused(claimsWith(asked))).to.include('verified_claims')
      expect(await refused(claimsWith(Array.from({ length: 11 }, () => wish())))).to.include('verified_claims')
    })

    it('OpenID Connect Core 5.2: in the languages of claims_locales', async () => {
      const claims = claimsWith(wish({ trust_framework: REGISTER }))
      const begun = await begin(here, bank, { with: { claims, scope: 'openid', claims_locales: 'ar fr', prompt: 'consent' } })
      const callback = callbackOf(await accept(begun.browser, await proveByPin(begun), [NAME]))
      const { json } = await redeem(here, bank, { ...begun, code: callback.searchParams.get('code') ?? '' })
      expect(decodeJwt((await userinfo(here, String(json['access_token']))).body)['verified_claims']).to.deep.include({
        claims: { name: 'مايا رحيمي', 'name#ar': 'مايا رحيمي', 'name#fr': 'Maya Rahimi', birthdate: '1987-11-25' },
      })
    })
  })

  describe('consent (5.7.3, rule 28)', () => {
    it('says in plain words that checks are told, by which trust framework, and what of them', async () => {
      const evidence = [{ type: { value: 'document' }, document_details: { type: null, document_number: null } }]
      const { consent } = await answersTo(claimsWith(wish({ trust_framework: REGISTER, evidence })))
      for (const words of [
        'Checked details',
        'Civil register of Almaria',
        'which documents or records were used',
        'the numbers of these documents',
      ])
        expect(consent.html).to.include(words)
      expect(consent.html).to.not.include('money laundering')
      const { consent: other } = await answersTo(claimsWith(wish({ trust_framework: AML })))
      expect(other.html).to.include('money laundering').and.to.not.include('the numbers of these documents')
    })

    it('what the person withholds is left out; who withholds all is access_denied', async () => {
      expect(await inUserinfo(wish(), { tick: [] })).to.deep.include({ claims: { birthdate: '1987-11-25' } })
      expect(await inUserinfo(wish({}, { name: null }), { tick: [] })).to.equal(undefined)
      const begun = await begin(here, bank, { with: { claims: claimsWith(wish()), prompt: 'consent' } })
      const back = await begun.browser.submit(await proveByPin(begun), 'form-consent', { button: 'cancel' })
      expect(callbackOf(back).searchParams.get('error')).to.equal('access_denied')
    })

    it('the verified claim is another than the claim itself', async () => {
      const claims = JSON.stringify({ userinfo: { birthdate: null, verified_claims: wish({}, { birthdate: null }) } })
      const { userinfo: none } = await answersTo(claims, { tick: ['birthdate'] })
      expect(none).to.equal(undefined)
      const { userinfo: some } = await answersTo(claims, { tick: ['verified_claims.birthdate'] })
      expect(some).to.not.equal(undefined)
    })

    it('stands for exactly the constraints that were asked; any change of them asks again', async () => {
      const shop = await register(here, await newParty('again', 'ES256', { scope: 'openid' }))
      const isAsked = async (claims: string): Promise<boolean> => {
        const begun = await begin(here, shop, { with: { claims, scope: 'openid' } })
        const page = await proveByPin(begun)
        const asked = page.has('form-consent')
        callbackOf(await accept(begun.browser, page, [NAME]))
        return asked
      }
      const first = claimsWith(wish({ trust_framework: REGISTER, time: { max_age: 90_000_000 } }))
      expect(await isAsked(first)).to.equal(true)
      expect(await isAsked(first)).to.equal(false)
      for (const changed of [
        claimsWith(wish({ trust_framework: REGISTER, time: { max_age: 90_000_001 } })),
        claimsWith(wish({ trust_framework: REGISTER, time: null })),
        claimsWith(wish({ trust_framework: AML, time: null })),
        claimsWith(undefined, wish({ trust_framework: AML, time: null })),
        claimsWith(undefined, wish({ trust_framework: AML, time: null, evidence: [{ type: { value: 'document' } }] })),
        claimsWith(undefined, wish({ trust_framework: AML, time: null }, { birthdate: null, name: null })),
      ])
        expect(await isAsked(changed), changed).to.equal(true)
    })
  })

  it('what was told, to whom, when and how it was proven is in the record, by name and never by value (txn draft; rule 1)', async () => {
    const evidence = [{ type: { value: 'document' }, document_details: { type: null, document_number: null } }]
    const asked = wish({ trust_framework: REGISTER, evidence })
    const { begun } = await answersTo(claimsWith(asked, asked))
    const transaction = TX.exec(begun.base)?.[0] ?? ''
    const rows = readEvents(here.data, `s.name = 'authorization-${transaction}'`)
    const told = ['verified_claims.birthdate', NAME]
    for (const [type, member] of [
      ['ConsentGiven', 'claims'],
      ['CodeIssued', 'released'],
      ['TokenExchanged', 'claims'],
      ['UserinfoReleased', 'claims'],
    ] as const) {
      const row = rows.find((one) => one.type === type)
      expect((JSON.parse(row?.data ?? '{}') as Record<string, unknown>)[member], type).to.have.members(told)
    }
    expect(typesOf(here.data, transaction)).to.include.members(['Authenticated', 'ConsentGiven'])
    const everything = JSON.stringify(readEvents(here.data))
    for (const value of ['AL-IC-4471902', '1987-11-25', 'Rahimi', 'almaria_civil_register']) expect(everything).to.not.include(value)
  })
})
