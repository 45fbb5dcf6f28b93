import { below, type HttpClient } from '../../http-client.ts'
import { openEnvelope, type Asked } from '../mosip.ts'
import { failed, faultAnswer, membersOf, statusAnswer, type Members } from '../wire.ts'
import { meaningOf } from './errors.ts'
import type { Partner } from './signing.ts'

/** A call whose content is signed; what the caller is allowed stands in the path. */
export type Signed = {
  readonly client: HttpClient
  readonly partner: Partner
  readonly url: URL
  readonly body: Members
  /** What the answer must say that it is of; absent: it need not say. */
  readonly transaction?: string
  readonly waitMs: number
}

/** One question to IDA. Nothing is asked twice: a proof or a code may be used up by it. */
export const ask = async ({ client, partner, url, body, transaction, waitMs }: Signed): Promise<Asked> => {
  const bytes = Buffer.from(JSON.stringify(body))
  const answer = await client.call({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json;charset=utf-8',
      accept: 'application/json',
      // The word itself: IDA wants the header and reads nothing in it.
      authorization: 'Authorization',
      signature: await partner.signatureOf(bytes),
    },
    body: bytes,
    waitMs,
    repeatable: false,
  })
  if (!answer.ok) return faultAnswer(answer)
  if (answer.status !== 200) return statusAnswer(answer.status)
  const members = membersOf(answer.body)
  const asked = openEnvelope(members, meaningOf)
  // A code would be of another login, and a token of another person.
  return asked.ok && transaction !== undefined && members?.['transactionID'] !== transaction
    ? failed('unavailable', 'wrong_transaction')
    : asked
}

/** The addresses of IDA: the licence key is a secret that stands in each. */
export const addresses = (url: URL, otpUrl: URL, licence: string) => ({
  authenticate: below(url, 'kyc-auth', 'delegated', licence),
  exchange: below(url, 'kyc-exchange', 'delegated', licence),
  code: below(otpUrl, 'otp', licence),
})
