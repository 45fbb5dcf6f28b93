import { isSecure } from './cookies.ts'
import type { Headers } from './reply.ts'
import type { RouteKind } from './route.ts'

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Two years, seconds; what the preload lists of browsers ask for (FAPI 2.0 §5.2.3). */
const HSTS = { 'strict-transport-security': 'max-age=63072000; includeSubDomains; preload' }

/** Nothing of the device is ours to use. */
const PERMISSIONS = [
  'camera',
  'microphone',
  'geolocation',
  'payment',
  'usb',
  'serial',
  'hid',
  'bluetooth',
  'display-capture',
  'browsing-topics',
]
  .map((name) => `${name}=()`)
  .join(', ')

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Where a form of a page may lead: to us, to relying parties (which may lead on), and over the scheme of this request's redirect
 * URI (rule 26). `'self'` alone would block the way back.
 */
const formAction = (redirectUri: string | undefined): string => {
  const url = redirectUri === undefined ? null : URL.parse(redirectUri)
  const base = "form-action 'self' https:"
  if (url === null || url.protocol === 'https:' || !/^[a-z][a-z0-9+.-]*:$/.test(url.protocol)) return base
  if (['javascript:', 'data:', 'blob:', 'filesystem:'].includes(url.protocol)) return base
  if (url.protocol === 'http:' && LOOPBACK.has(url.hostname)) return `${base} http://127.0.0.1:* http://localhost:*`
  return `${base} ${url.protocol}`
}

/**
 * The content policy of one page. The page of the biometric reader alone may speak to services on the person's own machine, and says in
 * its head to which ports (rule 26); that of a captcha service alone may run script of another origin, `scripts`.
 */
export const pagePolicy = (
  options: {
    readonly redirectUri?: string | undefined
    readonly reader?: boolean
    readonly scripts?: string | undefined
    readonly own?: boolean
  } = {},
): Headers => ({
  'content-security-policy': [
    "default-src 'none'",
    ["script-src 'self'", options.scripts].filter((source) => source !== undefined).join(' '),
    "style-src 'self'",
    "img-src 'self' data:",
    ...(options.scripts === undefined ? [] : [`frame-src ${options.scripts}`, `connect-src ${options.scripts}`]),
    ...(options.reader === true ? ['connect-src http://127.0.0.1:*'] : []),
    // What leads nowhere else has forms that come back to us.
    options.own === true ? "form-action 'self'" : formAction(options.redirectUri),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
})

const CLOSED = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'" }

const KINDS: Readonly<Record<RouteKind, Headers>> = {
  page: {
    ...NO_STORE,
    ...pagePolicy(),
    // With no-referrer Chromium sends `Origin: null` on the pages' own posts (rule 25).
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': PERMISSIONS,
    'x-frame-options': 'DENY',
  },
  oauth: { ...NO_STORE, ...CLOSED, 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' },
  // What anybody may read, from any origin.
  public: {
    ...CLOSED,
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
  },
  static: { ...CLOSED, 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' },
}

/** What every reply of a kind carries; computed once for a server. */
export const headersOf = (issuer: string): Readonly<Record<RouteKind, Headers>> => {
  const always = { 'x-content-type-options': 'nosniff', ...(isSecure(issuer) && HSTS) }
  const { page, oauth, public: open, static: files } = KINDS
  return { page: { ...page, ...always }, oauth: { ...oauth, ...always }, public: { ...open, ...always }, static: { ...files, ...always } }
}
