import { authorizationResponse } from './authorization-response.ts'
import { ERRORS } from './errors.ts'
import { sessionPage, type Session } from './session.ts'
import type { Reply, Request } from './reply.ts'
import { codeOf } from '../steps/issue-code.ts'
import type { World } from '../world.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { millisecondsOf } from '../../domain/time.ts'
import { errorPage, expiredPage } from '../ui/pages.ts'
import type { ErrorView, WayBack } from '../ui/views.ts'

/** What the relying party reads when a login ends without success. */
const FAILURES: Readonly<Record<NonNullable<Session['state']['failure']>, RefusalCode>> = {
  cancelled: 'cancelled',
  attempts_exhausted: 'attempts_exhausted',
  consent_denied: 'consent_denied',
  acr_unmet: 'acr_unmet',
  wrong_person: 'wrong_person',
  login_required: 'login_required',
  code_refused: 'transaction_ended',
  release_unavailable: 'release_unavailable',
  person_restricted: 'transaction_ended',
}

/** The person chose these ends: they go straight back. The others are explained on a page first. */
const CHOSEN: readonly string[] = ['cancelled', 'consent_denied']

const responseTo = (
  world: World,
  session: Session,
  answer: { readonly code: string } | { readonly refusal: RefusalCode },
): Reply | undefined => {
  const { request } = session.state
  if (request === undefined) return undefined
  const state = session.raw?.['state']
  return authorizationResponse(
    {
      redirectUri: request.redirectUri,
      responseMode: request.responseMode,
      issuer: world.settings.issuer,
      ...(state !== undefined && { state }),
    },
    answer,
    session.frame,
  )
}

/** Back to the relying party with the code; a reload within its life gives the same (rule 30). */
export const codeReply = (world: World, session: Session): Reply | undefined =>
  responseTo(world, session, { code: codeOf(world, session.transaction) })

/** A link that tells the relying party how it ended; where it wants a form, the way back stays a page of its own. */
const backOf = (world: World, session: Session, refusal: RefusalCode): { readonly back?: WayBack } => {
  if (session.raw === undefined) return {}
  const location = responseTo(world, session, { refusal })?.headers['location']
  return typeof location === 'string' ? { back: { kind: 'link', href: location } } : {}
}

/** The page for a login that is over, or the way straight back where the person chose that end. */
export const endReply = (world: World, request: Request, session: Session): Reply => {
  const { state } = session
  const refusal = state.failure === undefined ? 'transaction_ended' : FAILURES[state.failure]
  if (state.failure !== undefined && CHOSEN.includes(state.failure) && session.raw !== undefined) {
    const straight = responseTo(world, session, { refusal })
    if (straight !== undefined) return straight
  }
  if (state.stage === 'expired') {
    const { beforeAuthenticationS } = world.policy.value.lifetimes
    const view = { minutes: Math.round(beforeAuthenticationS / 60), ...backOf(world, session, 'transaction_expired') }
    return sessionPage(world, request, session, expiredPage(session.frame, view), ERRORS.transaction_expired.status)
  }
  const back = state.stage === 'failed' ? backOf(world, session, refusal) : {}
  const html = errorPage(session.frame, { code: refusal, ...back, at: request.at })
  return sessionPage(world, request, session, html, ERRORS[refusal].status)
}

/** Something that can be tried again, or gone on with, in this login. */
export const hindranceReply = (
  world: World,
  request: Request,
  session: Session,
  code: RefusalCode,
  way: NonNullable<ErrorView['way']>,
): Reply => {
  const { deadline } = session.state
  const kept = deadline !== undefined && millisecondsOf(deadline) > millisecondsOf(request.at) ? { keptUntil: deadline } : {}
  const html = errorPage(session.frame, { code, way, back: { kind: 'form' }, ...kept, at: request.at })
  return sessionPage(world, request, session, html, ERRORS[code].status)
}
