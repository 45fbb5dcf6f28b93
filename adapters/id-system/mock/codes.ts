import type { Chance, Channel, Clock, PluginAnswer, SendAnswer, SendRequest, VerifyRequest } from '../plugin.ts'
import { keyed, same } from '../plugin-key.ts'
import type { Journal } from './journal.ts'
import type { MockPerson } from './people.ts'
import { sixDigits } from './secrets.ts'
import type { Message, Remembered, Sent } from './segment.ts'

export type Codes = {
  /** Sends one code for one idempotency key, whatever is killed in between. `person` undefined: nobody who could get one. */
  readonly send: (request: SendRequest, person: MockPerson | undefined) => Promise<PluginAnswer<SendAnswer>>
  /** Right, in time, of this transaction and person, and not used before: then it is used up. */
  readonly prove: (request: VerifyRequest, person: MockPerson | undefined) => Promise<boolean>
}

export type CodesOptions = {
  readonly journal: Journal
  readonly key: Uint8Array
  readonly clock: Clock
  readonly chance: Chance
  readonly validForS: number
  readonly onMessage: (message: Message) => void
}

export const ways: readonly (readonly [channel: Channel, claim: string])[] = [
  ['sms', 'phone_number'],
  ['email', 'email'],
]

/** Where a message can go: every wished channel that the person has, or the first of all. */
export const channelsOf = (person: MockPerson | undefined, wished: readonly Channel[]): readonly Channel[] => {
  const has = ways.filter(([, claim]) => person?.claims[claim] !== undefined).map(([channel]) => channel)
  return wished.length === 0 ? has.slice(0, 1) : has.filter((channel) => wished.includes(channel))
}

/** A phone's last four digits, or an email address without its name. */
export const masked = (address: unknown): string => {
  const text = typeof address === 'string' ? address : ''
  const at = text.lastIndexOf('@')
  return at > 0 ? `${text.slice(0, 1)}…${text.slice(at)}` : `…${text.slice(-4)}`
}

const messagesOf = (
  person: MockPerson,
  channels: readonly Channel[],
  { transaction, clientName, reference }: SendRequest,
  otp: string,
  at: string,
): readonly Message[] =>
  ways
    .filter(([channel]) => channels.includes(channel))
    .map(([channel, claim]) => ({ transaction, channel, to: masked(person.claims[claim]), otp, at, clientName, reference }))

const answerOf = ({ record, channels, until }: Remembered, nowMs: number): PluginAnswer<SendAnswer> => {
  if (record === null) return { ok: false, error: 'subject_denied' }
  return { ok: true, value: { channels, validForS: Math.max(1, Math.ceil((Date.parse(until) - nowMs) / 1000)) } }
}

export const codesOf = ({ journal, key, clock, chance, validForS, onMessage }: CodesOptions): Codes => {
  const macOf = (transaction: string, record: string, otp: string): Buffer => keyed(key, 'otp', transaction, record, otp)

  const send: Codes['send'] = async (request, person) => {
    const { idempotencyKey, transaction } = request
    await journal.catchUp()
    const before = journal.sentFor(idempotencyKey)
    const at = clock.now()
    if (before !== undefined) return answerOf(before, Date.parse(at))
    const otp = sixDigits(chance)
    const channels = channelsOf(person, request.channels)
    const reached = channels.length === 0 ? undefined : person
    // Somebody who cannot get a code costs the same work and the same wait for the disk (rule 22).
    const sent: Sent = {
      kind: 'sent',
      line: chance.uuid(),
      idempotencyKey,
      transaction,
      record: reached?.record ?? null,
      mac: macOf(transaction, reached?.record ?? '', otp).toString('base64url'),
      until: new Date(Date.parse(at) + validForS * 1000).toISOString(),
      channels,
      messages: reached === undefined ? [] : messagesOf(reached, channels, request, otp, at),
    }
    await journal.append(sent)
    const winner = journal.sentFor(idempotencyKey) ?? sent
    if (winner.line === sent.line) sent.messages.forEach(onMessage)
    return answerOf(winner, Date.parse(at))
  }

  const prove: Codes['prove'] = async ({ idempotencyKey, transaction, proof }, person) => {
    await journal.catchUp()
    const sent = journal.newestOf(transaction)
    const record = person?.record ?? ''
    const expected = Buffer.from(sent?.mac ?? '', 'base64url')
    const given = macOf(transaction, record, proof)
    // Compared also when there is nothing to compare with, so that it takes as long.
    const right = same(given, expected.length === given.length ? expected : keyed(key, 'none'))
    if (!right || sent === undefined || sent.record !== record || clock.now() >= sent.until) return false
    if (journal.usedBy(sent.line) === undefined) await journal.append({ kind: 'used', sent: sent.line, by: idempotencyKey })
    return journal.usedBy(sent.line) === idempotencyKey
  }

  return { send, prove }
}
