import { expect } from 'chai'
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK } from 'jose'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { dpopKey, pushWithProof } from '../support/dpop.ts'
import {
  accept,
  begin,
  call,
  callbackOf,
  form,
  FORM,
  newParty,
  PAR,
  proveByPin,
  redeem,
  register,
  requestOf,
  signIn,
  TOKEN,
  userinfo,
  type Alg,
  type Party,
} from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

const DOCUMENTS = [
  '/.well-known/openid-configuration',
  '/v1/esignet/oidc/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/v1/esignet/oauth/.well-known/oauth-authorization-server',
]

const LEO = { id: '1774231323', pin: '111111' }

type Metadata = Readonly<Record<string, unknown>>
type Given = Readonly<Record<string, string>>

describe('every member of discovery and of RFC 8414 metadata is true: it is exercised, and what it does not list is refused', function () {
  this.timeout(120_000)
  let here: BrokerHere
  let metadata: Metadata
  let all: Party
  let parties = 0

  before(async () => {
    here = await brokerHere()
    metadata = JSON.parse((await send(here.issuer, { path: DOCUMENTS[0] ?? '' })).body) as Metadata
    all = await fresh('ES256', { claims: userClaims() })
  })

  after(() => here.end())

  const listed = (member: string): readonly string[] => metadata[member] as readonly string[]

  /** Of the claims that discovery names, those about a person. */
  const userClaims = (): readonly string[] => {
    const ofTokens = ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'nonce']
    return listed('claims_supported').filter((claim) => !ofTokens.includes(claim))
  }

  const fresh = async (alg: Alg, more: Readonly<Record<string, unknown>> = {}): Promise<Party> => {
    parties += 1
    return register(here, await newParty(`walk-${parties}`, alg, more))
  }

  const isRefused = async (more: Readonly<Record<string, unknown>>): Promise<void> => {
    const refused = await fresh('ES256', more).then(
      () => false,
      () => true,
    )
    expect(refused, JSON.stringify(more)).to.equal(true)
  }

  const pushed = async (change: Given, party = all): Promise<string> => {
    const { status, json } = await call(here, party, PAR, (await requestOf(party, { with: change })).members)
    return status === 201 ? 'taken' : String(json['error'])
  }

  const loggedIn = async (party: Party, change: Given = {}, tick: readonly string[] = [], person?: typeof LEO) => {
    const begun = await begin(here, party, { with: { scope: 'openid', prompt: 'consent', ...change } })
    const proven = await proveByPin(begun, person?.id, person?.pin)
    const callback = callbackOf(await accept(begun.browser, proven, tick))
    const { json, status } = await redeem(here, party, { ...begun, code: callback.searchParams.get('code') ?? '' })
    expect(status, JSON.stringify(json)).to.equal(200)
    const told = await userinfo(here, String(json['access_token']))
    return { callback, idToken: String(json['id_token']), told }
  }

  /** Verified claims under a verification, of both who have any, as one text. */
  const verified = async (verification: Metadata, claims = { name: null } as Metadata): Promise<string> => {
    const asked = { userinfo: { verified_claims: { verification: { trust_framework: null, ...verification }, claims } } }
    const tick = Object.keys(claims).map((claim) => `verified_claims.${claim}`)
    const answers = [undefined, LEO].map((person) => loggedIn(all, { claims: JSON.stringify(asked) }, tick, person))
    return JSON.stringify((await Promise.all(answers)).map(({ told }) => decodeJwt(told.body)['verified_claims'] ?? null))
  }

  const evidence = (type: string, more: Metadata = {}) => ({ evidence: [{ type: { value: type }, ...more }] })

  const isADoor = async (member: string): Promise<void> => {
    const address = new URL(String(metadata[member]))
    expect(address.origin).to.equal(here.issuer)
    expect((await send(here.issuer, { method: 'DELETE', path: address.pathname })).status).to.equal(405)
  }

  const receiving = async (alg: string, prefix: 'userinfo' | 'id_token'): Promise<Party> => {
    const party = await newParty(`walk-${(parties += 1)}`)
    const jwk: JWK = { ...(await exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey)), kid: 'enc', use: 'enc' }
    const { keys } = party.registration['jwks'] as { readonly keys: readonly JWK[] }
    const registration = { ...party.registration, jwks: { keys: [...keys, jwk] }, [`${prefix}_encrypted_response_alg`]: alg }
    return register(here, { ...party, registration })
  }

  const encrypts = (prefix: 'userinfo' | 'id_token') => async (): Promise<void> => {
    for (const alg of listed(`${prefix}_encryption_alg_values_supported`)) {
      const { idToken, told } = await loggedIn(await receiving(alg, prefix))
      const header = decodeProtectedHeader(prefix === 'userinfo' ? told.body : idToken)
      expect([header.alg, header.enc]).to.deep.equal([alg, ...listed(`${prefix}_encryption_enc_values_supported`)])
    }
    await isRefused({ [`${prefix}_encrypted_response_alg`]: 'RSA1_5' })
  }

  const signs = async (): Promise<void> => {
    for (const alg of listed('id_token_signing_alg_values_supported') as readonly Alg[]) {
      const party = await fresh(alg, { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg })
      const { idToken, told } = await loggedIn(party)
      expect([idToken, told.body].map((jwt) => decodeProtectedHeader(jwt).alg)).to.deep.equal([alg, alg])
    }
    for (const alg of ['none', 'HS256', 'ES384'])
      for (const member of ['id_token_signed_response_alg', 'userinfo_signed_response_alg']) await isRefused({ [member]: alg })
  }

  const WALK: Readonly<Record<string, () => Promise<void>>> = {
    issuer: async () => {
      const { callback, idToken, told } = await loggedIn(all)
      const named = [callback.searchParams.get('iss'), decodeJwt(idToken).iss, decodeJwt(told.body).iss]
      expect(named).to.deep.equal([metadata['issuer'], metadata['issuer'], metadata['issuer']])
    },
    authorization_endpoint: () => isADoor('authorization_endpoint'),
    token_endpoint: () => isADoor('token_endpoint'),
    pushed_authorization_request_endpoint: () => isADoor('pushed_authorization_request_endpoint'),
    userinfo_endpoint: () => isADoor('userinfo_endpoint'),
    jwks_uri: () => isADoor('jwks_uri'),
    scopes_supported: async () => {
      for (const scope of listed('scopes_supported')) expect(await pushed({ scope: `openid ${scope}` }), scope).to.equal('taken')
      expect(await pushed({ scope: 'openid payments' })).to.equal('invalid_scope')
    },
    response_types_supported: async () => {
      for (const type of listed('response_types_supported')) expect(await pushed({ response_type: type })).to.equal('taken')
      for (const type of ['token', 'id_token', 'code id_token', 'none'])
        expect(await pushed({ response_type: type }), type).to.equal('unsupported_response_type')
    },
    response_modes_supported: async () => {
      const [query, posted] = listed('response_modes_supported')
      expect([query, posted]).to.deep.equal(['query', 'form_post'])
      const { callback } = await signIn(here, all, { with: { response_mode: 'query' } })
      expect(callback.searchParams.has('code')).to.equal(true)
      const begun = await begin(here, all, { with: { response_mode: 'form_post' } })
      expect((await accept(begun.browser, await proveByPin(begun))).html).to.match(/<form[^>]*method="?post/)
      for (const mode of ['fragment', 'query.jwt', 'web_message'])
        expect(await pushed({ response_mode: mode }), mode).to.equal('invalid_request')
    },
    grant_types_supported: async () => {
      expect(listed('grant_types_supported')).to.deep.equal(['authorization_code'])
      for (const grant of ['password', 'client_credentials', 'refresh_token', 'implicit'])
        expect((await call(here, all, TOKEN, { grant_type: grant })).json['error'], grant).to.equal('unsupported_grant_type')
    },
    acr_values_supported: async () => {
      const essential = (acr: string) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, value: acr } } }) })
      for (const acr of listed('acr_values_supported')) expect(await pushed(essential(acr)), acr).to.equal('taken')
      expect(await pushed(essential('urn:of:nobody'))).to.equal('unmet_authentication_requirements')
      const { idToken } = await loggedIn(all, essential('mosip:idp:acr:static-code'))
      expect(decodeJwt(idToken)['acr']).to.equal('mosip:idp:acr:static-code')
    },
    subject_types_supported: async () => {
      for (const type of listed('subject_types_supported')) await fresh('ES256', { subject_type: type })
      await isRefused({ subject_type: 'public' })
    },
    id_token_signing_alg_values_supported: signs,
    userinfo_signing_alg_values_supported: async () =>
      // Both by one algorithm, above.
      void expect(listed('userinfo_signing_alg_values_supported')).to.deep.equal(listed('id_token_signing_alg_values_supported')),
    userinfo_encryption_alg_values_supported: encrypts('userinfo'),
    userinfo_encryption_enc_values_supported: () =>
      isRefused({ userinfo_encrypted_response_alg: 'ECDH-ES', userinfo_encrypted_response_enc: 'A128CBC-HS256' }),
    id_token_encryption_alg_values_supported: encrypts('id_token'),
    id_token_encryption_enc_values_supported: () =>
      isRefused({ id_token_encrypted_response_alg: 'ECDH-ES', id_token_encrypted_response_enc: 'A128CBC-HS256' }),
    token_endpoint_auth_methods_supported: async () => {
      expect(listed('token_endpoint_auth_methods_supported')).to.deep.equal(['private_key_jwt'])
      for (const method of ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'tls_client_auth'])
        await isRefused({ token_endpoint_auth_method: method })
      const body = form({ client_id: all.id, client_secret: 'secret', grant_type: 'authorization_code', code: 'x' })
      for (const headers of [FORM, { ...FORM, authorization: `Basic ${btoa(`${all.id}:secret`)}` }])
        expect((await send(here.issuer, { method: 'POST', path: TOKEN, headers, body })).status).to.equal(401)
    },
    token_endpoint_auth_signing_alg_values_supported: async () => {
      for (const alg of listed('token_endpoint_auth_signing_alg_values_supported') as readonly Alg[])
        expect(await pushed({}, await fresh(alg)), alg).to.equal('taken')
      await isRefused({ token_endpoint_auth_signing_alg: 'HS256' })
    },
    dpop_signing_alg_values_supported: async () => {
      const { members } = await requestOf(all)
      for (const alg of listed('dpop_signing_alg_values_supported'))
        expect((await pushWithProof(here, all, members, await dpopKey(alg))).status, alg).to.equal(201)
      const { json } = await pushWithProof(here, all, members, await dpopKey('ES384'))
      expect(json['error']).to.equal('invalid_dpop_proof')
    },
    code_challenge_methods_supported: async () => {
      for (const method of listed('code_challenge_methods_supported'))
        expect(await pushed({ code_challenge_method: method })).to.equal('taken')
      for (const method of ['plain', 'S512']) expect(await pushed({ code_challenge_method: method }), method).to.equal('invalid_request')
    },
    display_values_supported: async () => {
      for (const display of listed('display_values_supported')) expect(await pushed({ display })).to.equal('taken')
      expect(await pushed({ display: 'hologram' })).to.equal('invalid_request')
    },
    claim_types_supported: async () => void expect(listed('claim_types_supported')).to.deep.equal(['normal']),
    claims_supported: async () => {
      const asked = { userinfo: Object.fromEntries(userClaims().map((claim) => [claim, null])) }
      const { idToken, told } = await loggedIn(all, { claims: JSON.stringify(asked) }, userClaims())
      const given = new Set([...Object.keys(decodeJwt(idToken)), ...Object.keys(decodeJwt(told.body))])
      given.delete('at_hash')
      expect(listed('claims_supported')).to.include.members([...given])
      // Everything but what this person has not got.
      const missing = listed('claims_supported').filter((claim) => !given.has(claim))
      expect(['middle_name', 'nickname', 'preferred_username']).to.include.members(missing)
      await isRefused({ claims: ['shoe_size'] })
    },
    claims_parameter_supported: async () =>
      void expect([metadata['claims_parameter_supported'], await pushed({ claims: '[' })]).to.deep.equal([true, 'invalid_request']),
    verified_claims_supported: async () => void expect(await verified({})).to.include('verification'),
    trust_frameworks_supported: async () => {
      for (const framework of listed('trust_frameworks_supported'))
        expect(await verified({ trust_framework: { value: framework } })).to.include(`"trust_framework":"${framework}"`)
      expect(await verified({ trust_framework: { value: 'gold' } })).to.equal('[null,null]')
    },
    claims_in_verified_claims_supported: async () => {
      for (const claim of listed('claims_in_verified_claims_supported'))
        expect(await verified({}, { [claim]: null }), claim).to.include(`"${claim}":`)
      expect(await verified({}, { picture: null })).to.equal('[null,null]')
    },
    evidence_supported: async () => {
      for (const type of listed('evidence_supported')) {
        const signature = { signature_type: null, issuer: null, serial_number: null }
        expect(await verified(evidence(type, type === 'electronic_signature' ? signature : {}))).to.include(`"type":"${type}"`)
      }
    },
    documents_supported: async () => {
      for (const type of listed('documents_supported'))
        expect(await verified(evidence('document', { document_details: { type: { value: type } } }))).to.include(`"type":"${type}"`)
      expect(await verified(evidence('document', { document_details: { type: { value: 'driving_permit' } } }))).to.equal('[null,null]')
    },
    documents_check_methods_supported: async () => {
      for (const method of listed('documents_check_methods_supported'))
        expect(await verified(evidence('document', { check_details: [{ check_method: { value: method } }] }))).to.include(`"${method}"`)
    },
    electronic_records_supported: async () => {
      for (const type of listed('electronic_records_supported'))
        expect(await verified(evidence('electronic_record', { record: { type: { value: type } } }))).to.include(`"type":"${type}"`)
    },
    ui_locales_supported: async () => {
      for (const locale of listed('ui_locales_supported')) {
        const { page } = await begin(here, all, { with: { ui_locales: locale } })
        expect(page.html).to.match(new RegExp(`<html[^>]*lang="?${locale}`))
      }
      // OpenID Connect Core §3.1.2.1: a language that is not there is no error.
      expect((await begin(here, all, { with: { ui_locales: 'xx' } })).page.html).to.match(/<html[^>]*lang="?en/)
    },
    request_parameter_supported: async () => {
      expect(metadata['request_parameter_supported']).to.equal(false)
      expect(await pushed({ request: 'e30.e30.' })).to.equal('request_not_supported')
    },
    request_uri_parameter_supported: async () => {
      expect(metadata['request_uri_parameter_supported']).to.equal(false)
      const { page } = await begin(here, all, { with: { request_uri: 'https://evil.example/request' } })
      expect(callbackOf(page).searchParams.get('error')).to.equal('request_uri_not_supported')
    },
    require_request_uri_registration: async () => void expect(metadata['require_request_uri_registration']).to.equal(false),
    require_pushed_authorization_requests: async () => {
      expect(metadata['require_pushed_authorization_requests']).to.equal(false)
      expect((await signIn(here, all, { via: 'direct' })).code).to.have.length.above(20)
    },
    authorization_response_iss_parameter_supported: async () => {
      const { page } = await begin(here, all, { with: { prompt: 'none' } })
      expect(callbackOf(page).searchParams.get('iss')).to.equal(metadata['issuer'])
    },
  }

  it('the documents are one, whoever asks and by whatever host', async () => {
    const [, port = ''] = /:(\d+)$/.exec(here.issuer) ?? []
    const bodies = await Promise.all(
      DOCUMENTS.flatMap((path) =>
        [{}, { host: `evil.example:${port}`, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }].map(
          async (headers) => (await send(here.issuer, { path, headers })).body,
        ),
      ),
    )
    expect(new Set(bodies).size).to.equal(1)
    expect(bodies[0]).to.not.include('evil')
  })

  it('no member is without a proof', () => {
    expect(Object.keys(WALK)).to.include.members(Object.keys(metadata))
  })

  for (const [member, isTrue] of Object.entries(WALK))
    it(member, async () => {
      // What is not stated here is not promised.
      if (Object.hasOwn(metadata, member)) await isTrue()
    })
})
