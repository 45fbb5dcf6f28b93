import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readAnswer, releaseFits } from '../../../adapters/id-system/answers.ts'
import { readDescription } from '../../../adapters/id-system/description.ts'
import { describe as described } from '../../../adapters/id-system/mock/plugin.ts'
import { readPeople } from '../../../adapters/id-system/mock/people.ts'
import { DEMO_PEOPLE } from '../../../adapters/id-system/mock/settings.ts'
import { verifiedOf } from '../../../adapters/id-system/mock/verified.ts'
import type { ReleaseAnswer } from '../../../adapters/id-system/plugin.ts'

const ASKED = ['birthdate', 'name']

const document = (members: object = {}) => ({ type: 'document', document_details: { type: 'idcard' }, ...members })
const set = (verification: object = {}, claims: object = { birthdate: '1987-11-25' }) => ({
  verification: { trust_framework: 'almaria_civil_register', ...verification },
  claims,
})

/** Whether the guard lets an answer through. */
const passes = (
  verified: unknown,
  asked: readonly string[] = ASKED,
  description: Partial<ReturnType<typeof described>> = described(),
): boolean => {
  const answer = readAnswer<ReleaseAnswer>('release', { ok: true, value: { claims: {}, verified } })
  return answer?.ok === true && releaseFits(answer.value, { claims: [], verified: asked }, description)
}

describe('verified facts of a plugin (OpenID Identity Assurance Schema Definition 1.0)', () => {
  it('pass where they have the form, were asked for and are as described', () => {
    expect(passes([])).to.equal(true)
    expect(passes([set(), set({ time: '2024-05-14T09:20:31Z', evidence: [document()] })])).to.equal(true)
    const maya = readPeople(DEMO_PEOPLE).byId({ type: 'uin', value: '8267411571' })!
    expect(passes(verifiedOf(maya, ASKED))).to.equal(true)
  })

  it('are refused with claims that were not asked for, or by a plugin that describes none', () => {
    expect(passes([set({}, { gender: 'female' })])).to.equal(false)
    expect(passes([set()], [])).to.equal(false)
    expect(passes([set()], ASKED, {})).to.equal(false)
  })

  it('are refused where discovery does not say the framework, evidence, document, method or record', () => {
    const checks = (method: string) => ({ check_details: [{ check_method: method }] })
    for (const verification of [
      { trust_framework: 'gold' },
      { evidence: [document({ document_details: { type: 'driving_permit' } })] },
      { evidence: [document(checks('rumour'))] },
      { evidence: [{ type: 'electronic_record', record: { type: 'loan_account' } }] },
    ])
      expect(passes([set(verification)]), JSON.stringify(verification)).to.equal(false)
    const { verifiedClaims } = described()
    const fewer = { verifiedClaims: { ...verifiedClaims!, evidence: ['document'] as const } }
    expect(passes([set({ evidence: [{ type: 'vouch', attestation: { type: 'written' } }] })], ASKED, fewer)).to.equal(false)
  })

  it('are refused in any other form, with times that are not in UTC, and with what points nowhere', () => {
    for (const verified of [
      7,
      [{}],
      [set({}, {})],
      [{ ...set(), more: 1 }],
      [{ verification: {}, claims: { birthdate: 'x' } }],
      [set({ time: '2024-05-14T09:20:31+07:00' })],
      [set({ time: '2024-05-14' })],
      [set({ photo: 'x' })],
      [set({ evidence: [] })],
      [set({ evidence: [{}] })],
      [set({ evidence: [{ type: 'rumour' }] })],
      [set({ evidence: [document({ attachments: [{ content: 'x' }] })] })],
      [set({ evidence: [document({ document_details: { document_number: '1' } })] })],
      [set({ evidence: [document({ check_details: [{ organization: 'x' }] })] })],
      [set({ evidence: [document({ derived_claims: {} })] })],
      [set({ evidence: [document({ derived_claims: { name: 'x' } })] })],
      [set({ evidence: [{ type: 'electronic_signature', issuer: 'x' }] })],
      [set({ assurance_process: { assurance_details: [{ evidence_ref: [{ check_id: 'nowhere' }] }] } })],
      Array.from({ length: 17 }, () => set()),
    ])
      expect(passes(verified), JSON.stringify(verified)).to.equal(false)
  })
})

describe('the description of verified claims', () => {
  const problemsOf = (change: object): readonly string[] => {
    const description = described()
    const read = readDescription({ ...description, verifiedClaims: { ...description.verifiedClaims, ...change } })
    return read.ok ? [] : read.problems
  }

  it('is complete, and names what discovery must name (Identity Assurance 1.0, OP metadata)', () => {
    expect(problemsOf({})).to.deep.equal([])
    for (const change of [
      { trustFrameworks: [] },
      { trustFrameworks: [{ id: 'x', name: { fr: 'X' } }] },
      { trustFrameworks: ['x', 'x'].map((id) => ({ id, name: { en: id } })) },
      { claims: [] },
      { claims: ['shoe_size'] },
      { documents: [] },
      { electronicRecords: [] },
      { evidence: ['vouch'] },
      { more: 1 },
    ])
      expect(problemsOf(change), JSON.stringify(change)).to.not.deep.equal([])
  })
})
