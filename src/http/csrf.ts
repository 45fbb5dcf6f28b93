import { equalSecrets, hmac } from '../crypto/hash.ts'

/** What a form of this transaction carries in this browser, and nowhere else. `browser` is its binding secret, or that secret's digest. */
export const csrfToken = (key: Uint8Array, transaction: string, browser: string): string => hmac(key, `csrf:${transaction}:${browser}`)

export const csrfFits = (key: Uint8Array, transaction: string, browser: string, given: string | undefined): boolean =>
  given !== undefined && equalSecrets(given, csrfToken(key, transaction, browser))
