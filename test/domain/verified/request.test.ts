import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { requestedVerified, summaryOf } from '../../../domain/verified/consent.ts'
import { readVerifiedRequests } from '../../../domain/verified/request.ts'
import type { VerifiedDescription } from '../../../domain/ports.ts'
import { birthdate, readAsked } from './samples.ts'

const DESCRIBED: VerifiedDescription = {
  trustFrameworks: [
    { id: 'register', name: { en: 'The register' } },
    { id: 'aml', name: { en: 'Bank law' } },
  ],
  claims: ['name', 'birthdate', 'email'],
  evidence: ['document', 'electronic_record'],
  documents: ['idcard'],
  documentCheckMethods: [],
  electronicRecords: ['population_register'],
}

describe('the request of verified_claims (OpenID Connect for Identity Assurance 1.0 §5)', () => {
  it('5.2: may sit in userinfo, in id_token, in both or in neither', () => {
    const both = readVerifiedRequests(
      JSON.stringify({ userinfo: { verified_claims: birthdate({}) }, id_token: { verified_claims: [birthdate({})] } }),
    )
    expect([both?.userinfo.requests.length, both?.userinfo.listed]).to.deep.equal([1, false])
    expect([both?.id_token.requests.length, both?.id_token.listed]).to.deep.equal([1, true])
    for (const text of [undefined, '{}', '{"userinfo":null}', '{"userinfo":{"verified_claims":null}}'])
      expect(readVerifiedRequests(text)?.userinfo.requests).to.deep.equal([])
  })

  it('takes null, essential, value, values, max_age and purpose where they belong', () => {
    for (const verification of [
      { trust_framework: { essential: true, purpose: 'to open an account' }, time: { max_age: 63_113_852 } },
      { trust_framework: { values: ['gold', 'silver'] }, assurance_level: { value: 'high' }, verification_process: null },
      {
        evidence: [
          {
            type: { value: 'document' },
            check_details: [{ check_method: null, time: { max_age: 5 } }],
            document_details: { type: { values: ['idcard'] } },
          },
        ],
      },
      {
        evidence: [
          { type: { value: 'vouch' }, attestation: { voucher: { name: null } } },
          { type: { value: 'electronic_signature' }, issuer: null },
        ],
      },
      { assurance_process: { policy: null, assurance_details: [{ evidence_ref: [{ check_id: null }] }] } },
    ])
      expect(readAsked(birthdate(verification)), JSON.stringify(verification)).to.not.equal(undefined)
    expect(readAsked({ verification: { trust_framework: null }, claims: null })?.userinfo.requests).to.have.length(1)
  })

  it('5.4: evidence/type takes value only, never values', () => {
    expect(readAsked(birthdate({ evidence: [{ type: { values: ['document'] } }] }))).to.equal(undefined)
    expect(readAsked(birthdate({ evidence: [{ type: { value: 'document', values: ['document'] } }] }))).to.equal(undefined)
  })

  it('refuses every other form', () => {
    const evidence = (filter: unknown) => birthdate({ evidence: [filter] })
    for (const asked of [
      7,
      'all',
      [],
      [null],
      {},
      { claims: { birthdate: null } },
      { verification: {}, claims: { birthdate: null } },
      { verification: null, claims: { birthdate: null } },
      { verification: { trust_framework: null } },
      { verification: { trust_framework: null }, claims: {} },
      { verification: { trust_framework: null }, claims: [] },
      { verification: { trust_framework: null }, claims: { birthdate: 'yes' } },
      { verification: { trust_framework: null }, claims: { birthdate: null }, more: 1 },
      birthdate({ trust_framework: 'register' }),
      birthdate({ trust_framework: { value: 7 } }),
      birthdate({ trust_framework: { value: '' } }),
      birthdate({ trust_framework: { values: [] } }),
      birthdate({ trust_framework: { values: 'register' } }),
      birthdate({ trust_framework: { purpose: 'no' } }),
      birthdate({ time: { max_age: -1 } }),
      birthdate({ time: { max_age: '5' } }),
      birthdate({ time: { max_age: 1.5 } }),
      birthdate({ evidence: [] }),
      birthdate({ evidence: null }),
      evidence({}),
      evidence({ type: null }),
      evidence({ type: { value: 'rumour' } }),
      evidence({ type: { value: 'document' }, check_details: [] }),
      evidence({ type: { value: 'document' }, check_details: [{ time: null }] }),
      evidence({ type: { value: 'document' }, document_details: null }),
      [birthdate({}), {}],
    ])
      expect(readAsked(asked), JSON.stringify(asked)).to.equal(undefined)
  })

  it('26: is bounded in objects, filters, values, their length, and depth', () => {
    const many = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one)
    expect(readAsked(many(10, birthdate({})))).to.not.equal(undefined)
    expect(readAsked(many(11, birthdate({})))).to.equal(undefined)
    expect(readAsked(birthdate({ evidence: many(21, { type: { value: 'document' } }) }))).to.equal(undefined)
    expect(readAsked(birthdate({ trust_framework: { values: many(51, 'x') } }))).to.equal(undefined)
    expect(readAsked(birthdate({ trust_framework: { value: 'x'.repeat(301) } }))).to.equal(undefined)
    let deep: unknown = null
    for (let level = 0; level < 20; level += 1) deep = { deeper: deep }
    expect(readAsked(birthdate({ deep }))).to.equal(undefined)
  })

  it('26: never throws, and pollutes nothing', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (json) => {
        readVerifiedRequests(`{"userinfo":{"verified_claims":${json}}}`)
        readVerifiedRequests(
          `{"userinfo":{"verified_claims":{"verification":{"trust_framework":null,"evidence":[${json}]},"claims":${json}}}}`,
        )
      }),
      { numRuns: 2000 },
    )
    readVerifiedRequests(
      '{"userinfo":{"verified_claims":{"verification":{"trust_framework":null,"__proto__":{"x":1}},"claims":{"__proto__":{"x":1}}}}}',
    )
    expect(({} as Record<string, unknown>)['x']).to.equal(undefined)
  })
})

