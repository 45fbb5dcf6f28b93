import { hmac } from '../crypto/hash.ts'

/** eSignet's `auth.txnid.length`, and what MOSIP's ID authentication takes. */
const LENGTH = 10

/**
 * What a reader is told to sign: made for this attempt of this login and person, so that an answer is good for one attempt and nowhere
 * else. Letters and digits alone, as SBI wants it.
 */
export const captureTransaction = (
  key: Uint8Array,
  transaction: string,
  { requests, attempts }: { readonly requests: number; readonly attempts: number },
): string =>
  hmac(key, `capture:${transaction}:${String(requests)}:${String(attempts)}`)
    .replace(/[-_]/g, '')
    .slice(0, LENGTH)
