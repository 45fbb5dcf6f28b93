import { checkOf, checkReply } from './check-page.ts'
import { deviceCookie, deviceSecretOf } from './device.ts'
import { typedAnswers } from './knowledge-form.ts'
import { show, showChoose } from './login.ts'
import { readBiometrics } from './login-biometrics.ts'
import { channelsOffered, formatOf, formOf, hintedId, waysOf } from './login-views.ts'
import { onward, proceed, told, type Step } from './onward.ts'
import { field, type Reply, type Request } from './reply.ts'
import { actOf, renewed, type Session } from './session.ts'
import { knownKinds, readLoginId } from '../login-ids.ts'
import { foldDigits, readIndividualId } from '../people.ts'
import { prove } from '../steps/prove.ts'
import { requestAgain, requestFactor } from '../steps/request-factor.ts'
import type { World } from '../world.ts'
import { readAnswers } from '../../domain/knowledge.ts'
import type { Channel, Factor, IndividualId } from '../../domain/ports.ts'
import { provenFactors } from '../../domain/transaction/state.ts'

const isWay = (ways: readonly Factor[], text: string | undefined): text is Factor =>
  (ways as readonly (string | undefined)[]).includes(text)

/** Where the code should go: one way, every way, or, where nothing was asked, wherever the ID system finds right. */
const channelsOf = (world: World, request: Request): readonly Channel[] | 'form_invalid' => {
  const offered = channelsOffered(world)
  const chosen = field(request, 'channel')
  if (chosen === undefined) return []
  if (chosen === 'all') return offered
  return offered.some((channel) => channel === chosen) ? offered.filter((channel) => channel === chosen) : 'form_invalid'
}

/** Who the person says they are: by the kind that was chosen, where the operator lists kinds, else by its form. */
const idFrom = (world: World, request: Request, typed: string): IndividualId | undefined => {
  const loginIds = knownKinds(world.settings.loginIds, world.idSystem.description)
  if (loginIds === undefined) return readIndividualId(world, typed)
  const named = field(request, 'login_id')
  const login = loginIds.find(({ id }) => id === named)
  return login && readLoginId(world.idSystem.description, login, field(request, `prefix.${login.id}`), typed)
}

export const choose: Step = async (world, request, session) => {
  const act = actOf(request, session)
  const deviceSecret = deviceSecretOf(world, request)
  const ways = waysOf(world, session)
  const factor = field(request, 'factor') ?? (ways.length === 1 ? ways[0] : undefined)
  if (!isWay(ways, factor)) return showChoose(world, request, session, { problem: { code: 'factor_not_offered' } })
  const channels = channelsOf(world, request)
  if (channels === 'form_invalid') return showChoose(world, request, session, { problem: { code: 'form_invalid' } })
  const typed = field(request, 'individual_id')
  // Left empty, the identifier of before is kept (WCAG 2.2, 3.3.7).
  if (typed === undefined && (session.state.confirmed ?? session.state.chosen) !== undefined) {
    const again = await requestAgain(world, act, { factor, channels, deviceSecret })
    return again.refusal === undefined ? onward(world, request, session) : told(world, request, session, again, showChoose)
  }
  const id = typed === undefined ? hintedId(world, session) : idFrom(world, request, typed)
  if (id === undefined) return showChoose(world, request, session, { problem: { code: typed === undefined ? 'empty' : 'malformed' } })
  const ownDevice = field(request, 'own_device') === 'yes'
  const outcome = await requestFactor(world, act, { factor, id, channels, ownDevice, deviceSecret, check: checkOf(world, request) })
  if (outcome.refusal === 'check_needed') return checkReply(world, request, session)
  return outcome.refusal === undefined ? onward(world, request, session) : told(world, request, session, outcome, showChoose)
}

export const resend: Step = async (world, request, session) => {
  const chosen = channelsOf(world, request)
  if (chosen === 'form_invalid') return show(world, request, session, { problem: { code: 'form_invalid' } })
  // A form without the question asks for the same way again.
  const channels = chosen.length > 0 ? chosen : (session.state.chosen?.channels ?? [])
  const wish = { factor: 'otp', channels, deviceSecret: deviceSecretOf(world, request) } as const
  const outcome = await requestAgain(world, actOf(request, session), wish)
  return outcome.refusal === undefined ? onward(world, request, session) : told(world, request, session, outcome)
}

/** A proof that can be one: to the ID system, and on to what follows its verdict. */
const handIn = async (world: World, request: Request, session: Session, factor: Factor, text: string): Promise<Reply> => {
  const proven = await prove(world, actOf(request, session), factor, text, deviceSecretOf(world, request))
  // A second click on a proof that was right: the next question waits already.
  if (proven.refusal !== undefined && provenFactors(proven.state).includes(factor)) return onward(world, request, session)
  if (proven.refusal !== undefined) return told(world, request, session, proven)
  const cookies = proven.deviceSecret === undefined ? [] : [deviceCookie(world, proven.deviceSecret)]
  return proceed(world, request, session, proven, [...renewed(world, request, session), ...cookies])
}

const isAsked = ({ state }: Session, factor: Factor): boolean => state.stage === 'opened' && state.chosen?.factor === factor

/** A typed code may hold spaces, hyphens and digits of another script. A password is taken as it is. */
const normalise = (factor: Factor, typed: string): string =>
  factor === 'password' ? typed : foldDigits(typed).replace(/[\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2066-\u2069-]/g, '')

export const proof =
  (factor: 'otp' | 'pin' | 'password'): Step =>
  async (world, request, session) => {
    const typed = field(request, factor)
    const { kind, lengthMin, lengthMax } = formatOf(world, factor)
    const text = normalise(factor, typed ?? '')
    const fits = text.length >= lengthMin && text.length <= lengthMax && (kind === 'text' || /^\d+$/.test(text))
    // What can be no proof of this factor is no attempt.
    if (!fits && isAsked(session, factor))
      return show(world, request, session, { problem: { code: typed === undefined ? 'empty' : 'malformed' } })
    return handIn(world, request, session, factor, text)
  }

/** Answers of a form are handed in as its canonical text. What is no answer to a question is told at it, and is no attempt. */
export const knowledge: Step = async (world, request, session) => {
  const form = formOf(world)
  if (form === undefined || !isAsked(session, 'knowledge')) return handIn(world, request, session, 'knowledge', '')
  const { fields, answers } = typedAnswers(form, request)
  const read = readAnswers(form, answers)
  if (read.ok) return handIn(world, request, session, 'knowledge', read.proof)
  const isEmpty = Object.values(read.problems).every((problem) => problem === 'empty')
  const problem = { code: isEmpty ? 'empty' : 'malformed' } as const
  return show(world, request, session, { problem, answers: { fields, problems: read.problems } })
}

/** What a reader answered. What is no answer to this attempt is no attempt. */
export const biometrics: Step = async (world, request, session) => {
  if (!isAsked(session, 'biometrics')) return handIn(world, request, session, 'biometrics', '')
  const read = await readBiometrics(world, request, session)
  if (read.ok) return handIn(world, request, session, 'biometrics', read.proof)
  return show(world, request, session, { problem: { code: 'malformed', capture: read.problem } })
}
