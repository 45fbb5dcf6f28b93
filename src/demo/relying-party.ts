import { oidc, problemOf, type OidcOptions } from './oidc.ts'
import { outboxReply } from './outbox.ts'
import { memorySessions, noCookie, sessionCookie, withPending, type Session, type Sessions } from './sessions.ts'
import type { DemoHandler, DemoReply, DemoRequest, OutboxMessage, OutboxNotice } from './views.ts'
import { demoHomePage, demoResultPage } from '../ui/demo.ts'
import type { Statics } from '../ui/statics.ts'
import type { DemoFrame } from '../ui/views.ts'
import type { Log } from '../../domain/ports.ts'

export { messageText } from './outbox.ts'

export type DemoOptions = Omit<OidcOptions, 'redirectUri'> & {
  /** Where the browser reaches it, such as `http://127.0.0.1:8089`. */
  readonly origin: string
  readonly brand: DemoFrame['brand']
  readonly statics: Pick<Statics, 'demoPaths' | 'files'>
  /** The mock's mailbox, newest first. */
  readonly outbox: () => Promise<readonly OutboxMessage[]>
  /** What people were told without having asked. */
  readonly notices: () => Promise<readonly OutboxNotice[]>
  readonly log: Log
}

export const redirectUriOf = (origin: string): string => `${origin}/callback`

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const page = (body: string, status = 200): DemoReply => ({
  status,
  headers: { ...HEADERS, 'content-type': 'text/html; charset=utf-8' },
  body,
})

