import type { ConsentAnswer, ConsentMoment } from '../../domain/consent/history.ts'
import type { StandingConsent } from '../../domain/consent/consent.ts'
import { isVerifiedName } from '../../domain/verified/names.ts'

/** What was agreed to, sorted as a regulator asks for it. Names only: a value is nowhere. */
export const agreedOf = (standing: StandingConsent) => {
  const plain = (names: readonly string[]): readonly string[] => names.filter((name) => !isVerifiedName(name))
  const verified = (names: readonly string[]): readonly string[] => names.filter(isVerifiedName)
  const given = [...standing.essential, ...standing.accepted]
  return {
    claims: plain(given),
    verified_claims: verified(given),
    needed: standing.essential,
    refused: standing.refused,
    scopes: standing.scopes,
    refused_scopes: standing.refusedScopes,
    purpose: standing.purpose ?? null,
    notice: standing.notice,
    given_by: standing.by,
    given_at: standing.givenAt,
    given_in: standing.transaction,
  }
}

export const momentOf = ({ at, move, status, revision, transaction, withdrawal }: ConsentMoment) => ({
  at,
  what: move,
  status,
  revision,
  ...(transaction !== undefined && { transaction }),
  ...(withdrawal !== undefined && { withdrawal }),
})

/** The answer about one consent at an instant as machines read it; every member is explained in ops/consent.md. */
export const answerOf = (consent: string, answer: ConsentAnswer) => ({
  consent,
  at: answer.at,
  valid: answer.valid,
  status: answer.status,
  ...(answer.standing && { client: answer.standing.client, agreed: agreedOf(answer.standing) }),
  until: answer.until ?? null,
  uses: answer.uses,
  last_use: answer.lastUse ?? null,
  releases_until: answer.releasesUntil ?? null,
  history: answer.moments.map(momentOf),
  next: answer.next === undefined ? null : momentOf(answer.next),
})