describe('what the person is asked about (rule 28)', () => {
  const asked = (
    verification: Readonly<Record<string, unknown>>,
    claims: Readonly<Record<string, unknown>> = { birthdate: { essential: true }, name: null, gender: null },
  ) => readAsked({ verification: { trust_framework: null, ...verification }, claims })!

  it('claims that are registered, wanted, and verified by the ID system, under names of their own', () => {
    expect(requestedVerified(['name', 'gender', 'birthdate'], asked({}), DESCRIBED)).to.deep.equal([
      { name: 'verified_claims.name', essential: false },
      { name: 'verified_claims.birthdate', essential: true },
    ])
    expect(requestedVerified(['name'], asked({}), DESCRIBED)).to.deep.equal([{ name: 'verified_claims.name', essential: false }])
    expect(requestedVerified(['name', 'birthdate'], asked({}), undefined)).to.deep.equal([])
  })

  it('nothing of a request that cannot be fulfilled here', () => {
    expect(requestedVerified(['name', 'birthdate'], asked({ trust_framework: { value: 'gold' } }), DESCRIBED)).to.deep.equal([])
    expect(requestedVerified(['name', 'birthdate'], asked({ evidence: [{ type: { value: 'vouch' } }] }), DESCRIBED)).to.deep.equal([])
  })

  it('says which trust frameworks would do, and what is told of the verification', () => {
    expect(summaryOf(asked({}), DESCRIBED)).to.deep.equal({ frameworks: ['register', 'aml'], told: [] })
    expect(summaryOf(asked({ trust_framework: { value: 'aml' }, time: null }), DESCRIBED)).to.deep.equal({
      frameworks: ['aml'],
      told: ['time'],
    })
    const filter = {
      type: { value: 'document' },
      document_details: { type: null, document_number: null },
      check_details: [{ check_method: null }],
    }
    expect(summaryOf(asked({ evidence: [filter] }), DESCRIBED).told).to.deep.equal(['evidence', 'numbers', 'process'])
  })
})