const plain = (status: number, body: string): DemoReply => ({
  status,
  headers: { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' },
  body,
})

const onlyGet: DemoReply = {
  status: 405,
  headers: { ...HEADERS, allow: 'GET', 'content-type': 'text/plain; charset=utf-8' },
  body: 'Only GET.\n',
}

const redirect = (location: string, cookie: string): DemoReply => ({
  status: 303,
  headers: { ...HEADERS, location, 'set-cookie': cookie },
  body: '',
})

/** Languages for the broker's pages: a list of tags, as `ui_locales` wants it. */
const LOCALES = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?( [a-z]{2,3}(-[A-Za-z0-9]{2,8})?){0,7}$/

const buttons = [
  { id: 'sign-in', text: 'Sign in with eSignet', href: '/login' },
  { id: 'sign-in-par', text: 'Sign in with PAR', href: '/login?par' },
  { id: 'sign-in-two-factors', text: 'Sign in with password and code', href: '/login?two-factors' },
  { id: 'sign-in-verified', text: 'Open an account (e-KYC)', href: '/login?e-kyc' },
]

type Bank = {
  readonly options: DemoOptions
  readonly sessions: Sessions
  readonly frame: DemoFrame
  readonly rp: Awaited<ReturnType<typeof oidc>>
}

const home = ({ sessions, frame }: Bank, { url, headers }: DemoRequest): DemoReply => {
  const session = sessions.find(headers['cookie'])
  if (session?.signedIn !== undefined) return page(demoResultPage(frame, { ...session.signedIn, home: '/logout' }))
  const signedOut = url.includes('?signed-out')
  if (session?.problem === undefined) return page(demoHomePage(frame, { buttons, signedOut }))
  const { problem, ...rest } = session
  sessions.keep(rest)
  return page(demoHomePage(frame, { buttons, problem }))
}

/** A sign-in that came to nothing: said once, on the first page. */
const failed = ({ options, sessions }: Bank, session: Session, error: unknown): DemoReply => {
  const problem = problemOf(error)
  options.log.info('demo_sign_in_failed', { error: problem.error.slice(0, 64) })
  sessions.keep({ ...session, problem })
  return redirect('/', sessionCookie(session))
}

const login = async (bank: Bank, { headers }: DemoRequest, query: URLSearchParams): Promise<DemoReply> => {
  const { sessions, rp } = bank
  const { signedIn: _, problem: __, ...session } = sessions.find(headers['cookie']) ?? sessions.begin()
  const uiLocales = query.get('ui_locales') ?? ''
  try {
    const wanted = query.has('two-factors') ? 'two_factors' : query.has('e-kyc') ? 'verified' : 'plain'
    const { url, pending } = await rp.begin({ push: query.has('par'), wanted, ...(LOCALES.test(uiLocales) && { uiLocales }) })
    sessions.keep(withPending(session, pending))
    return redirect(url, sessionCookie(session))
  } catch (error) {
    return failed(bank, session, error)
  }
}

const callback = async (bank: Bank, { headers }: DemoRequest, query: URLSearchParams): Promise<DemoReply> => {
  const { sessions, rp, frame } = bank
  const session = sessions.find(headers['cookie'])
  const pending = session?.pending.find(({ state }) => state === query.get('state'))
  if (session === undefined || pending === undefined) {
    // Somebody else's answer, or one that was used already: RFC 9700 §4.7.
    const problem = { error: 'sign_in_unknown', description: 'This browser has no such sign-in under way.' }
    return page(demoHomePage(frame, { buttons, problem }), 400)
  }
  // Spent before it is used, so that a second load of the same answer is not a second try.
  const spent = { ...session, pending: session.pending.filter(({ state }) => state !== pending.state) }
  sessions.keep(spent)
  try {
    const signedIn = await rp.finish(pending, query)
    // A new name, so that a session that somebody planted is not signed in.
    const renewed = sessions.renew({ ...spent, signedIn })
    sessions.keep(renewed)
    return redirect('/', sessionCookie(renewed))
  } catch (error) {
    return failed(bank, spent, error)
  }
}

const logout = async ({ sessions }: Bank, { headers }: DemoRequest): Promise<DemoReply> => {
  const session = sessions.find(headers['cookie'])
  if (session !== undefined) sessions.end(session)
  return redirect('/?signed-out', noCookie)
}

const ACTS: Readonly<Partial<Record<string, (bank: Bank, request: DemoRequest, query: URLSearchParams) => Promise<DemoReply>>>> = {
  '/login': login,
  '/callback': callback,
  '/logout': logout,
}

const file = ({ options }: Bank, path: string): DemoReply => {
  const found = options.statics.files.find((known) => known.path === path)
  if (found === undefined) return plain(404, 'There is no such page.\n')
  const caching = { 'cache-control': 'public, max-age=31536000, immutable' }
  return { status: 200, headers: { ...HEADERS, ...caching, 'content-type': found.type }, body: found.body }
}

/**
 * The bank of the demonstration: a relying party that does all that a good one does, and keeps its sessions in memory.
 * It knows the broker by its issuer alone.
 */
export const demoRelyingParty = async (options: DemoOptions): Promise<DemoHandler> => {
  const { origin, brand, statics, clock, chance } = options
  const bank: Bank = {
    options,
    sessions: memorySessions(clock, chance),
    frame: { brand, statics: statics.demoPaths, outbox: `${origin}/demo/outbox` },
    rp: await oidc({ ...options, redirectUri: redirectUriOf(origin) }),
  }
  const { host } = new URL(origin)
  return async (request) => {
    // Another name for this address is a stranger's page that wants to read codes (DNS rebinding).
    if (request.headers['host'] !== host) return plain(421, `This is ${origin}.\n`)
    if (request.method !== 'GET' && request.method !== 'HEAD') return onlyGet
    const url = new URL(URL.parse(request.url, origin) ?? origin)
    const act = ACTS[url.pathname]
    // What only asks for headers must not begin, end or redeem anything.
    if (act !== undefined) return request.method === 'GET' ? act(bank, request, url.searchParams) : onlyGet
    if (url.pathname === '/') return home(bank, request)
    if (url.pathname === '/demo/outbox')
      return outboxReply(
        bank.frame,
        new URL(options.issuer).hostname,
        [...(await options.outbox()), ...(await options.notices())],
        request,
        HEADERS,
      )
    return file(bank, url.pathname)
  }
}
