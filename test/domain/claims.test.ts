import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { isClaimScope, readClaimsRequest, releasedLanguages, releasedMembers, requestedClaims } from '../../domain/claims.ts'

const read = (value: unknown) => readClaimsRequest(typeof value === 'string' ? value : JSON.stringify(value))

describe('the claims parameter (OpenID Connect Core §5.5, attack 26)', () => {
  it('names and essential flags; values stay out', () => {
    expect(
      read({
        userinfo: {
          name: { essential: true },
          email: null,
          phone_number: { essential: false, purpose: 'to call you' },
          gender: { value: 'x', values: ['x', 'y'], other: 1 },
        },
      }),
    ).to.deep.equal({
      userinfo: [
        { name: 'name', essential: true },
        { name: 'email', essential: false },
        { name: 'phone_number', essential: false },
        { name: 'gender', essential: false },
      ],
    })
  })

  it('empty, null and unknown members ask for nothing', () => {
    for (const value of [
      {},
      { userinfo: null },
      { userinfo: {}, id_token: {} },
      { unknown: { name: null } },
      { id_token: { email: { essential: true } } },
    ])
      expect(read(value)).to.deep.equal({ userinfo: [] })
  })

  it('a name in several languages is one claim, essential when one is', () => {
    expect(read({ userinfo: { 'name#fr': null, 'name#ja-Kana-JP': { essential: true }, name: null } })?.userinfo).to.deep.equal([
      { name: 'name', essential: true },
    ])
  })

  it('acr of the ID token, with value or values', () => {
    expect(read({ id_token: { acr: { essential: true, values: ['a', 'b', 'a'] } } })?.acr).to.deep.equal({
      values: ['a', 'b'],
      essential: true,
    })
    expect(read({ id_token: { acr: { value: 'a' } } })?.acr).to.deep.equal({ values: ['a'], essential: false })
    expect(read({ id_token: { acr: { essential: true } } })?.acr).to.equal(undefined)
    expect(read({ id_token: { acr: null } })?.acr).to.equal(undefined)
    expect(read({ id_token: { acr: { values: [1, null, 'with space', {}] } } })?.acr).to.equal(undefined)
  })

  it('sub with a value means that person (§5.5.1), and is no claim', () => {
    expect(read({ id_token: { sub: { value: 'abc' } } })).to.deep.equal({ userinfo: [], subject: 'abc' })
    expect(read({ userinfo: { sub: null } })).to.deep.equal({ userinfo: [] })
  })

  it('what is malformed is refused', () => {
    for (const value of ['', '{', 'null', '[]', '"x"', '1', '{"userinfo":[]}', '{"userinfo":1}', '{"id_token":"x"}', '{} {}'])
      expect(read(value), value).to.equal(undefined)
    for (const entry of [
      1,
      'x',
      true,
      [],
      { essential: 'yes' },
      { essential: null },
      { values: 'x' },
      { purpose: 1 },
      { purpose: 'x'.repeat(301) },
    ])
      expect(read({ userinfo: { name: entry } }), JSON.stringify(entry)).to.equal(undefined)
  })

  it('deep, wide and long JSON is refused', () => {
    const deep = (depth: number): unknown => (depth === 0 ? null : { a: deep(depth - 1) })
    expect(read({ userinfo: { name: { value: deep(20) } } })).to.equal(undefined)
    expect(read({ userinfo: { name: { value: deep(5) } } })).not.to.equal(undefined)
    expect(read(`{"userinfo":${'['.repeat(7000)}${']'.repeat(7000)}}`)).to.equal(undefined)
    const wide = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`c${String(n)}`, null]))
    expect(read({ userinfo: wide })).to.equal(undefined)
    expect(read({ other: 'x'.repeat(16_000) })).to.equal(undefined)
  })

  it('__proto__ and its like pollute nothing and ask for nothing', () => {
    expect(read('{"__proto__":{"userinfo":{"name":null}}}')).to.deep.equal({ userinfo: [] })
    const request = read('{"userinfo":{"__proto__":{"essential":true},"constructor":null,"hasOwnProperty":{"essential":true}}}')
    expect(request?.userinfo).to.deep.equal([{ name: 'constructor', essential: false }])
    expect(({} as { essential?: boolean }).essential).to.equal(undefined)
    expect(requestedClaims(['name'], ['openid'], request)).to.deep.equal([])
  })

  it('verified_claims wait for their own rules', () => {
    expect(read({ userinfo: { verified_claims: { verification: null, claims: null }, name: null } })?.userinfo).to.deep.equal([
      { name: 'name', essential: false },
    ])
  })

  it('never throws, and gives claims that events can hold', () => {
    const entry = fc.oneof(fc.constant(null), fc.record({ essential: fc.boolean() }), fc.anything())
    const names = fc.oneof(fc.constantFrom('name', 'email', 'name#fr', '__proto__', 'sub'), fc.string())
    const requests = fc.record({ userinfo: fc.dictionary(names, entry), id_token: fc.dictionary(names, entry) })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          requests.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const request = readClaimsRequest(text)
          for (const { name } of request?.userinfo ?? []) expect(name).to.match(/^[a-z][a-z0-9_]{0,63}$/)
          const names = request?.userinfo.map(({ name }) => name) ?? []
          expect(new Set(names).size).to.equal(names.length)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('which claims are asked for', () => {
  const registered = ['email', 'name', 'phone_number', 'picture', 'family_name']

  it('by scope and by name, registered ones only, in the order of the registration', () => {
    expect(requestedClaims(registered, ['openid'])).to.deep.equal([])
    expect(requestedClaims(registered, ['openid', 'phone', 'nonsense', '__proto__', 'constructor'])).to.deep.equal([
      { name: 'phone_number', essential: false },
    ])
    const request = read({ userinfo: { individual_id: { essential: true }, name: { essential: true } } })
    expect(requestedClaims(registered, ['openid', 'email'], request)).to.deep.equal([
      { name: 'email', essential: false },
      { name: 'name', essential: true },
    ])
  })

  it('profile is that of OpenID Connect and of eSignet 1.8', () => {
    expect(requestedClaims(registered, ['profile']).map(({ name }) => name)).to.deep.equal(registered)
    expect(requestedClaims(['individual_id', 'verified_claims'], ['profile', 'email', 'phone', 'address'])).to.deep.equal([])
  })

  it('asks never for more than is registered', () => {
    const claims = fc.array(fc.constantFrom('name', 'email', 'gender', 'address', 'birthdate'))
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...registered)),
        claims,
        fc.array(fc.constantFrom('openid', 'profile', 'email')),
        (allowed, wanted, scopes) => {
          const request = read({ userinfo: Object.fromEntries(wanted.map((name) => [name, { essential: true }])) })
          const asked = requestedClaims(allowed, scopes, request)
          expect(allowed).to.include.members(asked.map(({ name }) => name))
          expect(asked.filter(({ essential }) => essential).map(({ name }) => name)).to.have.members(
            allowed.filter((name) => (wanted as string[]).includes(name)),
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  it('scopes that are names for claims', () => {
    for (const scope of ['openid', 'profile', 'email', 'phone', 'address']) expect(isClaimScope(scope)).to.equal(true)
    for (const scope of ['Manage-VID', 'toString', '', 'offline_access']) expect(isClaimScope(scope)).to.equal(false)
  })
})

describe('languages of released claims (OpenID Connect Core §5.2)', () => {
  const value = { languages: { en: 'Anna', fr: 'Anne', 'ar-SA': 'آنا' } }
  const members = (locales: readonly string[]) => Object.fromEntries(releasedLanguages('name', value, locales))

  it('without a wish: the plain name, in the first language', () => expect(members([])).to.deep.equal({ name: 'Anna' }))

  it('one language: the plain name in it', () => {
    expect(members(['fr'])).to.deep.equal({ name: 'Anne' })
    expect(members(['fr-CA', 'de'])).to.deep.equal({ name: 'Anne' })
    expect(members(['AR'])).to.deep.equal({ name: 'آنا' })
  })

  it('several: tagged, and the plain name in the one wanted most', () => {
    expect(members(['fr', 'ar', 'fr'])).to.deep.equal({ name: 'Anne', 'name#fr': 'Anne', 'name#ar-SA': 'آنا' })
  })

  it('none of the wanted ones: as without a wish', () => expect(members(['de', '', '*'])).to.deep.equal({ name: 'Anna' }))

  it('what has no languages stays as it is', () => {
    for (const plain of [
      'x',
      1,
      null,
      true,
      ['a'],
      { formatted: 'x' },
      { languages: 'x' },
      { languages: { en: 1 } },
      { languages: {}, more: 1 },
    ])
      expect(releasedMembers({ claim: plain }, ['fr'])).to.deep.equal({ claim: plain })
    expect(releasedMembers({ name: { languages: {} } }, ['fr'])).to.deep.equal({})
  })

  it('gives every wanted language that is there once, and no other', () => {
    const tags = fc.uniqueArray(fc.constantFrom('en', 'fr', 'ar', 'hi', 'km'))
    fc.assert(
      fc.property(tags, tags, (available, wanted) => {
        const rows = releasedLanguages('n', { languages: Object.fromEntries(available.map((tag) => [tag, tag])) }, wanted)
        const both = wanted.filter((tag) => available.includes(tag))
        const tagged = rows.map(([name]) => name).filter((name) => name !== 'n')
        expect(tagged).to.deep.equal(both.length > 1 ? both.map((tag) => `n#${tag}`) : [])
        expect(new Map(rows).get('n')).to.equal(both[0] ?? available[0])
      }),
      { numRuns: 100 },
    )
  })
})
