import { memoryEventStore } from '../../adapters/event-store/memory/memory-event-store.ts'
import { memoryReadModel } from '../../adapters/read-model/memory/memory-read-model.ts'
import { sha256, uuidv5 } from '../../src/crypto/hash.ts'
import { clients, consents, transactions } from '../../src/deciders.ts'
import { handle, stateCache, type Handled, type Handling } from '../../src/handle.ts'
import { openJournal, type Journal } from '../../src/journal.ts'
import { canonical } from '../../domain/canonical.ts'
import type { EventStore, Log, ReadModel, Row, Timers } from '../../domain/ports.ts'
import { clientStream, consentStream, transactionStream } from '../../domain/streams.ts'
import type { TransactionRules } from '../../domain/transaction/rules.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import type { Recorded, SourceMessage } from '../../projections/projection.ts'
import type { Runnable } from '../../projections/runnable.ts'
import { served, type Views } from '../../projections/served.ts'
import { missingRows, remember, tablesOf, tell, type RowCache } from '../../projections/tell.ts'
import { eventDescription, documentDefaults } from '../../schemas/check.ts'
import type {
  ClientCommand,
  ClientConfiguration,
  ConsentCommand,
  Policy,
  StandingConsent,
  TransactionCommand,
} from '../../schemas/generated.ts'
import { handClock, type HandClock } from './hand-clock.ts'

export const systemTimers: Timers = {
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(resolve, ms)
      signal?.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          resolve()
        },
        { once: true },
      )
    }),
}

/** A log that keeps its lines. */
export const keptLog = (): Log & { readonly lines: { readonly level: string; readonly event: string; readonly fields: unknown }[] } => {
  const lines: { readonly level: string; readonly event: string; readonly fields: unknown }[] = []
  const at = (level: string) => (event: string, fields?: unknown) => void lines.push({ level, event, fields })
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}

export const policy = documentDefaults('policy') as unknown as Policy

export const SHOP: ClientConfiguration = {
  client_id: 'shop',
  client_name: 'The Shop',
  redirect_uris: ['https://shop.example/cb'],
  jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] },
  grant_types: ['authorization_code'],
  response_types: ['code'],
  subject_type: 'pairwise',
  sector_identifier: 'shop.example',
  token_endpoint_auth_method: 'private_key_jwt',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'ES256',
  require_pushed_authorization_requests: false,
  require_pkce: false,
  scope: 'openid profile',
  claims: ['name', 'birthdate', 'email'],
  default_acr_values: [],
  profile: 'compatible',
  assertion_audience: 'issuer_or_endpoint',
  userinfo_format: 'jwt',
  consent_days: 365,
}

export type Given = Handling & {
  readonly store: EventStore
  readonly journal: Journal
  readonly views: Views
  readonly clock: HandClock
  readonly timers: Timers
  readonly log: ReturnType<typeof keptLog>
  readonly register: (configuration?: ClientConfiguration) => Promise<Handled<unknown>>
  readonly client: (id: string, command: ClientCommand) => Promise<Handled<unknown>>
  readonly consent: (id: string, command: ConsentCommand) => Promise<Handled<unknown>>
  readonly wish: (transaction: string, command: TransactionCommand) => Promise<Handled<TransactionState>>
  readonly all: () => Promise<readonly SourceMessage[]>
  readonly close: () => Promise<void>
}

const NAMESPACE = 'c0ffee00-0000-4000-8000-000000000000'

/** Ports in memory, the journal and the rules over them. */
export const given = async (store?: EventStore): Promise<Given> => {
  const clock = handClock()
  const events = store ?? memoryEventStore({ clock, timers: systemTimers })
  const journal = openJournal(events)
  const views = served(memoryReadModel())
  const handling: Handling = { journal, timers: systemTimers, states: stateCache(100) }
  let commands = 0
  const next = (): string => uuidv5(NAMESPACE, String((commands += 1)))
  const policyDigest = await journal.keepArtefact('policy', policy, clock.now(), next())
  const client = (id: string, command: ClientCommand) =>
    handle(handling, clients, clientStream(id), command, {
      commandId: next(),
      causation: 'test',
      correlation: id,
      rules: undefined,
      ruleDigests: {},
    })
  return {
    ...handling,
    store: events,
    views,
    clock,
    log: keptLog(),
    client,
    register: async (configuration = SHOP) => {
      const artefact = await journal.keepArtefact('client', configuration as never, clock.now(), next())
      return client(configuration.client_id, {
        type: 'RegisterClient',
        at: clock.now(),
        client: configuration.client_id,
        configuration,
        artefact,
      })
    },
    consent: async (id, command) => {
      if (command.type === 'GiveConsent') await journal.keepArtefact('notice', NOTICE, clock.now(), next())
      return handle(handling, consents, consentStream(id), command, {
        commandId: next(),
        causation: 'test',
        correlation: id,
        rules: undefined,
        ruleDigests: {},
      })
    },
    wish: async (transaction, command) => {
      const artefact = await journal.keepArtefact('client', SHOP as never, clock.now(), next())
      const rules: TransactionRules = { policy, client: { configuration: SHOP, active: true } }
      return handle(handling, transactions, transactionStream(transaction), command, {
        commandId: next(),
        causation: 'test',
        correlation: transaction,
        rules,
        ruleDigests: { policy: policyDigest, client: artefact },
      })
    },
    all: async () => {
      const messages: SourceMessage[] = []
      await new Promise<void>((resolve) => {
        const subscription = journal.source.subscribe({}, (message) => {
          messages.push(message)
          if (message.kind === 'caughtUp') void subscription.stop().then(resolve)
        })
      })
      return messages
    },
    close: async () => {
      await views.close()
      await events.close()
    },
  }
}

