import { biometricsView } from './login-biometrics.ts'
import type { Shown } from './knowledge-form.ts'
import { chooseView, consentView, formOf, knowledgeView, otpView, passwordView, pinView, sealedPerson } from './login-views.ts'
import { field, type Reply, type Request } from './reply.ts'
import { deviceSecretOf } from './device.ts'
import { baseOf, isReply, openSession, sessionPage, type Session } from './session.ts'
import { codeReply, endReply, hindranceReply } from './way-back.ts'
import { keeping } from '../id-systems.ts'
import type { World } from '../world.ts'
import { expire } from '../../domain/transaction/deadlines.ts'
import { isOwn } from '../../domain/transaction/own-page.ts'
import { biometricsPage, choosePage, consentPage, knowledgePage, otpPage, passwordPage, pinPage, waitPage } from '../ui/pages.ts'
import type { Problem } from '../ui/views.ts'

/** A page that still waits for a delivery looks again after this long. */
const REFRESH_S = 3

/** More about the page than the state says: it answers what the person just did. */
export type Telling = {
  readonly problem?: Problem
  readonly resent?: boolean
  readonly status?: number
  /** A form of questions that is shown again. */
  readonly answers?: Shown
}

/** A wrong or late form is answered with the page for it: nothing is lost, and nothing was recorded that the page does not say. */
const statusOf = ({ status, problem }: Telling): number => status ?? (problem === undefined ? 200 : 422)

export const showChoose = async (world: World, request: Request, session: Session, telling: Telling = {}): Promise<Reply> => {
  const sealed = await sealedPerson(world, session)
  const device = deviceSecretOf(world, request) === undefined ? 'offer' : 'known'
  const view = chooseView(world, session, request.at, sealed, device, field(request, 'login_id'), telling.problem)
  return sessionPage(world, request, session, choosePage(session.frame, view), statusOf(telling))
}

const showProof = async (world: World, request: Request, session: Session, telling: Telling): Promise<Reply> => {
  const { state, frame } = session
  const sealed = await sealedPerson(world, session)
  const { at } = request
  const { problem } = telling
  switch (state.chosen?.factor) {
    case 'otp':
      if (state.delivery?.status === 'pending' && problem === undefined)
        return sessionPage(world, request, session, waitPage(frame, { refreshS: REFRESH_S, href: baseOf(session.transaction) }))
      return sessionPage(
        world,
        request,
        session,
        otpPage(frame, otpView(world, session, at, sealed, telling.resent === true, problem)),
        statusOf(telling),
      )
    case 'pin':
      return sessionPage(world, request, session, pinPage(frame, pinView(world, session, at, sealed, problem)), statusOf(telling))
    case 'password':
      return sessionPage(world, request, session, passwordPage(frame, passwordView(world, session, at, sealed, problem)), statusOf(telling))
    case 'knowledge': {
      const form = formOf(world)
      if (form === undefined) return showChoose(world, request, session, telling)
      const view = knowledgeView(world, session, at, sealed, form, telling)
      return sessionPage(world, request, session, knowledgePage(frame, view), statusOf(telling))
    }
    case 'biometrics': {
      const view = biometricsView(world, session, at, sealed, problem)
      return sessionPage(world, request, session, biometricsPage(frame, view), statusOf(telling), true)
    }
    case 'wallet':
    case undefined:
      return showChoose(world, request, session, telling)
  }
}

const showConsent = async (world: World, request: Request, session: Session, telling: Telling): Promise<Reply> => {
  const view = consentView(world, session, request.at, await sealedPerson(world, session), telling.problem)
  return sessionPage(world, request, session, consentPage(session.frame, view), statusOf(telling))
}

/** The dispatcher: what comes next is said by the state alone. It records nothing; steps never lead to one another. */
export const show = async (world: World, request: Request, session: Session, telling: Telling = {}): Promise<Reply> => {
  const { state } = session
  const late = state.stage !== 'exchanged' && expire(state, request.at).length > 0
  if (late) return endReply(world, request, { ...session, state: { ...state, stage: 'expired' } })
  switch (state.stage) {
    case 'opened':
      return showProof(world, request, session, telling)
    case 'authenticated':
      // A crash between the proof and the page: a press goes on.
      if (isOwn(state)) return hindranceReply(world, request, session, 'consent_pending', 'retry')
      return showConsent(world, request, session, telling)
    case 'consented':
      return hindranceReply(world, request, session, 'release_unavailable', 'retry')
    case 'code_issued':
      return codeReply(world, session) ?? endReply(world, request, session)
    case 'none':
    case 'started':
    case 'exchanged':
    case 'revoked':
    case 'failed':
    case 'expired':
    case 'closed':
      return endReply(world, request, session)
  }
}

/** GET `/login/:transaction` */
export const loginPage = async (world: World, request: Request): Promise<Reply> => {
  const session = await openSession(world, request)
  return isReply(session) ? session : show(keeping(world, session.state), request, session)
}

/** GET `/login/:transaction/:step`: a reload after a form that was refused, or back to the first page while nothing is proved. */
export const loginStepPage = async (world: World, request: Request): Promise<Reply> => {
  const session = await openSession(world, request)
  if (isReply(session)) return session
  const chooses = request.params['step'] === 'choose' && session.state.stage === 'opened' && expire(session.state, request.at).length === 0
  const here = keeping(world, session.state)
  return chooses ? showChoose(here, request, session) : show(here, request, session)
}
