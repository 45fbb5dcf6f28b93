import { questionsOf, type Shown } from './knowledge-form.ts'
import type { Session } from './session.ts'
import { knownKinds, loginIdViews, ownEnd } from '../login-ids.ts'
import { readIndividualId } from '../people.ts'
import { referenceOf } from '../reference.ts'
import { unseal, type SealedParts } from '../sealed.ts'
import { NOTICE_VERSION, noticeDigest, noticeView } from '../steps/notice.ts'
import type { World } from '../world.ts'
import { nextFactors } from '../../domain/assurance.ts'
import type { Channel, Factor, FactorOffer, IndividualId, Instant, KnowledgeForm } from '../../domain/ports.ts'
import { provenFactors } from '../../domain/transaction/state.ts'
import { plusSeconds, secondsUntil } from '../../domain/time.ts'
import { TEXTS } from '../ui/text.ts'
import type { ChannelChoice, ChooseView, ConsentView, KnowledgeView, Limit, OtpView, PasswordView, PinView, Problem } from '../ui/views.ts'

export const limitOf = (world: World, { state }: Session, at: Instant): { readonly limit?: Limit } => {
  if (state.deadline === undefined) return {}
  const extensible = state.extensions < world.policy.value.limits.extensionsMax
  return { limit: { until: state.deadline, secondsLeft: secondsUntil(at, state.deadline), extensible } }
}

const problemOf = (problem: Problem | undefined): { readonly problem?: Problem } => (problem === undefined ? {} : { problem })

/** What the page may echo: the last four characters of what the person typed. */
const endingOf = (world: World, id: IndividualId): string => ownEnd(world.settings.loginIds, id).slice(-4)

/** What the ID system says of a factor. */
export const offerOf = (world: World, factor: Factor): FactorOffer | undefined =>
  world.idSystem.description.factors.find((offer) => offer.factor === factor)

/** How a typed proof of this factor looks, as the plugin describes it. */
export const formatOf = (world: World, factor: Factor): FactorOffer['format'] =>
  offerOf(world, factor)?.format ?? { kind: 'text', lengthMin: 1, lengthMax: 256 }

/** The ways that lead on from where the sign-in stands. */
export const waysOf = (world: World, { state }: Pick<Session, 'state'>): readonly Factor[] =>
  state.request === undefined ? [] : nextFactors(world.policy.value, state.request, provenFactors(state))

/** The questions of the ID system. */
export const formOf = (world: World): KnowledgeForm | undefined => offerOf(world, 'knowledge')?.form

/** The ways to a person that the ID system has. */
export const channelsOffered = (world: World): readonly Channel[] => world.idSystem.description.channels

/** Where there is nothing to choose, nothing is asked. */
const channelChoice = (world: World, { state }: Session): { readonly channel?: ChannelChoice } => {
  const channels = channelsOffered(world)
  const [first] = channels
  if (first === undefined || channels.length === 1) return {}
  const [wished = first, ...more] = state.chosen?.channels ?? []
  return { channel: { channels, chosen: more.length > 0 ? 'all' : wished } }
}

/** What stands on every page of somebody who has proven something already. */
const provenOf = ({ state }: Session): { readonly proven?: readonly Factor[] } =>
  state.confirmed === undefined ? {} : { proven: state.confirmed.factors }

const digitsOf = (world: World, factor: Factor): number | undefined => {
  const { kind, lengthMin, lengthMax } = formatOf(world, factor)
  return kind === 'digits' && lengthMin === lengthMax ? lengthMax : undefined
}

/**
 * Whom the relying party expects (OpenID Connect Core §3.1.2.1, `login_hint`), where that can be an identifier here. The person sees its
 * end and may leave the field empty; the rest of it is on no page.
 */
export const hintedId = (world: World, { raw }: Pick<Session, 'raw'>): IndividualId | undefined => {
  const hint = raw?.['login_hint']
  return hint === undefined ? undefined : readIndividualId(world, hint)
}