export const digest = (word: string): string => sha256(word)
export const TX = 'tx_0123456789abcdefghjkmnpq'
export const OTHER_TX = 'tx_zzz3456789abcdefghjkmnpq'
export const PERSON = '0123456789abcdefghjkmnpqrs'
export const CONSENT = digest('consent')

/** What somebody was shown who agreed. */
export const NOTICE = { version: '1', language: 'en', markup: ['<h1>Do you agree?</h1>'] }

export const standing = (at: string, expiresAt: string): StandingConsent => ({
  client: 'shop',
  transaction: TX,
  requestDigest: digest('request'),
  notice: { digest: sha256(canonical(NOTICE)), version: '1', language: 'en' },
  essential: ['name'],
  accepted: ['birthdate'],
  refused: ['email'],
  scopes: ['openid'],
  refusedScopes: [],
  by: 'self',
  givenAt: at,
  expiresAt,
})

/** A login up to the code: a wrong PIN, a right one, consent. Times pass between. */
export const signIn = async (world: Given, tx: string = TX, person = PERSON): Promise<void> => {
  const { clock, wish } = world
  const at = (): string => clock.now()
  const codeDigest = digest(`code ${tx}`)
  await wish(tx, {
    type: 'StartAuthorization',
    at: at(),
    client: 'shop',
    via: 'direct',
    redirectUri: 'https://shop.example/cb',
    responseMode: 'query',
    scopes: ['openid'],
    claims: [
      { name: 'name', essential: true },
      { name: 'birthdate', essential: false },
      { name: 'email', essential: false },
    ],
    acrs: [],
    acrEssential: false,
    factors: ['pin', 'otp'],
    prompt: [],
    requestDigest: digest('request'),
    plugin: { id: 'mock', version: '1' },
    browser: digest('browser'),
  })
  clock.pass(1500)
  await wish(tx, { type: 'RequestFactor', at: at(), factor: 'pin', person, idType: 'uin', path: 'unknown' })
  await wish(tx, { type: 'AttemptFactor', at: at(), factor: 'pin' })
  await wish(tx, { type: 'RejectFactor', at: at(), attempt: 1, reason: 'wrong' })
  clock.pass(5000)
  await wish(tx, { type: 'AttemptFactor', at: at(), factor: 'pin' })
  await wish(tx, { type: 'ConfirmFactor', at: at(), attempt: 2, factorsProven: ['pin'], samePerson: true })
  clock.pass(4000)
  const live = { transaction: tx, liveUntil: clock.in(900_000) }
  const agreement = standing(at(), clock.in(365 * 86_400_000))
  const consent = await world.consent(CONSENT, { type: 'GiveConsent', at: at(), standing: { ...agreement, transaction: tx }, ...live })
  const cited = { consent: CONSENT, revision: consent.revision, claims: ['name', 'birthdate'], scopes: ['openid'] }
  await wish(tx, { type: 'RecordConsent', at: at(), how: 'given', ...cited })
  await wish(tx, { type: 'IssueCode', at: at(), codeDigest, issue: 1, released: ['name', 'birthdate'] })
}

/** The same login up to the end: tokens, userinfo, and the close when they expire. */
export const finish = async (world: Given, tx: string = TX): Promise<void> => {
  const { clock, wish } = world
  clock.pass(800)
  const { revision } = await wish(tx, { type: 'ExpireAuthorization', at: clock.now() })
  const accessTokenDigest = digest(`token ${tx}`)
  const redirectUri = 'https://shop.example/cb'
  const codeDigest = digest(`code ${tx}`)
  await wish(tx, { type: 'ExchangeToken', at: clock.now(), client: 'shop', codeDigest, redirectUri, accessTokenDigest, seen: revision })
  clock.pass(200)
  await wish(tx, { type: 'ReleaseUserinfo', at: clock.now(), accessTokenDigest, claims: ['name', 'birthdate'] })
  clock.pass(policy.lifetimes.accessTokenS * 1000)
  await wish(tx, { type: 'ExpireAuthorization', at: clock.now() })
}

export const describe = (kind: string, type: string): string | undefined => eventDescription(kind, type)

export const recordedOf = (messages: readonly SourceMessage[]): readonly Recorded[] =>
  messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []))

/**
 * `told(projection).given(messages).rows(table)`: the rows that a history leaves, told in batches of a size. No runner and no time.
 */
export const told = (projection: Runnable, views: ReadModel = memoryReadModel(), batchSize = 7) => {
  const cache: RowCache = new Map()
  const whenTold = async (messages: readonly SourceMessage[]): Promise<void> => {
    await views.open(projection.name, projection.version, tablesOf(projection))
    const { name, filter } = projection
    const prefixes = filter !== undefined && 'streamPrefixes' in filter ? filter.streamPrefixes : undefined
    const wanted = messages.filter(
      (message) => !('event' in message) || (prefixes?.some((prefix) => message.event.stream.startsWith(prefix)) ?? true),
    )
    for (let start = 0; start < wanted.length; start += batchSize) {
      const batch = wanted.slice(start, start + batchSize)
      const at = await views.position(name)
      for (const key of missingRows(projection, cache, batch, at)) remember(cache, key, await views.get(name, key.table, key.key))
      const { to, changes } = tell(projection, cache, batch, at)
      if (to !== undefined) await views.apply(name, at, to, changes)
    }
  }
  const rows = (table: string): Promise<readonly Row[]> => views.list(projection.name, table, { limit: 1000 })
  return { given: whenTold, rows }
}
