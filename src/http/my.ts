import { bindBrowser, isSecure } from './cookies.ts'
import { errorReply } from './error-page.ts'
import { oauthError } from './errors.ts'
import { frameOf, languageCookies, languageOf } from './frame.ts'
import { pagePolicy } from './headers.ts'
import { limiter, type Limiter } from './limits.ts'
import { fromOurs, myCookie, myFormFits, mySession, noMyCookie, type MySession } from './my-session.ts'
import { myData, myView, recordsOf, type Place } from './my-views.ts'
import { field, json, page, redirect, text, withCookies, type Reply, type Request } from './reply.ts'
import { baseOf } from './session.ts'
import { forClient } from '../id-systems.ts'
import { receiptOf, signReceipt } from '../consents/receipt.ts'
import { closeOwnPage, extendOwnPage, startOwnLogin } from '../steps/own-page.ts'
import { withdrawConsent } from '../steps/withdraw.ts'
import type { World } from '../world.ts'
import { inLanguage } from '../ui/brand.ts'
import { OWN_PAGE } from '../ui/layout.ts'
import { myDoorPage, myPage } from '../ui/pages.ts'
import type { Language } from '../ui/views.ts'

/** Of one network in a minute: each begins a login, or reads what a person's whole history costs. */
const PER_MINUTE = 60

const limiters = new WeakMap<World, Limiter>()

const limiterOf = (world: World): Limiter => {
  const known = limiters.get(world)
  if (known !== undefined) return known
  const made = limiter(PER_MINUTE)
  limiters.set(world, made)
  return made
}

const limited = (world: World, request: Request, key: string): Reply | undefined => {
  const taken = limiterOf(world).take(key, request.at)
  return taken.ok ? undefined : errorReply(world, request, 'too_many_requests', { 'retry-after': String(taken.retryAfterS) })
}

const shown = (world: World, request: Request, html: string): Reply =>
  withCookies(page(html, 200, pagePolicy({ own: true })), languageCookies(world, request))

/** The ID systems by the names that people know. */
const namedSystems = ({ settings, idSystems }: World, language: Language): readonly { readonly id: string; readonly name: string }[] =>
  idSystems.serving().map(({ description: { id } }) => {
    const labels = settings.idSystems?.find((one) => one.id === id)?.labels
    return { id, name: labels === undefined ? id : inLanguage(labels, language) }
  })

/** Without a session: what the page is, and the way in. A cookie that opens nothing any more is removed. */
const door = (world: World, request: Request): Reply => {
  const frame = frameOf(world, request, languageOf(request, undefined), { base: OWN_PAGE })
  const systems = namedSystems(world, frame.language)
  const html = myDoorPage(frame, { isSignedOut: request.query.get('out') === 'yes', ...(systems.length > 1 && { systems }) })
  return withCookies(shown(world, request, html), [noMyCookie(world)])
}

/** Where the reader stands: plain numbers and a name of their own, looked up among their own agreements. */
const placeOf = ({ query }: Request): Place => {
  const from = Number(query.get('from') ?? '0')
  const withdrawn = query.get('withdrawn')
  return { from: Number.isSafeInteger(from) && from > 0 && from <= 1000 ? from : 0, ...(withdrawn !== undefined && { withdrawn }) }
}

type Inside = (world: World, request: Request, mine: MySession) => Promise<Reply>

/** A program that fetches a file cannot sign in on a page, and must not take the page for the file. */
const noFile = (world: World, request: Request): Reply =>
  request.headers['accept']?.includes('text/html') === true
    ? door(world, request)
    : withCookies(json(oauthError('login_required'), 401), [noMyCookie(world)])

/** A look at the page, or at a file of it: a reader without a session meets the door. */
const reading =
  (inside: Inside, outside: (world: World, request: Request) => Reply = door) =>
  async (world: World, request: Request): Promise<Reply> => {
    const mine = await mySession(world, request)
    if (mine === undefined) return outside(world, request)
    return limited(world, request, mine.session.transaction) ?? inside(world, request, mine)
  }

