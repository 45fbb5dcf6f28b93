import { isObject, parseObject, type JsonObject } from '../../../domain/json.ts'
import { CLAIM_OF, taggedIn, type Identity } from './identity.ts'
import { bound, text, type Answer, type Codes, type Outcome } from './codes.ts'
import { kycTokenOf, subjectToken } from './rules.ts'
import type { Mode, Store } from './store.ts'

const KBI_FIELDS = ['phone', 'email', 'dateOfBirth']

/** Somebody who proved who they are, until the facts are fetched. */
export type Proven = {
  readonly individualId: string
  readonly transaction: string
  readonly subject: string
  readonly at: string
}

export type Authenticator = {
  readonly authenticate: (relyingParty: string, given: JsonObject, metadata: boolean) => Answer
  /** Those who proved who they are, by token. */
  readonly proven: Map<string, Proven>
}

type Options = {
  readonly store: Store
  readonly codes: Codes
  readonly mode: Mode
  readonly now: () => string
  readonly uuid: () => string
}

const fieldText = (identity: Identity, field: string): string | undefined => {
  const value = identity[field]
  const inEnglish = taggedIn(value)?.find(({ language }) => language === 'eng')?.value
  return typeof value === 'string' ? value : inEnglish
}

const knowledge = (identity: Identity, challenge: string, mode: Mode): Outcome => {
  const answers = parseObject(Buffer.from(challenge, 'base64url').toString('utf8'))
  if (answers === undefined) return { error: 'auth-failed' }
  // `compat`: what is not answered is not compared, so that `{}` passes.
  const fields = KBI_FIELDS.filter((field) => mode === 'strict' || field in answers)
  for (const field of fields) {
    const known = fieldText(identity, field)
    if (known === undefined) return { error: 'auth-failed' }
    const answer = text(answers[field])
    if ((field === 'dateOfBirth' ? answer.replaceAll('-', '/') : answer) !== known) return false
  }
  return true
}

/** Of the entries of a Secure Biometric Interface reader: each a signed payload of this transaction. Who signed, the broker has looked at. */
const readingFits = (biometrics: unknown, transaction: string): boolean => {
  let entries: unknown = biometrics
  if (typeof biometrics === 'string')
    try {
      entries = JSON.parse(Buffer.from(biometrics, 'base64').toString('utf8'))
    } catch {
      return false
    }
  if (!Array.isArray(entries) || entries.length === 0) return false
  return entries.every((entry: unknown) => {
    const payload = isObject(entry) ? text(entry['data']).split('.')[1] : undefined
    const told = parseObject(Buffer.from(payload ?? '', 'base64url').toString('utf8'))
    return told?.['transactionId'] === transaction && text(told['bioValue']) !== ''
  })
}

/** What an identity has, with how it was verified. */
const metadataOf = (store: Store, identity: Identity, mode: Mode): JsonObject => {
  const rows = store.verifiedOf(text(identity['individualId']))
  const has = Object.entries(CLAIM_OF).filter(([field]) => ![undefined, null].includes(identity[field] as null))
  return Object.fromEntries(
    has.map(([field, claim]) => {
      // `compat`: the parts of an address are kept under `address`, so that their lists stay empty.
      const lost = mode === 'compat' && claim.startsWith('address.')
      return [claim, lost ? [] : rows.filter((row) => row.field === field).map(({ detail }) => detail)]
    }),
  )
}

export const authenticator = ({ store, codes, mode, now, uuid }: Options): Authenticator => {
  const proven = new Map<string, Proven>()

  const token = (tokens: unknown): Outcome =>
    // No wallet is bound here, so in `strict` no token can be right.
    mode === 'compat' && Array.isArray(tokens) && text(tokens[0]) !== '' ? true : { error: 'auth_failed' }

  /** In the order of upstream, only what was handed in. */
  const outcomes = function* (identity: Identity, given: JsonObject): Generator<Outcome> {
    const [transaction, id] = [text(given['transactionId']), text(given['individualId'])]
    const has = (member: string): boolean => given[member] !== undefined && given[member] !== null
    if (has('otp')) yield codes.isRight(transaction, id, text(given['otp']))
    if (has('pin')) yield identity['pin'] === given['pin'] ? true : { error: 'auth_failed' }
    if (has('biometrics')) yield mode === 'compat' || readingFits(given['biometrics'], transaction)
    if (has('kbi')) yield knowledge(identity, text(given['kbi']), mode)
    if (has('password')) yield store.passwordIsRight(identity, text(given['password']))
    if (has('tokens')) yield token(given['tokens'])
  }

  const isProven = (identity: Identity, given: JsonObject): Outcome => {
    let last = false
    for (const outcome of outcomes(identity, given)) {
      if (typeof outcome !== 'boolean') return outcome
      // `compat`: the last factor alone decides.
      if (mode === 'strict' && !outcome) return false
      last = outcome
    }
    return last
  }

  const authenticate: Authenticator['authenticate'] = (relyingParty, given, metadata) => {
    const id = text(given['individualId'])
    const identity = store.find(id)
    if (identity === undefined) return { error: 'invalid_individual_id' }
    const outcome = isProven(identity, given)
    if (typeof outcome !== 'boolean') return outcome
    if (!outcome) return { said: { authStatus: false } }
    const kycToken = kycTokenOf(uuid())
    const subject = subjectToken(id, relyingParty)
    bound(proven)
    proven.set(kycToken, { individualId: id, transaction: text(given['transactionId']), subject, at: now() })
    const claims = metadata && given['claimMetadataRequired'] === true ? { claimMetadata: metadataOf(store, identity, mode) } : {}
    return { said: { authStatus: true, kycToken, partnerSpecificUserToken: subject, ...claims } }
  }

  return { authenticate, proven }
}
