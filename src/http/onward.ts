import { deviceSecretOf } from './device.ts'
import { show, showChoose } from './login.ts'
import { channelsOffered, waysOf } from './login-views.ts'
import { myCookie } from './my-session.ts'
import { redirect, withCookies, type Reply, type Request } from './reply.ts'
import { actOf, baseOf, renewed, type Session } from './session.ts'
import { codeReply, hindranceReply } from './way-back.ts'
import type { Outcome } from '../steps/act.ts'
import { reuseConsent } from '../steps/agree.ts'
import { issueCode } from '../steps/issue-code.ts'
import { openOwnPage } from '../steps/own-page.ts'
import { requestAgain } from '../steps/request-factor.ts'
import type { SignedIn } from '../people.ts'
import type { World } from '../world.ts'
import { ERRORS } from './errors.ts'
import { FACTORS } from '../../domain/factors.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { isOwn } from '../../domain/transaction/own-page.ts'
import { guesses, type TransactionState } from '../../domain/transaction/state.ts'
import { OWN_PAGE } from '../ui/layout.ts'
import type { Problem } from '../ui/views.ts'

/** One form of a login. */
export type Step = (world: World, request: Request, session: Session) => Promise<Reply>

/** After a post the browser is sent to the page that is next, so that a reload posts nothing twice. */
export const onward = (world: World, request: Request, session: Session, cookies: readonly string[] = []): Reply =>
  withCookies(redirect(baseOf(session.transaction)), [...renewed(world, request, session), ...cookies])

const problemFrom = (world: World, { state }: Session, refusal: RefusalCode): Problem => {
  const left = world.policy.value.limits.attemptsMax - guesses(state)
  const from = state.delivery?.resendFrom
  return {
    code: refusal,
    // A closed path looks like a wrong proof in this as well (rule 22).
    ...((refusal === 'factor_wrong' || (refusal === 'factor_limited' && state.lastRejection?.reason === 'limited')) && {
      triesLeft: Math.max(0, left),
    }),
    ...(refusal === 'send_too_early' && from !== undefined && { from }),
  }
}

/** The page that the state asks for, with what was wrong; an end that the refusal brought shows itself. */
export const told = (world: World, request: Request, session: Session, { state, refusal }: Outcome, page = show): Promise<Reply> => {
  const now = { ...session, state }
  if (refusal === undefined || state.stage !== 'opened') return show(world, request, now)
  return page(world, request, now, { problem: problemFrom(world, now, refusal), status: ERRORS[refusal].status })
}

/**
 * Another factor is asked for: its page comes without a question in between, unless there is something to choose, and a message costs
 * the person one.
 */
const goOn = async (world: World, request: Request, session: Session, cookies: readonly string[]): Promise<Reply> => {
  const [next, ...others] = waysOf(world, session)
  if (next === undefined || (FACTORS[next].sent && (others.length > 0 || channelsOffered(world).length > 1)))
    return onward(world, request, session, cookies)
  const asked = await requestAgain(world, actOf(request, session), {
    factor: next,
    channels: [],
    deviceSecret: deviceSecretOf(world, request),
  })
  return asked.refusal === undefined
    ? onward(world, request, session, cookies)
    : withCookies(await told(world, request, session, asked, showChoose), cookies)
}

/**
 * What follows a proof without a page: a standing consent, the claims, the code. It stops at the first thing that wants the person.
 * `state` and `signedIn`: the login after the step before, and who signed in or agreed by it, where that is known.
 */
export const proceed = async (
  world: World,
  request: Request,
  session: Session,
  { state, signedIn }: { readonly state: TransactionState; readonly signedIn?: SignedIn | undefined },
  cookies: readonly string[],
): Promise<Reply> => {
  if (state.stage === 'opened') return goOn(world, request, { ...session, state }, cookies)
  const act = actOf(request, session)
  if (isOwn(state) && state.stage === 'authenticated') {
    const opened = await openOwnPage(world, act, state, signedIn)
    if (opened.secret === undefined) return told(world, request, session, opened)
    // Whoever used this browser before is signed out of the page with that.
    return withCookies(redirect(OWN_PAGE), [...cookies, myCookie(world, opened.secret)])
  }
  const agreed = state.stage === 'authenticated' ? await reuseConsent(world, act, state, signedIn) : { state, signedIn }
  if (agreed.state.stage !== 'consented') return onward(world, request, session, cookies)
  const issued = await issueCode(world, act, agreed.state, agreed.signedIn)
  const now = { ...session, state: issued.state }
  if (issued.refusal === 'release_unavailable')
    return withCookies(hindranceReply(world, request, now, 'release_unavailable', 'retry'), cookies)
  const reply = issued.state.stage === 'code_issued' ? codeReply(world, now) : undefined
  return reply === undefined ? onward(world, request, session, cookies) : withCookies(reply, cookies)
}
