import { isObject, type JsonObject } from '../../../domain/json.ts'
import type { Identity } from './identity.ts'
import { verifiedClaimId } from './rules.ts'

const VERIFIED_MAX = 200_000

/** The code of an error, or what was done. */
export type Done = { readonly error: string } | { readonly said: JsonObject | string }

export type VerifiedClaim = {
  readonly individualId: string
  readonly field: string
  readonly trustFramework: string
  readonly detail: JsonObject
  readonly at: string
  readonly active: boolean
}

export type VerifiedClaims = {
  readonly put: (individualId: string, field: string, detail: JsonObject, active: boolean) => void
  readonly add: (given: JsonObject) => Done
  /** Those that are in force. */
  readonly of: (individualId: string) => readonly VerifiedClaim[]
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** How fields were verified: one row for each person, framework and field. */
export const verifiedClaims = (find: (individualId: string) => Identity | undefined, now: () => string): VerifiedClaims => {
  const verified = new Map<string, VerifiedClaim>()

  const put = (individualId: string, field: string, detail: JsonObject, active: boolean): void => {
    const trustFramework = String(detail['trust_framework'])
    const row = { individualId, field, trustFramework, detail, active, at: now() }
    if (verified.size < VERIFIED_MAX) verified.set(verifiedClaimId(individualId, trustFramework, field), row)
  }

  const add = ({ individualId, verificationDetail, active }: JsonObject): Done => {
    const identity = find(String(individualId))
    if (identity === undefined) return { error: 'invalid_individual_id' }
    const details = isObject(verificationDetail) ? Object.entries(verificationDetail) : []
    const isNamed = (detail: unknown): detail is JsonObject =>
      isObject(detail) && typeof detail['trust_framework'] === 'string' && detail['trust_framework'].trim() !== ''
    if (details.length === 0) return { error: 'invalid_request' }
    for (const [field, detail] of details) {
      if (isEmpty(identity[field])) return { error: 'invalid_claim' }
      if (!isNamed(detail)) return { error: 'invalid_request' }
    }
    for (const [field, detail] of details) if (isNamed(detail)) put(String(individualId), field, detail, active !== false)
    return { said: { status: 'Verified Claim added successfully' } }
  }

  return { put, add, of: (individualId) => [...verified.values()].filter((row) => row.individualId === individualId && row.active) }
}
