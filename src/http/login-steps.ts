import { checkOf, checkReply } from './check-page.ts'
import { deviceCookie, deviceSecretOf } from './device.ts'
import { show, showChoose } from './login.ts'
import { formatOf, hintedId, waysOf } from './login-views.ts'
import { field, fields, redirect, withCookies, withHeaders, type Reply, type Request } from './reply.ts'
import { actOf, baseOf, formRefusal, isReply, openSession, renewed, type Session } from './session.ts'
import { codeReply, hindranceReply } from './way-back.ts'
import { keeping } from '../id-systems.ts'
import { foldDigits, readIndividualId } from '../people.ts'
import { extendSealed, sealedUntil } from '../sealed.ts'
import { command, type Outcome } from '../steps/act.ts'
import { denyConsent, giveConsent, reuseConsent } from '../steps/agree.ts'
import { issueCode } from '../steps/issue-code.ts'
import { prove } from '../steps/prove.ts'
import { requestAgain, requestFactor } from '../steps/request-factor.ts'
import type { World } from '../world.ts'
import { ERRORS } from './errors.ts'
import { FACTORS } from '../../domain/factors.ts'
import type { Factor } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { guesses, provenFactors, type TransactionState } from '../../domain/transaction/state.ts'
import type { Problem } from '../ui/views.ts'

type Step = (world: World, request: Request, session: Session) => Promise<Reply>

/** After a post the browser is sent to the page that is next, so that a reload posts nothing twice. */
const onward = (world: World, request: Request, session: Session, cookies: readonly string[] = []): Reply =>
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
const told = (world: World, request: Request, session: Session, { state, refusal }: Outcome, page = show): Promise<Reply> => {
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
  if (next === undefined || (FACTORS[next].sent && others.length > 0)) return onward(world, request, session, cookies)
  const asked = await requestAgain(world, actOf(request, session), next, deviceSecretOf(world, request))
  return asked.refusal === undefined
    ? onward(world, request, session, cookies)
    : withCookies(await told(world, request, session, asked, showChoose), cookies)
}

/** What follows a proof without a page: a standing consent, the claims, the code. It stops at the first thing that wants the person. */
const proceed = async (
  world: World,
  request: Request,
  session: Session,
  state: TransactionState,
  cookies: readonly string[],
): Promise<Reply> => {
  if (state.stage === 'opened') return goOn(world, request, { ...session, state }, cookies)
  const act = actOf(request, session)
  const agreed = state.stage === 'authenticated' ? await reuseConsent(world, act, state) : { state }
  if (agreed.state.stage !== 'consented') return onward(world, request, session, cookies)
  const issued = await issueCode(world, act, agreed.state)
  const now = { ...session, state: issued.state }
  if (issued.refusal === 'release_unavailable')
    return withCookies(hindranceReply(world, request, now, 'release_unavailable', 'retry'), cookies)
  const reply = issued.state.stage === 'code_issued' ? codeReply(world, now) : undefined
  return reply === undefined ? onward(world, request, session, cookies) : withCookies(reply, cookies)
}

const isWay = (ways: readonly Factor[], text: string | undefined): text is Factor =>
  (ways as readonly (string | undefined)[]).includes(text)

const choose: Step = async (world, request, session) => {
  const act = actOf(request, session)
  const deviceSecret = deviceSecretOf(world, request)
  const ways = waysOf(world, session)
  const factor = field(request, 'factor') ?? (ways.length === 1 ? ways[0] : undefined)
  if (!isWay(ways, factor)) return showChoose(world, request, session, { problem: { code: 'factor_not_offered' } })
  const typed = field(request, 'individual_id')
  // Left empty, the identifier of before is kept (WCAG 2.2, 3.3.7).
  if (typed === undefined && (session.state.confirmed ?? session.state.chosen) !== undefined) {
    const again = await requestAgain(world, act, factor, deviceSecret)
    return again.refusal === undefined ? onward(world, request, session) : told(world, request, session, again, showChoose)
  }
  const id = typed === undefined ? hintedId(world, session) : readIndividualId(world, typed)
  if (id === undefined) return showChoose(world, request, session, { problem: { code: typed === undefined ? 'empty' : 'malformed' } })
  const wish = { factor, id, ownDevice: field(request, 'own_device') === 'yes', deviceSecret, check: checkOf(world, request) }
  const outcome = await requestFactor(world, act, wish)
  if (outcome.refusal === 'check_needed') return checkReply(world, request, session)
  return outcome.refusal === undefined ? onward(world, request, session) : told(world, request, session, outcome, showChoose)
}