/** A form of the page: nothing is done unless it is ours, in this browser. */
const acting =
  (inside: Inside) =>
  async (world: World, request: Request): Promise<Reply> => {
    if (!fromOurs(world, request)) return errorReply(world, request, 'origin_refused')
    const mine = await mySession(world, request)
    if (mine === undefined) return withCookies(redirect(OWN_PAGE), [noMyCookie(world)])
    if (!myFormFits(world, request, mine)) return errorReply(world, request, 'form_stale')
    return limited(world, request, mine.session.transaction) ?? inside(world, request, mine)
  }

/** GET `/my` */
export const my = reading(async (world, request, mine) =>
  shown(world, request, myPage(mine.frame, await myView(world, mine, request.at, placeOf(request)))),
)

/** POST `/my/sign-in`: begins a login of this browser. It takes no secret: who it is shows in the login. */
export const mySignIn = async (world: World, request: Request): Promise<Reply> => {
  if (!fromOurs(world, request)) return errorReply(world, request, 'origin_refused')
  const refused = limited(world, request, request.network)
  if (refused !== undefined) return refused
  const asked = field(request, 'id_system')
  // A page that still names what is open no more leads to no other: whoever that one knows by this number is somebody else (decision 0044).
  if (asked !== undefined && world.idSystems.named(asked) === undefined) return errorReply(world, request, 'form_stale')
  const here = forClient(world, asked === undefined ? {} : { id_system: asked })
  const { refusal, transaction, secret } = await startOwnLogin(here, request.requestId, request.at, languageOf(request, undefined))
  if (refusal !== undefined) return errorReply(world, request, refusal)
  const cookies = bindBrowser(request.cookies, transaction, secret, request.at, isSecure(world.settings.issuer))
  return withCookies(redirect(baseOf(transaction)), cookies)
}

/** POST `/my/withdraw`: done when it is answered, every code and token dead (rule 13). Only one's own agreements can be named. */
export const myWithdraw = acting(async (world, request, mine) => {
  const { agreements } = await recordsOf(world, mine, request.at)
  const consent = agreements.find((one) => one.consent === field(request, 'consent'))?.consent
  if (consent === undefined) return errorReply(world, request, 'consent_unknown')
  const { requestId: id, at } = request
  const refusal = await withdrawConsent(world, { consent, id, causation: id, at }, { by: 'self' })
  // Pressed twice, or taken back elsewhere meanwhile: it is what was wished.
  if (refusal !== undefined && refusal !== 'consent_withdrawn') return errorReply(world, request, refusal)
  return redirect(`${OWN_PAGE}?withdrawn=${consent}#main`)
})

/** POST `/my/extend` */
export const myExtend = acting(async (world, request, mine) => {
  const until = await extendOwnPage(world, mine.secret, mine.session, request.at)
  if (until === undefined) return errorReply(world, request, 'extensions_exhausted')
  return withCookies(redirect(OWN_PAGE), [myCookie(world, mine.secret)])
})

/** POST `/my/logout` */
export const myLogout = acting(async (world, _request, mine) => {
  await closeOwnPage(world, mine.secret)
  return withCookies(redirect(`${OWN_PAGE}?out=yes`), [noMyCookie(world)])
})

const attachment = (name: string) => ({ 'content-disposition': `attachment; filename="${name}"` })

/** GET `/my/download`: everything, for a machine (REG-10). */
export const myDownload = reading(
  async (world, request, mine) => json(await myData(world, mine, request.at), 200, attachment('my-agreements-and-sign-ins.json')),
  noFile,
)

/** GET `/my/receipts/:consent/:revision`: signed, of one's own agreement (REG-02). */
export const myReceipt = reading(async (world, request, mine) => {
  const { consent = '', revision = '' } = request.params
  const { agreements } = await recordsOf(world, mine, request.at)
  const own = agreements.some((one) => one.consent === consent)
  const receipt = own ? await receiptOf(world, consent, Number(revision)) : undefined
  if (receipt === undefined) return errorReply(world, request, 'not_found')
  return text(`${await signReceipt(world, receipt)}\n`, 200, {
    'content-type': 'application/jose',
    ...attachment(`consent-receipt-${revision}.jws`),
  })
}, noFile)
