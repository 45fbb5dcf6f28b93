import { memoryEventStore } from '../../adapters/event-store/memory/memory-event-store.ts'
import { sha256, uuidv5 } from '../../src/crypto/hash.ts'
import { attemptCounters, transactions } from '../../src/deciders.ts'
import { handle, stateCache, type Handled, type Handling } from '../../src/handle.ts'
import { openJournal, type Journal } from '../../src/journal.ts'
import type { AttemptsCommand } from '../../domain/person/attempts.ts'
import type { EventStore } from '../../domain/ports.ts'
import { attemptsStream, transactionStream } from '../../domain/streams.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import type { ClientConfiguration, Policy, TransactionCommand } from '../../schemas/generated.ts'
import { SHOP, systemTimers } from './given.ts'
import { handClock, type HandClock } from './hand-clock.ts'

/** What the ID system would say, were it asked. */
export type Hidden = 'right' | 'wrong' | 'unavailable'

/** Logins as the broker's steps lead them, with the person's counters, over ports in memory and under a policy of one's own. */
export type Logins = {
  readonly store: EventStore
  readonly journal: Journal
  readonly clock: HandClock
  readonly start: (tx: string, client?: string) => Promise<void>
  readonly choose: (tx: string, person: string) => Promise<void>
  /** As `src/steps/prove.ts` does it: attempt, count, ask, verdict, credit. False where the login takes no proof: nothing is recorded. */
  readonly prove: (tx: string, hidden: Hidden) => Promise<boolean>
  /** Consent and code, where the login stands there. */
  readonly agree: (tx: string) => Promise<void>
  readonly exchange: (tx: string) => Promise<void>
  readonly expire: (tx: string) => Promise<void>
  readonly close: () => Promise<void>
}

const NAMESPACE = 'c0ffee00-0000-4000-8000-000000000001'

export const logins = async (policy: Policy, store?: EventStore): Promise<Logins> => {
  const clock = handClock()
  const events = store ?? memoryEventStore({ clock, timers: systemTimers })
  const journal = openJournal(events)
  const world: Handling = { journal, timers: systemTimers, states: stateCache(1000) }
  let commands = 0
  const next = (): string => uuidv5(NAMESPACE, String((commands += 1)))
  const policyDigest = await journal.keepArtefact('policy', policy, clock.now(), next())
  const clients = new Map<string, { readonly configuration: ClientConfiguration; readonly digest: string }>()
  const clientOf = async (id: string) => {
    const known = clients.get(id)
    if (known !== undefined) return known
    const configuration = { ...SHOP, client_id: id }
    const found = { configuration, digest: await journal.keepArtefact('client', configuration as never, clock.now(), next()) }
    clients.set(id, found)
    return found
  }
  const own = new Map<string, string>()
  const wish = async (tx: string, command: TransactionCommand): Promise<Handled<TransactionState>> => {
    const { configuration, digest } = await clientOf(own.get(tx) ?? 'shop')
    return handle(world, transactions, transactionStream(tx), command, {
      commandId: next(),
      causation: 'test',
      correlation: tx,
      rules: { policy, client: { configuration, active: true } },
      ruleDigests: { policy: policyDigest, client: digest },
    })
  }
  const count = (tx: string, person: string, command: AttemptsCommand) =>
    handle(world, attemptCounters, attemptsStream(person, command.path), command, {
      commandId: next(),
      causation: 'test',
      correlation: tx,
      rules: { policy },
      ruleDigests: { policy: policyDigest },
    })
  const digest = (tx: string, what: string): string => sha256(`${tx} ${what}`)

  const prove: Logins['prove'] = async (tx, hidden) => {
    const at = clock.now()
    const { state, events: recorded } = await wish(tx, { type: 'AttemptFactor', at, factor: 'pin' })
    const pending = state.pending.at(-1)
    if (pending === undefined || !recorded.some(({ type }) => type === 'FactorAttempted')) return false
    const { attempt, person, path, factor } = pending
    const counted = await count(tx, person, { type: 'CountAttempt', at, path, factor, transaction: tx })
    if (counted.refusal !== undefined) {
      await wish(tx, { type: 'RejectFactor', at, attempt, reason: 'limited' })
      return true
    }
    if (hidden === 'right') {
      await wish(tx, { type: 'ConfirmFactor', at, attempt, factorsProven: ['pin'], samePerson: true })
      await count(tx, person, { type: 'CreditAttempt', at, path, transaction: tx, reason: 'success' })
      return true
    }
    await wish(tx, { type: 'RejectFactor', at, attempt, reason: hidden })
    if (hidden === 'unavailable') await count(tx, person, { type: 'CreditAttempt', at, path, transaction: tx, reason: 'not_checked' })
    return true
  }

  return {
    ...{ store: events, journal, clock, prove },
    start: async (tx, client = 'shop') => {
      own.set(tx, client)
      await wish(tx, {
        ...{ type: 'StartAuthorization', at: clock.now(), client, via: 'direct', redirectUri: 'https://shop.example/cb' },
        ...{ responseMode: 'query', scopes: ['openid'], claims: [{ name: 'name', essential: true }], acrs: [], acrEssential: false },
        ...{ factors: ['pin'], prompt: [], requestDigest: digest(tx, 'request'), plugin: { id: 'mock', version: '1' } },
        browser: digest(tx, 'browser'),
      })
    },
    choose: async (tx, person) => {
      await wish(tx, { type: 'RequestFactor', at: clock.now(), factor: 'pin', person, idType: 'uin', path: 'unknown' })
    },
    agree: async (tx) => {
      const consent = { consent: digest(tx, 'consent'), revision: 0, claims: ['name'], scopes: ['openid'] }
      await wish(tx, { type: 'RecordConsent', at: clock.now(), how: 'given', ...consent })
      await wish(tx, { type: 'IssueCode', at: clock.now(), codeDigest: digest(tx, 'code'), issue: 1, released: ['name'] })
    },
    exchange: async (tx) => {
      const { revision } = await wish(tx, { type: 'ExpireAuthorization', at: clock.now() })
      const redirectUri = 'https://shop.example/cb'
      const shown = { codeDigest: digest(tx, 'code'), redirectUri, accessTokenDigest: digest(tx, 'token') }
      await wish(tx, { type: 'ExchangeToken', at: clock.now(), client: own.get(tx) ?? 'shop', ...shown, seen: revision })
    },
    expire: async (tx) => {
      await wish(tx, { type: 'ExpireAuthorization', at: clock.now() })
    },
    close: () => events.close(),
  }
}

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'
const lettersOf = (n: number): string => Array.from(n.toString(32), (character) => LETTERS[Number.parseInt(character, 32)]).join('')

/** The `n`th transaction, and the `n`th person. */
export const txOf = (n: number): string => `tx_${lettersOf(n).padStart(24, '0')}`
export const personOf = (n: number): string => lettersOf(n).padStart(26, '0')
