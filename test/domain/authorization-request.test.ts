import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { readAuthorizationRequest, type AuthorizationRequest, type RefusedRequest } from '../../domain/authorization-request.ts'
import type { Factor } from '../../domain/ports.ts'
import { checkCommand, documentDefaults } from '../../schemas/check.ts'
import type { ClientConfiguration, Policy } from '../../schemas/generated.ts'

const policy = documentDefaults('policy') as unknown as Policy
const OTP = 'mosip:idp:acr:generated-code'
const PIN = 'mosip:idp:acr:static-code'
const WALLET = 'mosip:idp:acr:linked-wallet'

const client = (more: Partial<ClientConfiguration> = {}): ClientConfiguration => ({
  client_id: 'rp',
  client_name: 'RP',
  redirect_uris: ['https://rp.example/cb'],
  jwks: { keys: [] },
  grant_types: ['authorization_code'],
  response_types: ['code'],
  subject_type: 'pairwise',
  sector_identifier: 'rp.example',
  token_endpoint_auth_method: 'private_key_jwt',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'ES256',
  require_pushed_authorization_requests: false,
  require_pkce: false,
  scope: 'openid profile email',
  claims: ['name', 'email'],
  default_acr_values: [],
  profile: 'compatible',
  assertion_audience: 'issuer',
  userinfo_format: 'jwt',
  consent_days: 0,
  ...more,
})

type Given = Readonly<Record<string, string>>

const read = (
  given: Given = {},
  configuration = client(),
  offered: readonly Factor[] = ['otp', 'pin'],
): AuthorizationRequest | RefusedRequest =>
  readAuthorizationRequest(new Map(Object.entries({ response_type: 'code', scope: 'openid', ...given })), {
    policy,
    client: configuration,
    offered,
    via: 'par',
  })

const fieldsOf = (...by: Parameters<typeof read>): AuthorizationRequest['fields'] => {
  const request = read(...by)
  if ('refusal' in request) throw new Error(request.refusal)
  return request.fields
}

const refusalOf = (given: Given, ...more: readonly never[]): string => {
  const request = read(given, ...more)
  return 'refusal' in request ? request.refusal : 'none'
}

const CHALLENGE = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }

describe('reading an authorization request', () => {
  it('the least', () => {
    expect(read()).to.deep.equal({
      fields: { responseMode: 'query', scopes: ['openid'], claims: [], acrs: [], acrEssential: false, factors: ['otp', 'pin'], prompt: [] },
      raw: {},
    })
  })

  it('the most', () => {
    const raw = {
      state: 's'.repeat(2000),
      nonce: 'n'.repeat(512),
      ui_locales: 'fr en',
      claims_locales: 'fr',
      login_hint: '123',
      id_token_hint: 'a.b.c',
      display: 'touch',
      claims: '{"userinfo":{"name":{"essential":true}},"id_token":{"sub":{"value":"person"}}}',
    }
    const request = read({
      ...raw,
      ...CHALLENGE,
      scope: ' openid  email openid ',
      response_mode: 'form_post',
      prompt: 'login consent login',
      max_age: '0',
      acr_values: `${PIN} unknown`,
      client_secret: 'never kept',
      hinted_sub: 'planted',
    })
    expect(request).to.deep.equal({
      fields: {
        responseMode: 'form_post',
        scopes: ['openid', 'email'],
        claims: [
          { name: 'name', essential: true },
          { name: 'email', essential: false },
        ],
        acrs: [PIN],
        acrEssential: false,
        factors: ['pin'],
        prompt: ['login', 'consent'],
        maxAgeS: 0,
        codeChallenge: CHALLENGE.code_challenge,
      },
      raw: { ...raw, hinted_sub: 'person' },
    })
  })

  it('no value of the raw request is in what is recorded (rule 1)', () => {
    const canary = 'canary-7f3a'
    const claims = JSON.stringify({ userinfo: { name: { value: canary, values: [canary] } }, id_token: { sub: { value: canary } } })
    const given = {
      state: canary,
      nonce: canary,
      login_hint: canary,
      id_token_hint: canary,
      ui_locales: canary,
      claims_locales: canary,
      claims,
    }
    expect(JSON.stringify(fieldsOf(given))).not.to.include(canary)
  })

  const refusals: readonly (readonly [given: Given, refusal: string])[] = [
    [{ response_type: 'token' }, 'response_type_unsupported'],
    [{ response_type: 'code id_token' }, 'response_type_unsupported'],
    [{ response_type: 'CODE' }, 'response_type_unsupported'],
    [{ request: 'a.b.c' }, 'request_object_unsupported'],
    [{ request_uri: 'https://evil.example/r' }, 'request_object_unsupported'],
    [{ response_mode: 'fragment' }, 'request_invalid'],
    [{ response_mode: 'query.jwt' }, 'request_invalid'],
    [{ state: 's'.repeat(2001) }, 'request_invalid'],
    [{ nonce: 'n'.repeat(513) }, 'request_invalid'],
    [{ max_age: '-1' }, 'request_invalid'],
    [{ max_age: '1.5' }, 'request_invalid'],
    [{ max_age: '1e9' }, 'request_invalid'],
    [{ max_age: ' 1' }, 'request_invalid'],
    [{ max_age: '1234567890' }, 'request_invalid'],
    [{ display: 'tv' }, 'request_invalid'],
    [{ prompt: 'create' }, 'prompt_invalid'],
    [{ prompt: 'Login' }, 'prompt_invalid'],
    [{ claims: '{' }, 'claims_invalid'],
    [{ scope: 'openid "x"' }, 'scope_invalid'],
    [{ scope: Array.from({ length: 33 }, (_, n) => `s${String(n)}`).join(' ') }, 'scope_invalid'],
    [{ code_challenge: CHALLENGE.code_challenge }, 'pkce_missing'],
    [{ ...CHALLENGE, code_challenge_method: 'plain' }, 'pkce_missing'],
    [{ ...CHALLENGE, code_challenge_method: 's256' }, 'pkce_missing'],
    [{ code_challenge_method: 'S256' }, 'pkce_missing'],
    [{ ...CHALLENGE, code_challenge: 'short' }, 'request_invalid'],
    [{ ...CHALLENGE, code_challenge: `${CHALLENGE.code_challenge}=` }, 'request_invalid'],
    [{ ...CHALLENGE, code_challenge: 'a'.repeat(44) }, 'request_invalid'],
  ]
  for (const [given, refusal] of refusals)
    it(`${JSON.stringify(given).slice(0, 70)}: ${refusal}`, () => expect(refusalOf(given)).to.equal(refusal))

  it('a reference to a request object has an error of its own (OpenID Connect Core §3.1.2.6)', () => {
    expect(read({ request_uri: 'https://evil.example/r' })).to.include({ error: 'request_uri_not_supported' })
    expect(read({ request: 'x' })).to.deep.equal({ refusal: 'request_object_unsupported' })
  })

  it('response_type is required', () => {
    const parameters = new Map([['scope', 'openid']])
    expect(readAuthorizationRequest(parameters, { policy, client: client(), offered: ['otp'], via: 'direct' })).to.deep.equal({
      refusal: 'request_invalid',
    })
  })
})

