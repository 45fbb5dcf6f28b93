import { equalSecrets, hmac } from '../crypto/hash.ts'

/** What a form of this transaction carries in this browser, and nowhere else. `browser` is its binding secret, or that secret's digest. */
export const csrfToken = (key: Uint8Array, transaction: string, browser: string): string => hmac(key, `csrf:${transaction}:${browser}`)

export const csrfFits = (key: Uint8Array, transaction: string, browser: string, given: string | undefined): boolean =>
  given !== undefined && equalSecrets(given, csrfToken(key, transaction, browser))

/**
 * Whether a POST may come from our own page (rule 25). `Origin` must be the issuer's where it is sent; `null` or absent
 * counts only with `Sec-Fetch-Site: same-origin`; if both headers are absent the form token decides alone.
 */
export const isOwnPost = (headers: Readonly<Record<string, string | undefined>>, issuer: string): boolean => {
  const { origin, 'sec-fetch-site': site } = headers
  if (origin === undefined) return site === undefined || site === 'same-origin'
  if (origin === 'null') return site === 'same-origin'
  return origin === new URL(issuer).origin && site !== 'cross-site'
}