export const chooseView = (
  world: World,
  session: Session,
  at: Instant,
  sealed: SealedParts['person'] | undefined,
  device: 'offer' | 'known',
  chosenLoginId: string | undefined,
  problem?: Problem,
): ChooseView => {
  const { chosen } = session.state
  const { description } = world.idSystem
  const loginIds = knownKinds(world.settings.loginIds, description)
  const hinted = sealed === undefined ? hintedId(world, session) : undefined
  return {
    idTypes: description.idTypes.map(({ type }) => type),
    factors: waysOf(world, session),
    ...provenOf(session),
    ...(waysOf(world, session).includes('otp') && channelChoice(world, session)),
    ...(loginIds && {
      loginIds: loginIdViews(loginIds, session.language, (type) => TEXTS[session.language][`idtype.${type}`] ?? type),
    }),
    ...(chosenLoginId !== undefined && { chosenLoginId }),
    ...(chosen && { chosen: chosen.factor }),
    ...(sealed && { idEnding: endingOf(world, sealed.id) }),
    ...(hinted && { hintedEnding: endingOf(world, hinted) }),
    ownDevice: device,
    ...limitOf(world, session, at),
    ...problemOf(problem),
  }
}

const otherWays = (world: World, session: Session): boolean => waysOf(world, session).length > 1

const endingIn = (world: World, sealed: SealedParts['person'] | undefined): string => (sealed ? endingOf(world, sealed.id) : '')

export const otpView = (
  world: World,
  session: Session,
  at: Instant,
  sealed: SealedParts['person'] | undefined,
  resent: boolean,
  problem?: Problem,
): OtpView => {
  const { delivery, sends } = session.state
  // The same for everybody, counted from the wish: whether a message went out must not show (rule 22).
  const validForS = offerOf(world, 'otp')?.validForS
  const { sendS } = world.policy.value.lifetimes
  const validUntil = delivery && validForS !== undefined ? plusSeconds(delivery.sendBy, validForS - sendS) : undefined
  // A message that the ID system would not send looks like one that was sent; only an outage is said.
  const outage = delivery?.status === 'failed' && delivery.reason !== 'subject_denied' && delivery.reason !== 'rate_limited'
  return {
    idEnding: endingIn(world, sealed),
    reference: referenceOf(session.transaction),
    digits: digitsOf(world, 'otp') ?? 6,
    state: delivery?.status === 'pending' ? 'sending' : outage ? 'failed' : 'sent',
    ...(validUntil !== undefined && { code: { until: validUntil, secondsLeft: secondsUntil(at, validUntil) } }),
    resend: {
      left: Math.max(0, world.policy.value.limits.sendsMax - sends),
      ...(delivery && at < delivery.resendFrom && { from: delivery.resendFrom }),
    },
    ...(resent && { resent }),
    ...channelChoice(world, session),
    ...provenOf(session),
    otherWays: otherWays(world, session),
    ...limitOf(world, session, at),
    ...problemOf(problem),
  }
}

export const passwordView = (
  world: World,
  session: Session,
  at: Instant,
  sealed: SealedParts['person'] | undefined,
  problem?: Problem,
): PasswordView => ({
  idEnding: endingIn(world, sealed),
  otherWays: otherWays(world, session),
  ...limitOf(world, session, at),
  ...problemOf(problem),
})

export const knowledgeView = (
  world: World,
  session: Session,
  at: Instant,
  sealed: SealedParts['person'] | undefined,
  form: KnowledgeForm,
  telling: { readonly problem?: Problem; readonly answers?: Shown },
): KnowledgeView => ({
  ...passwordView(world, session, at, sealed, telling.problem),
  questions: questionsOf(form, session.language, telling.answers),
  typed: telling.answers?.fields ?? {},
})

/** As the password's, and how long a PIN is where all have the same length. */
export const pinView = (...asked: Parameters<typeof passwordView>): PinView => {
  const digits = digitsOf(asked[0], 'pin')
  return { ...passwordView(...asked), ...(digits !== undefined && { digits }) }
}

export const consentView = (
  world: World,
  session: Session,
  at: Instant,
  sealed: SealedParts['person'] | undefined,
  problem?: Problem,
): ConsentView => ({
  ...noticeView(world, session),
  idEnding: endingIn(world, sealed),
  notice: { version: NOTICE_VERSION, digest: noticeDigest(world, session) },
  ...limitOf(world, session, at),
  ...problemOf(problem),
})

/** Whom this sign-in is about: who proved it, else who was named last. */
export const sealedPerson = async (world: World, { transaction, state }: Session): Promise<SealedParts['person'] | undefined> => {
  const { person } = state.authenticated ?? state.confirmed ?? state.chosen ?? {}
  return person === undefined ? undefined : unseal(world, transaction, `person.${person}`)
}