describe('contexts and factors of a request (rule 33)', () => {
  const essential = (...values: readonly string[]): Given => ({
    claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
  })

  it('the order of the request is kept, and what cannot be met is left out', () => {
    expect(fieldsOf({ acr_values: `${WALLET} ${PIN} ${OTP}` })).to.deep.include({
      acrs: [PIN, OTP],
      factors: ['pin', 'otp'],
      acrEssential: false,
    })
  })

  it('claims win over acr_values', () => {
    expect(fieldsOf({ acr_values: OTP, ...essential(PIN) })).to.deep.include({ acrs: [PIN], factors: ['pin'], acrEssential: true })
  })

  it('voluntary and not possible: everything on offer', () => {
    expect(fieldsOf({ acr_values: `${WALLET} nonsense` })).to.deep.include({ acrs: [], factors: ['otp', 'pin'] })
  })

  it('essential and not possible is refused (OpenID Connect Core §5.5.1.1)', () => {
    expect(read(essential(WALLET))).to.deep.equal({ refusal: 'acr_unavailable' })
    expect(read(essential('nonsense'))).to.deep.equal({ refusal: 'acr_unavailable' })
  })

  it('a client gets the contexts that it is registered for, and no others', () => {
    const registered = client({ default_acr_values: [PIN] })
    expect(fieldsOf({}, registered)).to.deep.include({ acrs: [PIN], factors: ['pin'] })
    expect(fieldsOf({ acr_values: OTP }, registered)).to.deep.include({ acrs: [PIN], factors: ['pin'] })
    expect(read(essential(OTP), registered)).to.deep.equal({ refusal: 'acr_unavailable' })
    expect(read({}, client({ default_acr_values: [WALLET] }))).to.deep.equal({ refusal: 'acr_unavailable' })
  })

  it('nothing on offer is refused', () => {
    expect(read({}, client(), [])).to.deep.equal({ refusal: 'acr_unavailable' })
  })
})

describe('whatever is asked, what is read can be recorded', () => {
  it('fields fit the schema of StartAuthorization', () => {
    const word = fc.constantFrom('openid', 'profile', 'x', 'login', 'consent', 'none', OTP, PIN, WALLET, 'é', '"')
    const words = fc.array(word, { maxLength: 6 }).map((list) => list.join(' '))
    const given = fc.record(
      {
        scope: words,
        prompt: words,
        acr_values: words,
        max_age: fc.oneof(fc.nat().map(String), fc.string()),
        response_mode: fc.constantFrom('query', 'form_post', 'x'),
        code_challenge: fc.constantFrom(CHALLENGE.code_challenge, 'x'),
        code_challenge_method: fc.constantFrom('S256', 'plain'),
        claims: fc.json(),
        state: fc.string(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(given, (parameters) => {
        const present = Object.fromEntries(Object.entries(parameters).filter((row): row is [string, string] => typeof row[1] === 'string'))
        const request = read(present)
        if ('refusal' in request) return
        const command = {
          type: 'StartAuthorization',
          at: '2026-11-24T12:00:00.000Z',
          client: 'rp',
          via: 'par',
          redirectUri: 'https://rp.example/cb',
          ...request.fields,
          requestDigest: 'a'.repeat(43),
          plugin: { id: 'mock', version: '1' },
        }
        expect(checkCommand('transaction', command)).to.include({ ok: true })
      }),
      { numRuns: 200 },
    )
  })
})
