import type { JsonObject } from '../../../domain/json.ts'
import { codeKey, maskedEmail, maskedPhone } from './rules.ts'
import type { Mode, Store } from './store.ts'

const CODE_MS = 600_000
/** Of codes and of people who proved who they are; beyond this the oldest is forgotten. */
const KEPT_MAX = 10_000
const MAILBOX_MAX = 200
const COMPAT_OTP = '111111'

export type Sent = { readonly transaction: string; readonly otp: string; readonly channels: readonly string[]; readonly at: string }

/** An error's code, or what is answered. */
export type Answer = { readonly error: string } | { readonly said: JsonObject }

/** What a factor says: yes, no, or an error's code. */
export type Outcome = boolean | { readonly error: string }

export type Codes = {
  readonly send: (given: JsonObject) => Answer
  readonly isRight: (transaction: string, individualId: string, otp: string) => Outcome
  readonly mailbox: () => readonly Sent[]
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Makes room for one more. */
export const bound = (map: Map<string, unknown>): void => {
  for (const oldest of map.keys()) {
    if (map.size < KEPT_MAX) return
    map.delete(oldest)
  }
}

type Options = { readonly store: Store; readonly mode: Mode; readonly now: () => string; readonly sixDigits: () => string }

export const codesOf = ({ store, mode, now, sixDigits }: Options): Codes => {
  /** Until when a code works. */
  const codes = new Map<string, string>()
  const sent: Sent[] = []

  const send: Codes['send'] = ({ transactionId, individualId, otpChannels }) => {
    const [transaction, id] = [text(transactionId), text(individualId)]
    if (transaction === '') return { error: 'invalid_transaction_id' }
    const identity = store.find(id)
    if (identity === undefined) return { error: 'invalid_individual_id' }
    const wished = Array.isArray(otpChannels) ? otpChannels.map((channel) => text(channel).toLowerCase()) : []
    if (wished.length === 0 || !wished.every((channel) => channel === 'email' || channel === 'phone'))
      return { error: 'invalid_otp_channel' }
    const [email, phone] = [text(identity['email']), text(identity['phone'])]
    const channels = wished.filter((channel) => (channel === 'email' ? email : phone) !== '')
    if (channels.length === 0) return { error: 'no_email_mobile_found' }
    const otp = mode === 'compat' ? COMPAT_OTP : sixDigits()
    bound(codes)
    codes.set(codeKey(transaction, id, otp), new Date(Date.parse(now()) + CODE_MS).toISOString())
    sent.unshift({ transaction, otp, channels, at: now() })
    sent.length = Math.min(sent.length, MAILBOX_MAX)
    return {
      said: {
        transactionId: transaction,
        maskedEmail: channels.includes('email') ? maskedEmail(email) : null,
        maskedMobile: channels.includes('phone') ? maskedPhone(phone) : null,
      },
    }
  }

  const isRight: Codes['isRight'] = (transaction, id, otp) => {
    if (transaction === '') return { error: 'invalid_transaction_id' }
    const expected = mode === 'compat' ? COMPAT_OTP : sent.find((one) => one.transaction === transaction)?.otp
    const key = codeKey(transaction, id, expected ?? '')
    const until = codes.get(key)
    if (until === undefined || until <= now()) return { error: mode === 'compat' ? 'invalid_transaction' : 'auth_failed' }
    if (otp !== expected) return { error: 'auth_failed' }
    codes.delete(key)
    return true
  }

  return { send, isRight, mailbox: () => sent }
}
