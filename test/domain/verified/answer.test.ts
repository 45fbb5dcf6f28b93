import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { problemsOfVerifiedClaims } from '../../support/verified-claims-schema.ts'
import { ALL, answerTo, birthdate, HELD, readAsked } from './samples.ts'
import { verifiedAnswer } from '../../../domain/verified/answer.ts'

const CLAIMS = { birthdate: '1987-11-25' }
const answered = (verification: Readonly<Record<string, unknown>>) => ({
  verification: { trust_framework: 'register', ...verification },
  claims: CLAIMS,
})
const evidence = (...filters: readonly unknown[]) => answerTo(birthdate({ evidence: filters }))

describe('the answer to verified_claims (OpenID Connect for Identity Assurance 1.0)', () => {
  it('5.4: nothing in verification that was not asked for; trust_framework always', () => {
    expect(answerTo(birthdate({}))).to.deep.equal(answered({}))
    expect(answerTo(birthdate({ time: null, assurance_level: null }))).to.deep.equal(
      answered({ assurance_level: 'high', time: '2024-05-14T09:20:31Z' }),
    )
    expect(answerTo(birthdate({ unheard_of: null, ['__proto__x']: null }))).to.deep.equal(answered({}))
  })

  it('5.4: evidence is filtered and cut to what each filter asks for', () => {
    expect(evidence({ type: { value: 'document' }, document_details: { type: null } })).to.deep.equal(
      answered({ evidence: [{ type: 'document', document_details: { type: 'idcard' } }] }),
    )
    expect(evidence({ type: { value: 'document' }, check_details: [{ check_method: { value: 'pvp' } }] })).to.deep.equal(
      answered({ evidence: [{ type: 'document', check_details: [{ check_method: 'pvp' }] }] }),
    )
  })

  it('5.4: filters of evidence are joined by OR', () => {
    expect(evidence({ type: { value: 'document' } }, { type: { value: 'electronic_record' }, record: { type: null } })).to.deep.equal(
      answered({ evidence: [{ type: 'document' }, { type: 'electronic_record', record: { type: 'population_register' } }] }),
    )
    expect(evidence({ type: { value: 'vouch' } }, { type: { value: 'document' } })).to.deep.equal(
      answered({ evidence: [{ type: 'document' }] }),
    )
    expect(evidence({ type: { value: 'document' } }, { type: { value: 'document' }, document_details: { type: null } })).to.deep.equal(
      answered({ evidence: [{ type: 'document', document_details: { type: 'idcard' } }] }),
    )
  })

  it('5.7.4: a constraint in verification that is not met leaves out the whole verified_claims', () => {
    for (const verification of [
      { trust_framework: { value: 'gold' } },
      { trust_framework: { values: ['gold', 'silver'] } },
      { assurance_level: { value: 'low' } },
      { time: { max_age: 10 } },
      { evidence: [{ type: { value: 'vouch' } }] },
      { evidence: [{ type: { value: 'document' }, document_details: { type: { value: 'driving_permit' } } }] },
      { evidence: [{ type: { value: 'document' }, check_details: [{ check_method: { value: 'vri' } }] }] },
      { evidence: [{ type: { value: 'electronic_record' }, record: { type: null, date_of_expiry: { max_age: 1 } } }] },
      { assurance_process: { policy: { value: 'other' } } },
      { assurance_process: { assurance_details: [{ assurance_type: { value: 'other' } }] } },
      { evidence: [{ type: { value: 'document' }, derived_claims: { birthdate: { value: '1900-01-01' } } }] },
    ])
      expect(answerTo(birthdate(verification)), JSON.stringify(verification)).to.equal(undefined)
  })

  it('5.5.1: value and values let through what they name', () => {
    expect(answerTo(birthdate({ trust_framework: { values: ['gold', 'register'] } }))).to.deep.equal(answered({}))
    expect(answerTo(birthdate({ assurance_level: { value: 'high', essential: true } }))).to.deep.equal(
      answered({ assurance_level: 'high' }),
    )
  })

  it('5.7.4: a constraint on a claim leaves out that claim, and the whole where none is left', () => {
    const asked = { verification: { trust_framework: null }, claims: { birthdate: { value: '1990-01-01' }, address: null } }
    expect(answerTo(asked)).to.deep.equal({ verification: { trust_framework: 'register' }, claims: { address: { country: 'Almaria' } } })
    expect(answerTo(birthdate({}, { values: ['1990-01-01'] }))).to.equal(undefined)
    expect(answerTo(birthdate({}, { values: ['1990-01-01', '1987-11-25'] }))).to.deep.equal(answered({}))
  })

  it('5.5.2: max_age is counted from the last valid second of the date, to the second', () => {
    const issued = (seconds: number, askedAt: string): boolean => {
      const document_details = { type: null, date_of_issuance: { max_age: seconds } }
      return answerTo(birthdate({ evidence: [{ type: { value: 'document' }, document_details }] }), { askedAt }) !== undefined
    }
    expect(issued(0, '2023-02-01T23:59:59.000Z')).to.equal(true)
    expect(issued(0, '2023-02-02T00:00:00.000Z')).to.equal(false)
    expect(issued(1, '2023-02-02T00:00:00.000Z')).to.equal(true)
    const moment = (seconds: number) => answerTo(birthdate({ time: { max_age: seconds } }), { askedAt: '2024-05-14T09:20:41.000Z' })
    expect(moment(10)).to.deep.equal(answered({ time: '2024-05-14T09:20:31Z' }))
    expect(moment(9)).to.equal(undefined)
  })

  it('5.7.2: unknown claims are left out, essential or not, whatever their names', () => {
    const claims = { birthdate: null, nothing: { essential: true }, 'ev:il"}': null, constructor: null, toString: null }
    expect(answerTo({ verification: { trust_framework: null }, claims })).to.deep.equal(answered({}))
    expect(answerTo({ verification: { trust_framework: null }, claims: { constructor: null } })).to.equal(undefined)
  })

  it('5.7.5: what a valid answer needs and was not asked for takes its parent with it', () => {
    expect(evidence({ type: { value: 'document' }, document_details: { document_number: null } })).to.deep.equal(
      answered({ evidence: [{ type: 'document' }] }),
    )
    const signature = {
      verification: { trust_framework: { value: 'aml' }, evidence: [{ type: { value: 'electronic_signature' } }] },
      claims: { name: null },
    }
    expect(answerTo(signature)).to.deep.equal({ verification: { trust_framework: 'aml' }, claims: { name: 'Maya' } })
  })

  it('5.6: several objects are answered by themselves, once each, in a list', () => {
    const email = { verification: { trust_framework: { value: 'aml' } }, claims: { email: null } }
    const never = { verification: { trust_framework: { value: 'gold' } }, claims: { email: null } }
    expect(answerTo([birthdate({}), never, email])).to.deep.equal([
      answered({}),
      { verification: { trust_framework: 'aml' }, claims: { email: 'm@almaria.example' } },
    ])
    expect(answerTo([birthdate({})])).to.deep.equal([answered({})])
    expect(answerTo([never])).to.equal(undefined)
    expect(answerTo({ verification: { trust_framework: null }, claims: { name: null, email: null } })).to.deep.include({
      verification: { trust_framework: 'aml' },
    })
  })

  it('5.7.3: what the person did not agree to is left out', () => {
    const both = { verification: { trust_framework: null }, claims: { birthdate: null, address: null } }
    expect(answerTo(both, { allowed: ['birthdate'] })).to.deep.equal(answered({}))
    expect(answerTo(both, { allowed: [] })).to.equal(undefined)
  })

  it('Schema Definition 5.4.4: derived_claims mirror what claims says, and are never empty', () => {
    const derived = (claims: unknown, allowed = ALL) =>
      answerTo(
        { verification: { trust_framework: null, evidence: [{ type: { value: 'document' }, derived_claims: null }] }, claims },
        { allowed },
      )
    expect(derived({ birthdate: null })).to.deep.equal(answered({ evidence: [{ type: 'document', derived_claims: CLAIMS }] }))
    expect(derived({ birthdate: null, address: null }, ['address'])).to.deep.equal({
      verification: { trust_framework: 'register', evidence: [{ type: 'document' }] },
      claims: { address: { country: 'Almaria' } },
    })
  })

  it('Schema Definition 5.4.3: evidence_ref leads to a check_id that the answer has, or is left out', () => {
    const process = { assurance_details: [{ assurance_type: null }] }
    expect(answerTo(birthdate({ assurance_process: process }))).to.deep.equal(
      answered({ assurance_process: { assurance_details: [{ assurance_type: 'validation' }, { assurance_type: 'verification' }] } }),
    )
    const checks = [{ type: { value: 'electronic_record' }, check_details: [{ check_method: null, check_id: null }] }]
    expect(answerTo(birthdate({ assurance_process: process, evidence: checks }))).to.deep.include({
      verification: {
        trust_framework: 'register',
        assurance_process: {
          assurance_details: [
            { assurance_type: 'validation', evidence_ref: [{ check_id: 'c2' }] },
            { assurance_type: 'verification', evidence_ref: [{ check_id: 'c2' }] },
          ],
        },
        evidence: [{ type: 'electronic_record', check_details: [{ check_method: 'data', check_id: 'c2' }] }],
      },
    })
  })

  it('OpenID Connect Core 5.2: claims in the languages that were asked for', () => {
    const name = { verification: { trust_framework: { value: 'register' } }, claims: { 'name#fr': null } }
    expect(answerTo(name, { locales: ['ar', 'en'] })).to.deep.include({ claims: { name: 'مايا', 'name#ar': 'مايا', 'name#en': 'Maya' } })
  })
})

