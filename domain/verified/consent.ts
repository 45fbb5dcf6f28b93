import { isObject } from '../json.ts'
import type { VerifiedDescription } from '../ports.ts'
import { isEssential, meets } from './constraint.ts'
import { verifiedName } from './names.ts'
import { PLACES, type VerifiedRequest, type VerifiedRequests } from './request.ts'
import type { RequestedClaim } from '../../schemas/generated.ts'

const LANGUAGE = /#.*$/

/** No moment matters to a comparison of words. */
const ANY_TIME = '1970-01-01T00:00:00.000Z'

/** The trust frameworks of the ID system that a request would take. */
const frameworksOf = ({ verification }: VerifiedRequest, { trustFrameworks }: VerifiedDescription): readonly string[] =>
  trustFrameworks.map(({ id }) => id).filter((id) => meets(verification['trust_framework'], id, ANY_TIME))

const hasEvidence = ({ verification }: VerifiedRequest, { evidence }: VerifiedDescription): boolean => {
  const { evidence: filters } = verification
  if (!Array.isArray(filters)) return true
  return filters.some((filter: unknown) => isObject(filter) && evidence.some((type) => meets(filter['type'], type, ANY_TIME)))
}

/** What could be answered at all: the person is not asked about the rest. */
const answerable = (requests: VerifiedRequests, described: VerifiedDescription): readonly VerifiedRequest[] =>
  PLACES.flatMap((place) => requests[place].requests).filter(
    (request) => frameworksOf(request, described).length > 0 && hasEvidence(request, described),
  )

/** The claims that the person is asked for as verified ones: registered for the client, wanted, and of those that the ID system verifies. */
export const requestedVerified = (
  registered: readonly string[],
  requests: VerifiedRequests,
  described: VerifiedDescription | undefined,
): readonly RequestedClaim[] => {
  if (described === undefined) return []
  const essential = new Map<string, boolean>()
  for (const { claims } of answerable(requests, described))
    for (const [asked, entry] of claims) {
      const name = asked.replace(LANGUAGE, '')
      essential.set(name, isEssential(entry) || essential.get(name) === true)
    }
  return registered
    .filter((name) => essential.has(name) && described.claims.includes(name))
    .map((name) => ({ name: verifiedName(name), essential: essential.get(name) === true }))
}

/** What is told besides the claims, in the order of the page. */
export const TOLD = ['time', 'evidence', 'numbers', 'process'] as const
export type Told = (typeof TOLD)[number]

const MEMBERS: Readonly<Record<Told, readonly string[]>> = {
  time: ['time', 'created_at', 'date_of_issuance', 'date_of_expiry'],
  evidence: ['evidence'],
  numbers: ['document_number', 'serial_number', 'reference_number'],
  process: ['assurance_level', 'assurance_process', 'verification_process', 'check_details'],
}

const holds = (asked: unknown, names: readonly string[]): boolean => {
  if (Array.isArray(asked)) return asked.some((item) => holds(item, names))
  return isObject(asked) && Object.entries(asked).some(([name, member]) => names.includes(name) || holds(member, names))
}

export type VerifiedSummary = {
  /** Ids of the trust frameworks that would do, each once. */
  readonly frameworks: readonly string[]
  readonly told: readonly Told[]
}

/** What the consent page says of the verification that is asked for. */
export const summaryOf = (requests: VerifiedRequests, described: VerifiedDescription): VerifiedSummary => {
  const asked = answerable(requests, described)
  return {
    frameworks: [...new Set(asked.flatMap((request) => frameworksOf(request, described)))],
    told: TOLD.filter((kind) => asked.some(({ verification }) => holds(verification, MEMBERS[kind]))),
  }
}
