import type { VerifiedFacts } from '../../../domain/ports.ts'
import { verifiedAnswer } from '../../../domain/verified/answer.ts'
import { readVerifiedRequests, type VerifiedRequests } from '../../../domain/verified/request.ts'

/** Somebody whom a register and a bank verified. */
export const HELD: readonly VerifiedFacts[] = [
  {
    verification: {
      trust_framework: 'register',
      assurance_level: 'high',
      time: '2024-05-14T09:20:31Z',
      verification_process: 'cr-1',
      assurance_process: {
        policy: 'rules 4',
        assurance_details: [
          { assurance_type: 'validation', evidence_ref: [{ check_id: 'c1' }, { check_id: 'c2' }] },
          { assurance_type: 'verification', evidence_ref: [{ check_id: 'c2' }] },
        ],
      },
      evidence: [
        {
          type: 'document',
          check_details: [
            { check_method: 'vpip', organization: 'Register', check_id: 'c1', time: '2024-05-14T09:12:00Z' },
            { check_method: 'pvp', organization: 'Register', check_id: 'c3' },
          ],
          document_details: {
            type: 'idcard',
            document_number: 'IC-1',
            date_of_issuance: '2023-02-01',
            date_of_expiry: '2033-01-31',
            issuer: { name: 'Register', country: 'Almaria' },
          },
          derived_claims: { birthdate: '1987-11-25' },
        },
        {
          type: 'electronic_record',
          check_details: [{ check_method: 'data', check_id: 'c2' }],
          record: { type: 'population_register', created_at: '1987-12-02T00:00:00Z' },
        },
      ],
    },
    claims: { name: { languages: { en: 'Maya', ar: 'مايا' } }, birthdate: '1987-11-25', address: { country: 'Almaria' } },
  },
  {
    verification: {
      trust_framework: 'aml',
      time: '2021-03-02T15:04:05Z',
      evidence: [
        { type: 'document', document_details: { type: 'passport', document_number: 'P-7' } },
        { type: 'electronic_signature', signature_type: 'qes', issuer: 'Trust', serial_number: '9' },
      ],
    },
    claims: { name: 'Maya', email: 'm@almaria.example' },
  },
]

export const ALL = ['name', 'birthdate', 'address', 'email']

export const ASKED_AT = '2026-11-24T12:00:00.000Z'

export const readAsked = (verifiedClaims: unknown): VerifiedRequests | undefined =>
  readVerifiedRequests(JSON.stringify({ userinfo: { verified_claims: verifiedClaims } }))

/** The answer to a request in `userinfo`; throws where the request is malformed. */
export const answerTo = (
  verifiedClaims: unknown,
  {
    allowed = ALL,
    askedAt = ASKED_AT,
    locales = [],
  }: { readonly allowed?: readonly string[]; readonly askedAt?: string; readonly locales?: readonly string[] } = {},
): unknown => {
  const asked = readAsked(verifiedClaims)
  if (asked === undefined) throw new Error('the request is malformed')
  return verifiedAnswer(asked.userinfo, HELD, { allowed, askedAt, locales })?.answer
}

/** A request for the birthdate, with this verification. */
export const birthdate = (verification: Readonly<Record<string, unknown>>, entry: unknown = null) => ({
  verification: { trust_framework: null, ...verification },
  claims: { birthdate: entry },
})