type Tree = Readonly<Record<string, unknown>>

/** Requests of every shape, some of whose constraints what is held meets. */
const entry = (values: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof<fc.Arbitrary<unknown>[]>(
    fc.constant(null),
    fc.constant({ essential: true }),
    fc.constantFrom(...values, 'other').map((value) => ({ value })),
    fc.subarray([...values, 'other'], { minLength: 1 }).map((some) => ({ values: some })),
  )
const dated = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 2_000_000_000 }).map((max_age) => ({ max_age })),
)
const optional = (record: Readonly<Record<string, fc.Arbitrary<unknown>>>, required: readonly string[] = []): fc.Arbitrary<Tree> =>
  fc.record(record, { requiredKeys: [...required] })

const check = optional({ check_method: entry(['vpip', 'data']), check_id: entry(['c1']), organization: entry(['Register']), time: dated }, [
  'check_method',
])
const filter = fc.constantFrom('document', 'electronic_record', 'electronic_signature', 'vouch').chain((type) =>
  optional(
    {
      type: fc.constant({ value: type }),
      check_details: fc.array(check, { minLength: 1, maxLength: 2 }),
      document_details: optional({
        type: entry(['idcard', 'passport']),
        document_number: fc.constant(null),
        date_of_expiry: dated,
        issuer: fc.constant({ name: null }),
      }),
      record: optional({ type: entry(['population_register']), created_at: dated }),
      derived_claims: fc.constantFrom(null, { birthdate: null }, { name: null }),
      signature_type: fc.constant(null),
      serial_number: fc.constant(null),
    },
    ['type'],
  ),
)
const request = fc.record({
  verification: optional(
    {
      trust_framework: entry(['register', 'aml']),
      time: dated,
      assurance_level: entry(['high']),
      assurance_process: fc.constantFrom({ policy: null }, { assurance_details: [{ assurance_type: null }] }),
      evidence: fc.array(filter, { minLength: 1, maxLength: 3 }),
    },
    ['trust_framework'],
  ),
  claims: optional({
    name: entry(['Maya']),
    birthdate: entry(['1987-11-25']),
    email: fc.constant(null),
    gender: fc.constant({ essential: true }),
  }).filter((claims) => Object.keys(claims).length > 0),
})

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every path of an answer, lists without their places. */
const pathsOf = (value: unknown, at = ''): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap((item) => pathsOf(item, at))
    : isTree(value)
      ? Object.entries(value).flatMap(([name, member]) => [`${at}/${name}`, ...pathsOf(member, `${at}/${name}`)])
      : []

