import type { Instant } from '../../domain/ports.ts'
import { epochSeconds } from '../../domain/time.ts'

/** What a browser may bring before the rest is not looked at. */
const COOKIES_MAX = 64

/** Open logins of one browser (rule 24). */
const TRANSACTIONS_MAX = 8

/** Rule 24, seconds. */
const TRANSACTION_COOKIE_S = 480

/** Characters of a transaction's id in the name of its cookie. */
const NAME_CHARS = 8

const PAIR = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})=("?)([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)\2$/

/** RFC 6265 §4.2. A name that comes twice is left out: one of the two was planted by somebody else. */
export const readCookies = (header: string | undefined): ReadonlyMap<string, string> => {
  const cookies = new Map<string, string>()
  const twice = new Set<string>()
  for (const pair of (header ?? '').split(';', COOKIES_MAX)) {
    const [, name, , value] = PAIR.exec(pair.trim()) ?? []
    if (name === undefined || value === undefined) continue
    if (cookies.has(name)) twice.add(name)
    cookies.set(name, value)
  }
  for (const name of twice) cookies.delete(name)
  return cookies
}

/** The demo on plain http does without what browsers refuse there (rule 24). */
export const isSecure = (issuer: string): boolean => issuer.startsWith('https:')

/** `__Host-` binds a cookie to this origin: no sibling domain can plant one. */
export const cookieName = (base: string, secure: boolean): string => `${secure ? '__Host-' : ''}${base}`

/** A `Set-Cookie` line. A life of 0 seconds removes the cookie. */
export const setCookie = (base: string, value: string, lifeS: number, secure: boolean): string =>
  `${cookieName(base, secure)}=${value}; Path=/; Max-Age=${String(lifeS)}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`

const baseOf = (transaction: string): string => `tx-${transaction.slice(3, 3 + NAME_CHARS)}`

const OPEN = /^(?:__Host-)?(tx-[0-9a-z]{8})$/
const BINDING = /^([0-9]{1,12})\.([A-Za-z0-9_-]{43})$/

/** The secret that binds a browser to a transaction, if it brought one. */
export const readBinding = (cookies: ReadonlyMap<string, string>, transaction: string, secure: boolean): string | undefined =>
  BINDING.exec(cookies.get(cookieName(baseOf(transaction), secure)) ?? '')?.[2]

/**
 * `Set-Cookie` lines that bind (or bind anew) a browser to a transaction, and forget the oldest of its logins beyond eight. The value
 * begins with the time, since browsers do not say how old a cookie is.
 */
export const bindBrowser = (
  cookies: ReadonlyMap<string, string>,
  transaction: string,
  secret: string,
  at: Instant,
  secure: boolean,
): readonly string[] => {
  const own = baseOf(transaction)
  const others = [...cookies]
    .map(([name, value]) => ({ name, base: OPEN.exec(name)?.[1] ?? own, since: Number(BINDING.exec(value)?.[1] ?? 0) }))
    .filter(({ name, base }) => base !== own && name === cookieName(base, secure))
    .sort((one, other) => other.since - one.since)
  return [
    setCookie(own, `${String(epochSeconds(at))}.${secret}`, TRANSACTION_COOKIE_S, secure),
    ...others.slice(TRANSACTIONS_MAX - 1).map(({ base }) => setCookie(base, '', 0, secure)),
  ]
}
