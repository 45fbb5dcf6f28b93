import { below, type HttpClient } from '../../http-client.ts'
import type { Clock } from '../plugin.ts'
import { openEnvelope, type Asked } from '../mosip.ts'
import { DENIED, failed, faultAnswer, membersOf, statusAnswer, WRONG, type Failed, type Members } from '../wire.ts'

/** What each of its errors means here. Codes that are not listed say that it could not answer. */
const MEANS: Readonly<Record<string, Failed>> = {
  invalid_individual_id: DENIED,
  no_email_mobile_found: DENIED,
  invalid_otp_channel: DENIED,
  auth_failed: WRONG,
  'auth-failed': WRONG,
  invalid_transaction: WRONG,
  invalid_challenge_format: WRONG,
  invalid_auth_challenge: failed('unsupported', 'invalid_auth_challenge'),
  invalid_transaction_id: failed('misconfigured', 'invalid_transaction_id'),
  'mock-ida-006': failed('session_expired', 'mock-ida-006'),
  'mock-ida-007': failed('session_expired', 'mock-ida-007'),
}

const meaning = (code: string): Failed | undefined => (Object.hasOwn(MEANS, code) ? MEANS[code] : undefined)

/** One question to the service. Nothing is asked twice: a proof or a code may be used up by it. */
export const ask = async (client: HttpClient, base: URL, path: readonly string[], body: Members, waitMs: number): Promise<Asked> => {
  const answer = await client.call({
    method: 'POST',
    url: below(base, ...path),
    headers: { 'content-type': 'application/json;charset=UTF-8', accept: 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
    waitMs,
    repeatable: false,
  })
  if (!answer.ok) return faultAnswer(answer)
  return answer.status === 200 ? openEnvelope(membersOf(answer.body), meaning) : statusAnswer(answer.status)
}

/** UTC without a zone, as the service reads it. */
export const requestTime = (clock: Clock): string => clock.now().replace('Z', '')