const GIVEN_WHOLE = /^\/verification\/assurance_process\/assurance_details\/|\/derived_claims\//

describe('properties of the answer to verified_claims', () => {
  it('26: it is valid, holds what was asked for and agreed to, and nothing else, whatever is asked', () => {
    let answers = 0
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 4 }), fc.subarray(ALL), (asked, allowed) => {
        const read = readAsked(asked)
        expect(read, JSON.stringify(asked)).to.not.equal(undefined)
        const given = verifiedAnswer(read!.userinfo, HELD, { allowed, askedAt: '2026-11-24T12:00:00.000Z', locales: [] })
        if (given === undefined) return
        answers += 1
        expect(problemsOfVerifiedClaims(given.answer)).to.deep.equal([])
        expect(allowed).to.include.members([...given.names])
        const wanted = new Set(asked.flatMap((one) => pathsOf(one)))
        for (const one of given.answer as readonly { readonly verification: Tree; readonly claims: Tree }[]) {
          expect(allowed).to.include.members(Object.keys(one.claims))
          for (const path of pathsOf({ verification: one.verification })) if (!GIVEN_WHOLE.test(path)) expect(wanted, path).to.include(path)
          const held = HELD.find(({ verification }) => verification['trust_framework'] === one.verification['trust_framework'])
          expect(Object.keys(held?.claims ?? {})).to.include.members(Object.keys(one.claims))
        }
      }),
      { numRuns: 2000 },
    )
    expect(answers).to.be.greaterThan(200)
  })
})
