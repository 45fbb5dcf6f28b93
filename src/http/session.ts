import { bindBrowser, isSecure, readBinding } from './cookies.ts'
import { csrfFits, csrfToken } from './csrf.ts'
import { errorReply } from './error-page.ts'
import { frameOf, languageCookies, languageOf, partyOf } from './frame.ts'
import { pagePolicy } from './headers.ts'
import { originAllowed } from './origin.ts'
import { field, page, withCookies, type Reply, type Request } from './reply.ts'
import { clientOf } from '../clients.ts'
import { equalSecrets, sha256 } from '../crypto/hash.ts'
import { isTransaction } from '../crypto/ids.ts'
import { transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { openRequest, type SealedParts } from '../sealed.ts'
import type { Act } from '../steps/act.ts'
import type { World } from '../world.ts'
import type { ClientState } from '../../domain/client/client.ts'
import { transactionStream } from '../../domain/streams.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import type { Frame, Language } from '../ui/views.ts'

/** One browser in one transaction: bound by its cookie, whose digest the transaction holds (rules 17 and 23). */
export type Session = {
  readonly transaction: string
  readonly state: TransactionState
  readonly client: ClientState
  /** The raw request, while it is still sealed. */
  readonly raw: SealedParts['request'] | undefined
  readonly browserSecret: string
  readonly language: Language
  readonly frame: Frame
}

export const baseOf = (transaction: string): string => `/login/${transaction}`

const frameFor = (world: World, request: Request, from: Omit<Session, 'frame'>, browser: string): Frame => {
  const { transaction, state, client, language } = from
  const { configuration } = client
  const party = configuration && state.request && { party: partyOf(configuration, state.request.redirectUri, language) }
  const csrf = csrfToken(world.secrets.csrf, transaction, browser)
  return frameOf(world, request, language, { ...party, csrf, base: baseOf(transaction) })
}

/** The session of this request, or the page that says why there is none: another's transaction looks like one that never was. */
export const openSession = async (world: World, request: Request): Promise<Session | Reply> => {
  const transaction = request.params['transaction'] ?? ''
  if (!isTransaction(transaction)) return errorReply(world, request, 'transaction_unknown')
  const browserSecret = readBinding(request.cookies, transaction, isSecure(world.settings.issuer))
  const { state } = await load(world, transactions, transactionStream(transaction))
  if (state.browser === undefined) return errorReply(world, request, 'transaction_unknown')
  if (browserSecret === undefined || !equalSecrets(sha256(browserSecret), state.browser)) return errorReply(world, request, 'wrong_browser')
  const client = await clientOf(world, state.request?.client ?? '')
  const raw = await openRequest(world, transaction)
  const language = languageOf(request, raw?.['ui_locales'])
  const session = { transaction, state, client, raw, browserSecret, language }
  return { ...session, frame: frameFor(world, request, session, state.browser) }
}

export const isReply = (value: Session | Reply): value is Reply => 'status' in value

/** A form that was sent by our own page, in this browser, for this transaction (rule 25). */
export const formRefusal = (world: World, request: Request, session: Session): 'origin_refused' | 'form_stale' | undefined => {
  if (!originAllowed(request.headers, new URL(world.settings.issuer).origin)) return 'origin_refused'
  const given = field(request, 'csrf')
  return csrfFits(world.secrets.csrf, session.transaction, session.state.browser ?? '', given) ? undefined : 'form_stale'
}

export const actOf = (request: Request, { transaction, client }: Pick<Session, 'transaction' | 'client'>): Act => ({
  id: request.requestId,
  causation: request.requestId,
  at: request.at,
  transaction,
  client,
  network: request.network,
})

/** The cookie's life begins anew with each accepted step (rule 24). */
export const renewed = (world: World, request: Request, { transaction, browserSecret }: Session): readonly string[] =>
  bindBrowser(request.cookies, transaction, browserSecret, request.at, isSecure(world.settings.issuer))

/** A page of this session: its forms may lead back to the relying party (rule 26). */
export const sessionPage = (world: World, request: Request, session: Session, html: string, status = 200, reader = false): Reply =>
  withCookies(page(html, status, pagePolicy({ redirectUri: session.state.request?.redirectUri, reader })), languageCookies(world, request))