const resend: Step = async (world, request, session) => {
  const outcome = await requestAgain(world, actOf(request, session), 'otp', deviceSecretOf(world, request))
  return outcome.refusal === undefined ? onward(world, request, session) : told(world, request, session, outcome)
}

/** A typed code may hold spaces, hyphens and digits of another script. A password is taken as it is. */
const normalise = (factor: Factor, typed: string): string =>
  factor === 'password' ? typed : foldDigits(typed).replace(/[\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2066-\u2069-]/g, '')

const proof =
  (factor: 'otp' | 'pin' | 'password'): Step =>
  async (world, request, session) => {
    const typed = field(request, factor)
    const { kind, lengthMin, lengthMax } = formatOf(world, factor)
    const text = normalise(factor, typed ?? '')
    const fits = text.length >= lengthMin && text.length <= lengthMax && (kind === 'text' || /^\d+$/.test(text))
    // What can be no proof of this factor is no attempt.
    if (!fits && session.state.stage === 'opened' && session.state.chosen?.factor === factor)
      return show(world, request, session, { problem: { code: typed === undefined ? 'empty' : 'malformed' } })
    const device = deviceSecretOf(world, request)
    const proven = await prove(world, actOf(request, session), factor, text, device)
    // A second click on a proof that was right: the next question waits already.
    if (proven.refusal !== undefined && provenFactors(proven.state).includes(factor)) return onward(world, request, session)
    if (proven.refusal !== undefined) return told(world, request, session, proven)
    const cookies = proven.deviceSecret === undefined ? [] : [deviceCookie(world, proven.deviceSecret)]
    return proceed(world, request, session, proven.state, [...renewed(world, request, session), ...cookies])
  }

const consent: Step = async (world, request, session) => {
  const act = actOf(request, session)
  const { state } = session
  const action = field(request, 'action')
  if (action === 'cancel') return told(world, request, session, await denyConsent(world, act, state))
  if (action !== 'accept') return show(world, request, session, { problem: { code: 'form_invalid' } })
  const notice = field(request, 'notice')
  const choice = {
    claims: fields(request, 'claims'),
    scopes: fields(request, 'scopes'),
    language: session.language,
    ...(notice !== undefined && { notice }),
  }
  const agreed = await giveConsent(world, act, state, choice)
  if (agreed.refusal !== undefined && agreed.state.stage === 'authenticated')
    return show(
      world,
      request,
      { ...session, state: agreed.state },
      { problem: { code: agreed.refusal }, status: ERRORS[agreed.refusal].status },
    )
  return proceed(world, request, session, agreed.state, renewed(world, request, session))
}

/** The person gives up: the relying party reads `access_denied`. */
const cancel: Step = async (world, request, session) =>
  told(
    world,
    request,
    session,
    await command(world, actOf(request, session), { type: 'FailAuthorization', at: request.at, reason: 'cancelled' }),
  )

/** WCAG 2.2.1: more time, and what is sealed lives as much longer. */
const extend: Step = async (world, request, session) => {
  const extended = await command(world, actOf(request, session), { type: 'ExtendTime', at: request.at })
  if (extended.refusal !== undefined) return told(world, request, session, extended)
  const { authenticated, confirmed, chosen } = extended.state
  const person = (authenticated ?? confirmed ?? chosen)?.person
  await extendSealed(world, session.transaction, person, sealedUntil(world.policy.value, extended.state.deadline ?? request.at))
  return onward(world, request, session)
}

/** Tries again what the ID system could not do: the claims were not released yet. */
const restart: Step = async (world, request, session) =>
  session.state.stage === 'consented'
    ? proceed(world, request, session, session.state, renewed(world, request, session))
    : onward(world, request, session)

const STEPS: Readonly<Record<string, Step>> = {
  choose,
  resend,
  otp: proof('otp'),
  pin: proof('pin'),
  password: proof('password'),
  consent,
  cancel,
  extend,
  restart,
}

/** POST `/login/:transaction/:step` */
export const loginStep = async (world: World, request: Request): Promise<Reply> => {
  const session = await openSession(world, request)
  if (isReply(session)) return session
  const taken = await world.guesses.post(request.network)
  if (!taken.ok)
    return withHeaders(hindranceReply(world, request, session, 'too_many_requests', 'continue'), {
      'retry-after': String(taken.retryAfterS),
    })
  const name = request.params['step'] ?? ''
  const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined
  const refusal = step === undefined ? 'not_found' : formRefusal(world, request, session)
  if (step === undefined || refusal !== undefined) return hindranceReply(world, request, session, refusal ?? 'not_found', 'continue')
  return step(keeping(world, session.state), request, session)
}
