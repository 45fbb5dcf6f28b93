import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { before, describe, it } from 'mocha'
import { completeRegistration, type Completed, type Deployment } from '../../src/client-registration.ts'
import { policy } from '../support/given.ts'

const pair = promisify(generateKeyPair)

const deployment: Deployment = {
  plugin: {
    id: 'mock',
    claims: ['name', 'given_name', 'email', 'birthdate', 'address'],
    factors: [{ factor: 'pin', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } }],
  },
  policy,
}

const ED = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

const minimal = {
  client_id: 'shop',
  client_name: 'The Shop',
  redirect_uris: ['https://shop.example/cb'],
  jwks: { keys: [ED] },
  profile: 'compatible',
}

const complete = (change: object = {}, ...current: [] | [Parameters<typeof completeRegistration>[2]]): Completed =>
  // As a file says it: what is undefined is left out.
  completeRegistration(JSON.parse(JSON.stringify({ ...minimal, ...change })), deployment, ...current)

const problems = (change: object, ...current: [] | [Parameters<typeof completeRegistration>[2]]): readonly string[] => {
  const completed = complete(change, ...current)
  return completed.ok ? [] : completed.problems
}

describe('client registration', () => {
  let ec: object
  let rsa: object
  let weak: object
  let p384: object

  before(async () => {
    const [a, b, c, d] = await Promise.all([
      pair('ec', { namedCurve: 'P-256' }),
      pair('rsa', { modulusLength: 2048 }),
      pair('rsa', { modulusLength: 1024 }),
      pair('ec', { namedCurve: 'P-384' }),
    ])
    ec = a.publicKey.export({ format: 'jwk' })
    rsa = b.publicKey.export({ format: 'jwk' })
    weak = c.publicKey.export({ format: 'jwk' })
    p384 = d.publicKey.export({ format: 'jwk' })
  })

  it('what is left out takes our defaults, complete (rule 34)', () => {
    const completed = complete()
    expect(completed).to.deep.equal({
      ok: true,
      configuration: {
        ...minimal,
        grant_types: ['authorization_code'],
        response_types: ['code'],
        subject_type: 'pairwise',
        sector_identifier: 'shop.example',
        token_endpoint_auth_method: 'private_key_jwt',
        id_token_signed_response_alg: 'ES256',
        userinfo_signed_response_alg: 'ES256',
        require_pushed_authorization_requests: false,
        require_pkce: true,
        dpop_bound_access_tokens: false,
        scope: 'openid',
        claims: [],
        default_acr_values: [],
        assertion_audience: 'issuer_or_endpoint',
        userinfo_format: 'jwt',
        consent_days: 365,
      },
    })
  })

  it('who states no profile is of fapi2, with all that it demands (rule 34)', () => {
    const completed = complete({ profile: undefined })
    expect(completed.ok && completed.configuration).to.include({
      profile: 'fapi2',
      require_pushed_authorization_requests: true,
      require_pkce: true,
      dpop_bound_access_tokens: true,
      assertion_audience: 'issuer',
      userinfo_format: 'jwt',
    })
    expect(complete({ profile: 'fapi2' })).to.deep.equal(completed)
  })

  it('fapi2: each contradiction is an error, all at once (rule 34, FAPI 2.0 §5.3.2 and §5.4.1)', () => {
    const wrong = {
      profile: undefined,
      require_pushed_authorization_requests: false,
      require_pkce: false,
      dpop_bound_access_tokens: false,
      assertion_audience: 'issuer_or_endpoint',
      token_endpoint_auth_signing_alg: 'RS256',
      id_token_signed_response_alg: 'RS256',
      userinfo_signed_response_alg: 'RS256',
      jwks: { keys: [{ ...rsa, alg: 'RS256' }] },
      redirect_uris: ['http://localhost:3000/cb'],
    }
    const members = ['jwks', ...Object.keys(wrong).filter((member) => member !== 'profile' && member !== 'jwks')]
    expect(problems(wrong).map((problem) => problem.split(':')[0])).to.have.members(members)
    expect(problems({ ...wrong, profile: 'compatible' })).to.deep.equal([])
    expect(problems({ profile: 'fapi2', userinfo_format: 'json' })).to.deep.equal(['userinfo_format: profile fapi2 demands jwt'])
  })

  it('an update that states no profile keeps the one that the client has (rule 34)', () => {
    const old = complete()
    const strict = complete({ profile: 'fapi2' })
    if (!old.ok || !strict.ok) throw new Error('both registrations are fine')
    expect(complete({ profile: undefined }, old.configuration)).to.deep.equal(old)
    expect(complete({ profile: undefined }, strict.configuration)).to.deep.equal(strict)
  })

  it('claims left out are those that its scopes promise and the ID system has, no more', () => {
    const completed = complete({ scope: 'openid email' })
    expect(completed.ok && completed.configuration.claims).to.deep.equal(['email'])
  })

  it('says all that is wrong at once, each naming its member', () => {
    const found = problems({
      client_name: '',
      redirect_uris: ['http://shop.example/cb', 'https://shop.example/#x'],
      jwks: { keys: [{ ...ED, d: 'secret' }] },
      scope: 'profile profile',
      claims: ['shoe_size'],
      default_acr_values: ['acr:unheard'],
      consent_days: -1,
      colour: 'red',
    })
    const members = found.map((problem) => problem.split(':')[0])
    expect(members).to.have.members([
      'colour',
      'redirect_uris[0]',
      'redirect_uris[1]',
      'jwks.keys[0]',
      'scope',
      'scope',
      'claims',
      'default_acr_values',
      'client_name',
      'consent_days',
    ])
  })

  it('a scope of the relying party beyond those that name claims is the operator’s to grant: the person is asked for it', () => {
    const completed = complete({ scope: 'openid residence_certificate' })
    expect(completed.ok && completed.configuration.scope).to.equal('openid residence_certificate')
  })

  it('what is missing is said once', () => {
    const completed = completeRegistration({}, deployment)
    expect(completed.ok ? [] : completed.problems.map((problem) => problem.split(':')[0]).sort()).to.deep.equal([
      'client_id',
      'client_name',
      'jwks',
      'redirect_uris',
    ])
    expect(completeRegistration([], deployment).ok).to.equal(false)
  })

  it('redirect URIs: https, or http on loopback; no fragment, user, wildcard or odd character', () => {
    const bad = [
      'http://shop.example/cb',
      'https://shop.example/cb#',
      'https://me@shop.example/cb',
      'https://@shop.example/cb',
      'https://*.shop.example/cb',
      'https://shop.example\\@evil.example/cb',
      'https://shop.example/c b',
      '/cb',
      'javascript:alert(1)',
      'app:/cb',
      'http://localhost.evil.example/cb',
    ]
    for (const uri of bad) expect(problems({ redirect_uris: [uri] }), uri).to.have.length.greaterThan(0)
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:9'])
      expect(problems({ redirect_uris: [`http://${host}/cb`] })).to.deep.equal([])
  })

  it('one sector: redirect URIs of several hosts are refused (rule 19)', () => {
    const two = ['https://shop.example/cb', 'https://pay.example/cb']
    expect(problems({ redirect_uris: two })).to.have.length(1)
    expect(problems({ redirect_uris: two, sector_identifier: 'shop.example' })).to.have.length(1)
    expect(problems({ sector_identifier: 'other.example' })).to.deep.equal(['sector_identifier: must be shop.example, or be left out'])
  })

  it('an update keeps the sector that was frozen at first use, also on a new host (rule 19)', () => {
    const before_ = complete()
    if (!before_.ok) throw new Error('the registration is fine')
    const moved = complete({ redirect_uris: ['https://new.example/cb'] }, before_.configuration)
    expect(moved.ok && moved.configuration.sector_identifier).to.equal('shop.example')
    expect(problems({ client_id: 'other' }, before_.configuration)).to.have.length(1)
  })

  it('keys: P-256, Ed25519, RSA from 2048 bits; nothing weak, private, foreign or off its curve', () => {
    for (const key of [ED, ec, rsa]) expect(problems({ jwks: { keys: [key] } })).to.deep.equal([])
    const bad = [
      weak,
      p384,
      { ...ec, y: (ec as { x: string }).x },
      { ...ED, d: 'x' },
      { kty: 'oct', k: 'c2VjcmV0' },
      { ...ED, alg: 'ES256' },
      { ...rsa, e: 'Aw' },
    ]
    for (const key of bad) expect(problems({ jwks: { keys: [key] } }), JSON.stringify(key).slice(0, 60)).to.have.length(1)
    expect(problems({ jwks: { keys: [{ ...ED, use: 'enc' }] } })).to.have.length(1)
    expect(problems({ jwks: { keys: [ED] }, token_endpoint_auth_signing_alg: 'RS256' })).to.have.length(1)
  })

  it('encrypted userinfo needs a key that is for it, by its use or its alg, strong and public', () => {
    const wants = (alg: string, key: object, more: object = {}) =>
      problems({
        jwks: {
          keys: [
            { ...ED, kid: 'sig' },
            { ...key, kid: 'enc' },
          ],
        },
        userinfo_encrypted_response_alg: alg,
        ...more,
      })
    const good: readonly (readonly [alg: string, key: object])[] = [
      ['RSA-OAEP-256', { ...rsa, use: 'enc' }],
      ['RSA-OAEP-256', { ...rsa, alg: 'RSA-OAEP-256' }],
      ['ECDH-ES', { ...ec, use: 'enc' }],
      ['ECDH-ES', { ...ec, use: 'enc', alg: 'ECDH-ES' }],
      ['ECDH-ES+A256KW', { ...ec, use: 'enc' }],
    ]
    for (const [alg, key] of good) {
      expect(wants(alg, key), alg).to.deep.equal([])
      expect(wants(alg, key, { profile: 'fapi2' }), alg).to.deep.equal([])
      expect(wants(alg, key, { userinfo_encrypted_response_enc: 'A256GCM' }), alg).to.deep.equal([])
      expect(wants(alg, key, { userinfo_format: 'json' }), alg).to.have.length(1)
      expect(wants(alg, key, { userinfo_encrypted_response_enc: 'A128CBC-HS256' }), alg).to.have.length(1)
    }
    const bad: readonly (readonly [alg: string, key: object])[] = [
      ['RSA-OAEP-256', { ...weak, use: 'enc' }],
      ['RSA-OAEP-256', { ...rsa, use: 'enc', d: 'x' }],
      ['RSA-OAEP-256', { ...rsa, use: 'sig' }],
      ['RSA-OAEP-256', rsa],
      ['RSA-OAEP-256', { ...ec, use: 'enc' }],
      ['RSA-OAEP', { ...rsa, use: 'enc' }],
      ['RSA1_5', { ...rsa, use: 'enc' }],
      ['ECDH-ES', { ...p384, use: 'enc' }],
      ['ECDH-ES', { ...ec, use: 'enc', alg: 'ECDH-ES+A256KW' }],
      ['ECDH-ES', { ...ec, alg: 'ES256' }],
      ['ECDH-ES', { ...ED, use: 'enc' }],
      ['dir', { kty: 'oct', k: 'c2VjcmV0', use: 'enc' }],
    ]
    for (const [alg, key] of bad) expect(wants(alg, key), `${alg} ${JSON.stringify(key).slice(0, 80)}`).not.to.be.empty
    expect(problems({ userinfo_encrypted_response_enc: 'A256GCM' })).to.have.length(1)
    expect(problems({ jwks: { keys: [{ ...rsa, alg: 'RSA-OAEP-256' }] } }), 'no key that signs').to.have.length(1)
    const completed = complete({
      jwks: {
        keys: [
          { ...ED, kid: 'a' },
          { ...ec, kid: 'b', use: 'enc' },
        ],
      },
      userinfo_encrypted_response_alg: 'ECDH-ES',
    })
    expect(completed.ok && completed.configuration.userinfo_encrypted_response_enc).to.equal('A256GCM')
  })

  it('several keys need different kids; of a key only what verifying needs is kept', () => {
    expect(problems({ jwks: { keys: [ED, ec] } })).to.have.length(1)
    expect(
      problems({
        jwks: {
          keys: [
            { ...ED, kid: 'a' },
            { ...ec, kid: 'a' },
          ],
        },
      }),
    ).to.have.length(1)
    const completed = complete({
      jwks: {
        keys: [
          { ...ED, kid: 'a', x5c: ['x'] },
          { ...ec, kid: 'b' },
        ],
      },
    })
    expect(completed.ok && completed.configuration.jwks?.keys[0]).to.deep.equal({ ...ED, kid: 'a' })
  })

  it('keys: one as jwk, a set as jwks, or where they are published; never two of them (RFC 7591 §2)', () => {
    const one = complete({ jwks: undefined, jwk: ED })
    expect(one).to.deep.equal(complete())
    const elsewhere = complete({ jwks: undefined, jwks_uri: 'https://shop.example/jwks' })
    expect(elsewhere.ok && elsewhere.configuration).to.include({ jwks_uri: 'https://shop.example/jwks' })
    expect(elsewhere.ok && elsewhere.configuration).not.to.have.property('jwks')
    expect(problems({ jwk: ED })).to.deep.equal(['jwk: contradicts jwks; leave one of them out'])
    expect(problems({ jwks_uri: 'https://shop.example/jwks' })).to.deep.equal(['jwks_uri: contradicts jwks; leave one of them out'])
    expect(problems({ jwks: undefined })).to.have.length(1)
  })

  it('jwks_uri: https and a public name; an address or a local name can be refused beforehand (attack 11)', () => {
    const bad = [
      'http://shop.example/jwks',
      'https://10.0.0.1/',
      'https://[::1]/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://localhost/',
    ]
    for (const uri of [
      ...bad,
      'https://keys/',
      'https://a.localhost/',
      'https://me@shop.example/',
      'https://shop.example/#k',
      'no',
      7,
      null,
      '',
    ])
      expect(problems({ jwks: undefined, jwks_uri: uri }), String(uri)).to.have.length(1)
    for (const uri of ['https://shop.example/jwks', 'https://keys.shop.example:8443/a?b=c', 'https://xn--bcher-kva.example/jwks'])
      expect(problems({ jwks: undefined, jwks_uri: uri }), uri).to.deep.equal([])
  })

  it('what this version does not do is refused plainly, and contradictions are errors', () => {
    expect(problems({ userinfo_format: 'json', userinfo_signed_response_alg: 'ES256' })).to.have.length(1)
    expect(problems({ userinfo_format: 'json' })).to.deep.equal([])
    expect(problems({ token_endpoint_auth_method: 'client_secret_basic' })).to.have.length(1)
    expect(problems({ profile: 'fapi3' })).to.have.length(1)
  })

  it('texts in other languages pass through', () => {
    const completed = complete({ 'client_name#fr': 'La Boutique', purpose: 'To deliver', 'purpose#fr': 'Pour livrer' })
    expect(completed.ok && completed.configuration['client_name#fr']).to.equal('La Boutique')
  })

  it('never throws, whatever it is handed', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(minimal), 'scope', 'claims', 'x'), fc.jsonValue()), (input) => {
        expect(completeRegistration(input, deployment)).to.have.property('ok')
      }),
      { numRuns: 200 },
    )
  })
})
