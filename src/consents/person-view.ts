import { consentHistory } from './history.ts'
import { consentIn, loginsOf, type Login } from './logins.ts'
import type { Journal } from '../journal.ts'
import { consentIdOf } from '../people.ts'
import { textOf } from '../text-of.ts'
import { answerAt, type ConsentAnswer } from '../../domain/consent/history.ts'
import type { Instant, Json, Person } from '../../domain/ports.ts'
import { expire } from '../../domain/transaction/deadlines.ts'
import { isOwn } from '../../domain/transaction/own-page.ts'
import { provenFactors } from '../../domain/transaction/state.ts'

/** Logins of one person that are looked at, the newest first. */
const LOGINS_MAX = 1000

/** How a login ended, as the person understands it. */
export type End = 'done' | 'cancelled' | 'denied' | 'failed' | 'expired' | 'open' | 'revoked' | 'error'

export type OwnLogin = {
  readonly transaction: string
  readonly at: Instant
  readonly client: string
  readonly end: End
  /** Names, never a value. */
  readonly asked: readonly string[]
  readonly scopes: readonly string[]
  readonly got: readonly string[]
  readonly factors: readonly string[]
}

export type Agreement = { readonly consent: string; readonly client: string; readonly answer: ConsentAnswer }

export type OwnRecords = {
  readonly logins: readonly OwnLogin[]
  readonly agreements: readonly Agreement[]
  /** There are older ones than are told. */
  readonly isCut: boolean
}

const FAILED: Readonly<Record<string, End>> = { cancelled: 'cancelled', consent_denied: 'denied', attempts_exhausted: 'failed' }

const endOf = ({ state, events }: Login, at: Instant): End => {
  // A code that was handed over leads to tokens; whether they were fetched shows in what the relying party got.
  const hasRevoked = events.some(({ type }) => type === 'AccessRevoked')
  switch (state.stage) {
    case 'exchanged':
    case 'closed':
      return hasRevoked ? 'revoked' : 'done'
    case 'revoked':
      return 'revoked'
    case 'failed':
      return FAILED[state.failure ?? ''] ?? 'error'
    case 'expired':
      return state.code === undefined ? 'expired' : 'error'
    case 'code_issued':
    case 'none':
    case 'started':
    case 'opened':
    case 'authenticated':
    case 'consented':
      return expire(state, at).length === 0 ? 'open' : 'expired'
  }
}

const names = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((name) => typeof name === 'string') : []

/** What reached the relying party: in the ID token, and each time it asked for more. */
const gotIn = ({ events }: Login): readonly string[] => [
  ...new Set(events.flatMap(({ type, data }) => (type === 'TokenExchanged' || type === 'UserinfoReleased' ? names(data['claims']) : []))),
]

const told = (login: Login, at: Instant): OwnLogin => {
  const { transaction, startedAt, state } = login
  const { client = '', claims = [], scopes = [] } = state.request ?? {}
  return {
    transaction,
    at: startedAt,
    client,
    end: endOf(login, at),
    asked: claims.map(({ name }) => name),
    scopes,
    got: gotIn(login),
    factors: state.authenticated?.factors ?? provenFactors(state),
  }
}

export type Reader = {
  readonly person: Person
  readonly subjectKey: string
  /** The ID system says beforehand who an identifier belongs to, so that a try without success is surely this person's affair. */
  readonly isSure: boolean
}

/** A login is the person's own by what it led to; where it led to nothing, only where nobody else can have had this identifier. */
const isTheirs = (login: Login, { person, subjectKey, isSure }: Reader): boolean => {
  const consent = consentIn(login)
  if (consent === undefined) return isSure
  return consent === consentIdOf(person, subjectKey, login.state.request?.client ?? '')
}

/** Everything that this person may read about themselves, told from the events alone (REG-10). */
export const ownRecords = async (journal: Pick<Journal, 'read' | 'backwards'>, reader: Reader, at: Instant): Promise<OwnRecords> => {
  const logins: OwnLogin[] = []
  const clients = new Map<string, string>()
  let isCut = false
  for await (const login of loginsOf(journal, reader.person.ref)) {
    if (!isTheirs(login, reader)) continue
    if (logins.length === LOGINS_MAX) {
      isCut = true
      break
    }
    logins.push(told(login, at))
    const consent = isOwn(login.state) ? undefined : consentIn(login)
    if (consent !== undefined && !clients.has(consent)) clients.set(consent, textOf(login.state.request?.client))
  }
  const agreements = await Promise.all(
    [...clients].map(async ([consent, client]) => ({ consent, client, answer: answerAt(await consentHistory(journal, consent), at) })),
  )
  return { logins, agreements, isCut }
}
