import { show } from './login.ts'
import { onward, proceed, told, type Step } from './onward.ts'
import { biometrics, choose, knowledge, proof, resend } from './prove-steps.ts'
import { field, fields, withHeaders, type Reply, type Request } from './reply.ts'
import { actOf, formRefusal, isReply, openSession, renewed } from './session.ts'
import { hindranceReply } from './way-back.ts'
import { keeping } from '../id-systems.ts'
import { extendSealed, sealedUntil } from '../sealed.ts'
import { command } from '../steps/act.ts'
import { denyConsent, giveConsent } from '../steps/agree.ts'
import type { World } from '../world.ts'
import { isOwn } from '../../domain/transaction/own-page.ts'
import { ERRORS } from './errors.ts'

const consent: Step = async (world, request, session) => {
  const act = actOf(request, session)
  const { state } = session
  // Nothing is shared with anybody: nobody is asked, and no code can come of it.
  if (isOwn(state)) return onward(world, request, session)
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
  return proceed(world, request, session, agreed, renewed(world, request, session))
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
  session.state.stage === 'consented' || isOwn(session.state)
    ? proceed(world, request, session, session, renewed(world, request, session))
    : onward(world, request, session)

const STEPS: Readonly<Record<string, Step>> = {
  choose,
  resend,
  otp: proof('otp'),
  pin: proof('pin'),
  password: proof('password'),
  biometrics,
  knowledge,
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
