/**
 * What we need from the world, as types made of functions. Adapters make them real, `test/contracts/` says what a correct one is.
 * Only plain data crosses a port. Every call settles; what the world does wrong is thrown as `Fault`.
 */

// ---------------------------------------------------------------------------------------------------------------- words

/** RFC 3339 in UTC with milliseconds: `2026-11-24T12:00:00.000Z`. Compares as a string. */
export type Instant = string

/** Lower-case hexadecimal UUID. */
export type Uuid = string

/** Base64url SHA-256, 43 characters. */
export type Digest = string

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * The world failed. Codes are the five of the event store (event-store 4.2, promise 3), used by every port.
 * - `conflict`: the stream is elsewhere (`actual` = its revision, or -1 when it does not exist).
 * - `ambiguous`: it may or may not have happened; send the identical call again.
 * - `unavailable`: it did not happen; `retryAfterMs` says when to try again.
 * - `invalid`: what was asked can never succeed; nothing happened.
 * - `closed`: the port was closed.
 * - `corrupt`: what was read is not what was written; never served.
 */
export type FaultCode = 'conflict' | 'ambiguous' | 'unavailable' | 'invalid' | 'closed' | 'corrupt'

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  /** `conflict` only: the stream's present revision, -1 when it does not exist. */
  readonly actual: number | undefined
  /** `unavailable` only, milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(code: FaultCode, message: string, detail: { actual?: number; retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.actual = detail.actual
    this.retryAfterMs = detail.retryAfterMs
  }
}

// ---------------------------------------------------------------------------------------------- clock, chance, timers, log

export type Clock = { readonly now: () => Instant }

/** Unpredictable values from the operating system, or from a seed in a simulation. */
export type Chance = {
  /** `size` random bytes. */
  readonly bytes: (size: number) => Uint8Array
  readonly uuid: () => Uuid
}

export type Timers = {
  /** Resolves after `ms`, or early when the signal aborts. Never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** The reason that ends a sleep which nobody needs any more. Without a reason Node makes an error with its stack, at every request. */
export const OVER = 'over'

/** One structured line. Never a claim value, an identifier that a person knows, or a secret (rule 1). */
export type Log = {
  readonly info: (event: string, fields?: Readonly<Record<string, Json>>) => void
  readonly warn: (event: string, fields?: Readonly<Record<string, Json>>) => void
  readonly error: (event: string, fields?: Readonly<Record<string, Json>>) => void
}

// ------------------------------------------------------------------------------------------------------------ event store

/** Opaque to everybody but the store. Equal length or padded so that positions of one store compare as strings. */
export type Position = string

/** `data` and `metadata` are JSON text of an object, kept byte for byte (promise 7). */
export type NewEvent = {
  readonly id: Uuid
  /** Matches `^[A-Za-z][A-Za-z0-9]{0,63}$`. */
  readonly type: string
  readonly data: string
  readonly metadata: string
}

export type StoredEvent = NewEvent & {
  readonly stream: string
  /** 0-based, gapless in its stream. */
  readonly revision: number
  readonly position: Position
}

/** The revision after which to append. There is no "any". */
export type ExpectedRevision = number | 'no_stream'

export type Appended = { readonly revision: number; readonly position: Position }

/** Event types or stream-name prefixes, never both (promise 9). An absent filter is everything. */
export type EventFilter = { readonly types: readonly string[] } | { readonly streamPrefixes: readonly string[] }

export type StreamSlice = {
  readonly exists: boolean
  readonly events: readonly StoredEvent[]
}

export type SubscriptionMessage =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  /** Everything at or below `position` was delivered or filtered out: safe to store as a checkpoint (promise 6). */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** The subscriber has seen everything that was there (promise 6). Sent each time it catches up again after falling behind. */
  | { readonly kind: 'caughtUp'; readonly position: Position | undefined }

export type Subscription = {
  /** Stops deliveries; resolves within a second. */
  readonly stop: () => Promise<void>
  /** Resolves when stopped, rejects with a Fault when the store gave up. */
  readonly ended: Promise<void>
}

export type Parked = {
  readonly group: string
  readonly event: StoredEvent
  readonly reason: string
  readonly tries: number
  readonly at: Instant
}

export type ConsumeOptions = {
  readonly group: string
  readonly filter: EventFilter
  /** A message that is neither done nor refused after this time is delivered again. Default 30,000 ms. */
  readonly visibilityMs?: number
  /** Then it is parked with its reason. Default 5. */
  readonly triesMax?: number
  /** Messages under way at once in this consumer. Default 8. */
  readonly concurrency?: number
  /** Where a new group begins: `start` (default) = the first event ever; `end` = what is appended from now on. */
  readonly from?: 'start' | 'end'
}

/** How a try ended. A thrown error counts as `retry` with the error's message as reason. */
export type ConsumeOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'park'; readonly reason: string }

/**
 * Streams of facts (event-store 4.2). Faults: `conflict`, `ambiguous`, `unavailable`, `invalid`, `closed`, and no others
 * (`corrupt` where the store itself notices damage).
 * Limits (rule 39): 1 MiB an append, 256 KiB an event (data + metadata, UTF-8 bytes), 200 bytes a stream name
 * (printable, not beginning with `$`), `readStream` and `readAll` at most 4,096 events a call.
 */
export type EventStore = {
  /**
   * All events or none; durable when resolved. The same ids at the same place are answered as the first time, for ever;
   * the same expected revision with other ids, or a batch of which only a part is stored, is a `conflict`.
   * An empty batch and an id twice in one batch are `invalid`.
   */
  readonly append: (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]) => Promise<Appended>

  /** Revision order (or its reverse), gapless, from revision `from` (default: the first, or the last when backwards). A missing stream is an empty slice. */
  readonly readStream: (
    stream: string,
    options?: { readonly from?: number; readonly max?: number; readonly direction?: 'forwards' | 'backwards' },
  ) => Promise<StreamSlice>

  /** Everything after a position (default: from the beginning) in the total order. `next` is where to go on; `end` when nothing more was there. */
  readonly readAll: (options?: { readonly after?: Position; readonly max?: number; readonly filter?: EventFilter }) => Promise<{
    readonly events: readonly StoredEvent[]
    readonly next: Position | undefined
    readonly end: boolean
  }>

  /** The position of the newest event, or undefined in an empty store. */
  readonly head: () => Promise<Position | undefined>

  /**
   * History, then live, in total order, one message at a time: the next is delivered when the handler's promise resolves,
   * so memory is bounded. A handler that throws ends the subscription with that error.
   */
  readonly subscribe: (
    options: { readonly after?: Position; readonly filter?: EventFilter },
    handler: (message: SubscriptionMessage) => Promise<void> | void,
  ) => Subscription

  /**
   * Competing consumers (promise 9): at least once, unordered, visibility timeout, retry with back-off (100 ms doubling to
   * 30 s unless the outcome says), parking. Groups are durable and shared by processes.
   */
  readonly consume: (options: ConsumeOptions, handler: (event: StoredEvent, attempt: number) => Promise<ConsumeOutcome>) => Subscription

  /** Names of all groups that were ever made, in order. */
  readonly groups: () => Promise<readonly string[]>

  readonly parked: (group: string) => Promise<readonly Parked[]>

  /** Puts parked messages (all, or one event's) back to be delivered with fresh tries; answers how many. */
  readonly replayParked: (group: string, eventId?: Uuid) => Promise<number>

  /** Forgets a parked message: it is never delivered to this group again. Answers how many there were. */
  readonly dropParked: (group: string, eventId: Uuid) => Promise<number>

  /** Where an engine has something to say of itself. */
  readonly health?: () => StoreHealth

  /** Drains appends in flight, stops subscriptions, then rejects everything with `closed`. Idempotent. */
  readonly close: () => Promise<void>
}

/** What a store says of itself, at once and without asking a server. */
export type StoreHealth = {
  /** `stopped`: its disk or its writer failed, and nothing is written until the store is opened again. */
  readonly status: 'up' | 'stopped'
  /** How often following a server was begun anew. */
  readonly resubscribed?: number
}

// ------------------------------------------------------------------------------------------- traces

export type SpanAttributes = Readonly<Record<string, string | number>>

/** A span of another trace that has to do with this one. */
export type SpanLink = { readonly traceId: string; readonly spanId: string }

/** A piece of work in a trace, as OpenTelemetry means it. It holds no value of a person (rule 1). */
export type Span = {
  /** 32 characters of hexadecimal. */
  readonly traceId: string
  /** 16 characters of hexadecimal. */
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: 'server' | 'client' | 'internal'
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: SpanAttributes
  readonly failed: boolean
  readonly link?: SpanLink
}

/** Where spans go. Nobody waits for it: what it cannot hold or bring away in time is dropped and counted. */
export type Spans = {
  readonly add: (span: Span) => void
  readonly counts: () => { readonly sent: number; readonly dropped: number }
  /** Tries once more to bring away what it holds, for at most two seconds. Idempotent. */
  readonly close: () => Promise<void>
}

// ------------------------------------------------------------------------------------------- sealed secrets and person keys

/**
 * Secrets that must survive between two requests, sealed (AES-256-GCM under the master key, the row's name as additional data)
 * and with a time limit. A row past its limit is not there.
 */
export type Vault = {
  /** Keeps or replaces. Durable before it resolves. `name` holds no secret; `value` at most 1.25 MiB: a plugin's largest answer fits. */
  readonly put: (name: string, value: Uint8Array, until: Instant) => Promise<void>
  readonly get: (name: string) => Promise<Uint8Array | undefined>
  /** Moves the limit of an existing row; false when it is not there. */
  readonly extend: (name: string, until: Instant) => Promise<boolean>
  readonly remove: (name: string) => Promise<void>
  /** Removes every row whose name begins with `prefix` (at least 8 characters). */
  readonly removeAll: (prefix: string) => Promise<void>
  /** Deletes what is past its limit; answers how many (at most 1,000 a call). */
  readonly sweep: () => Promise<number>
  readonly close: () => Promise<void>
}

/** A person as the log knows one (rule 18). */
export type Person = {
  /** 26 random base32 characters: names the `person-<ref>...` streams. */
  readonly ref: string
  /** 32 random bytes: keys everything derived for this person. */
  readonly key: Uint8Array
}

/**
 * HMAC(index key, type + normalised identifier) -> random {ref, key}. Deleting the rows of a person is the erasure:
 * afterwards no byte of the key is in the file (secure delete, truncating checkpoint).
 */
export type PersonKeys = {
  /** Atomic get-or-create: two callers at once get the same person. A new row is provisional until `join`. */
  readonly resolve: (index: Digest) => Promise<Person>
  readonly find: (index: Digest) => Promise<Person | undefined>
  /**
   * A success: from now on every one of `indexes` (1 to 8) names one person for good, whom the first of them names already, else `person`.
   * All or none. Answers whom; nobody, and nothing is written, where the first names nobody and `person` is known no more, so that no erased key comes back.
   */
  readonly join: (indexes: readonly Digest[], person: Person) => Promise<Person | undefined>
  /** A provisional row lives until 24 h after its last failure: moves that limit. */
  readonly touch: (index: Digest) => Promise<void>
  readonly byRef: (ref: string) => Promise<Person | undefined>
  /** Destroys every row of the person; answers how many there were. */
  readonly erase: (ref: string) => Promise<number>
  /**
   * How far the log was looked through for persons whose keys are to be gone: everybody whom it calls erased up to there has none here. It
   * is kept with the keys, so that a copy of them that was put back says what it missed. Undefined: not at all.
   */
  readonly checkedUntil: () => Promise<Position | undefined>
  readonly checked: (until: Position) => Promise<void>
  /** Deletes provisional rows past their limit; answers how many (at most 1,000 a call). */
  readonly sweep: () => Promise<number>
  readonly close: () => Promise<void>
}

/** A person whose key is to be gone for good. */
export type Destruction = { readonly ref: string; readonly at: Instant }

/**
 * Whose keys were destroyed: kept apart from events and keys, and never rolled back with them, so that a restored backup is
 * brought to the same state before anybody is served (rule 45). A reference leads nowhere once its key is gone.
 */
export type Destructions = {
  /** Durable before it resolves. */
  readonly add: (destruction: Destruction) => Promise<void>
  readonly all: () => Promise<readonly Destruction[]>
}

/** Something that may be used once: its id among those of a scope, and how long that is to be known. */
export type Use = { readonly scope: string; readonly id: string; readonly until: Instant }

/**
 * Memory of what may be used once: client assertions and proofs, which belong to no stream (rule 32).
 * Durable; `epoch` is the instant since which the memory is whole: whatever was issued before it must be refused.
 */
export type SingleUse = {
  /** True for the first caller only, also among many at once and across processes; kept until `until`. */
  readonly use: (scope: string, id: string, until: Instant) => Promise<boolean>
  /** The same for 1 to 4, one after the other, until one was used before: it and what follows stays as it is. Answers how many were used now. */
  readonly useInOrder: (uses: readonly Use[]) => Promise<number>
  readonly epoch: () => Promise<Instant>
  readonly sweep: () => Promise<number>
  readonly close: () => Promise<void>
}

/**
 * Counts that limits of networks and of the whole population are judged by. Nodes share them where they share anything. They are no
 * facts: they may be lost, and then each process goes by what it counted itself since. So nothing here throws or waits for long.
 */
export type Tallies = {
  /** Adds one to each of at most 16 names and answers what they stand at. A name is kept until `until` at least. */
  readonly add: (names: readonly string[], until: Instant) => Promise<readonly number[]>
  /**
   * The same beside a request: answers at once what this process knows, of `others` (at most 16) too, which are only read, and what all stand at is
   * known to it a trip later. While 8 of one name are under way it waits as `add` does: a process misses of a limit no more than these 8.
   */
  readonly note: (names: readonly string[], until: Instant, others?: readonly string[]) => Promise<readonly number[]>
  /** What at most 64 names stand at; 0 where nothing was counted. */
  readonly read: (names: readonly string[]) => Promise<readonly number[]>
  readonly close: () => Promise<void>
}

// ------------------------------------------------------------------------------------------------------------ signing keys

export type SigningAlgorithm = 'ES256' | 'PS256' | 'RS256' | 'EdDSA'

/** What everybody may know of a key that signs. */
export type PublicKey = {
  /** The thumbprint of RFC 7638. */
  readonly kid: string
  readonly alg: SigningAlgorithm
  /** Public JWK with kid, alg and use: what the JWKS shows. */
  readonly publicJwk: { readonly [member: string]: string }
}

export type HeldKey = PublicKey & {
  /** Its private half is here. */
  readonly signs: boolean
}

/**
 * Where private keys live: files here, a PKCS#11 token elsewhere. They are named by `kid`, and no private key comes out. Which of
 * them signs is no matter of the store: that is recorded in the key's own stream (rule 45).
 */
export type SigningKeys = {
  /** Makes a pair of keys; durable before it resolves, and known to every process on the store. */
  readonly make: (alg: SigningAlgorithm) => Promise<PublicKey>
  /** Every key that was made and not forgotten. */
  readonly held: () => Promise<readonly HeldKey[]>
  /** The JWS signature over the bytes (for ES256: r || s, RFC 7518 §3.4). `invalid` where the private half is not here. */
  readonly sign: (kid: string, bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>
  /** Destroys the private half for good. The public one stays, since what it signed must still verify. Safe to do twice. */
  readonly disable: (kid: string) => Promise<void>
  /** Destroys both halves: nobody verifies with it any more. Safe to do twice. */
  readonly forget: (kid: string) => Promise<void>
}

/** The keys that sign tokens, and the secrets of this deployment. */
export type KeyStore = SigningKeys & {
  /**
   * 32 secret bytes for one use (`vault`, `code`, `subject`, `index`, `csrf`, `digest`, ...), derived from the master key
   * by HKDF-SHA-256 with the use as info. The `subject` key is of its own and never rotated (rule 19).
   */
  readonly secret: (use: string) => Promise<Uint8Array>
}

// ------------------------------------------------------------------------------------------------------------ the network

/** The network as far as the broker itself reaches into it. */
export type Network = {
  /** Every address of a host name, of both families. */
  readonly addressesOf: (host: string) => Promise<readonly string[]>
  /** Whether it may connect to an address. `listed`: the operator named this host as one of a closed network. */
  readonly mayReach: (address: string, listed: boolean) => boolean
  /** Certificates (PEM) of the authorities that servers are believed by. */
  readonly authorities: () => readonly string[]
}

/**
 * Why a document of somebody else's could not be had: its address is one that we do not go to, nobody answers there, it took too
 * long, it was no plain 200 (a redirect counts so), it is no JSON, or it is too large.
 */
export type DocumentFault = 'address' | 'unreachable' | 'late' | 'status' | 'type' | 'size'

export type RemoteDocument = { readonly ok: true; readonly body: Uint8Array } | { readonly ok: false; readonly fault: DocumentFault }

/**
 * JSON documents that others publish, over https. The broker must not be led into its own network by a URL (SSRF): what connects is
 * the address that was looked at, redirects are not followed, size and time are bounded. Never throws.
 */
export type RemoteDocuments = { readonly get: (url: string) => Promise<RemoteDocument> }

/** A question to a service that the operator named: JSON is posted, JSON comes back, by the same guarded way. Never throws. */
export type RemoteServices = { readonly post: (url: string, body: string) => Promise<RemoteDocument> }

// -------------------------------------------------------------------------------------------------------------- read model

export type TableShape = {
  /** The member of a row that is its key. */
  readonly key: string
  /** Members that lists are asked by. Each is a top-level member with a string, number or boolean value. */
  readonly indexes: readonly string[]
  /** Rows are only ever added; the runner numbers them from 1 in `n`, which is their key. */
  readonly appendOnly?: boolean
}

export type Tables = Readonly<Record<string, TableShape>>

export type Row = { readonly [member: string]: Json }

/** What a projection wants done, as data (rule 37). */
export type Change =
  | { readonly kind: 'put'; readonly table: string; readonly row: Row }
  | { readonly kind: 'remove'; readonly table: string; readonly key: string }
  | { readonly kind: 'add'; readonly table: string; readonly key: string; readonly field: string; readonly by: number }
  | { readonly kind: 'append'; readonly table: string; readonly row: Row }

export type RowQuery = {
  /** Exact matches on indexed members. */
  readonly where?: Readonly<Record<string, string | number | boolean>>
  /** The member to order by: the key (default) or an index. */
  readonly orderBy?: string
  readonly descending?: boolean
  /** Rows strictly after this value of `orderBy` (before it when descending). */
  readonly after?: string | number
  /** At most 1,000; default 100. */
  readonly limit?: number
}

/** Tables of rows with the position they stand at; effect and position change together (rule 37). */
export type ReadModel = {
  /** Makes the tables of this projection version where they are missing. Rows live under `<projection>@<version>`. */
  readonly open: (projection: string, version: number, tables: Tables) => Promise<void>
  readonly position: (projection: string) => Promise<Position | undefined>
  /**
   * Applies the changes and moves the position from `from` to `to` in one transaction. False when the position is not
   * `from`: somebody else runs this projection (that is the fence).
   */
  readonly apply: (projection: string, from: Position | undefined, to: Position, changes: readonly Change[]) => Promise<boolean>
  readonly get: (projection: string, table: string, key: string | number) => Promise<Row | undefined>
  readonly list: (projection: string, table: string, query?: RowQuery) => Promise<readonly Row[]>
  readonly count: (projection: string, table: string) => Promise<number>
  /** Forgets every row and the position, so that the projection catches up from the beginning. */
  readonly drop: (projection: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** A read model as its adapter keeps it. */
export type TableStore = ReadModel & {
  /** Takes tables away with what is in them, opened or not; nothing happens where there are none. `open` makes them anew. */
  readonly discard: (projection: string, version: number, tables: Tables) => Promise<void>
}

// --------------------------------------------------------------------------------------------------------------- ID system

/** How a person can prove who they are. */
export type Factor = 'otp' | 'pin' | 'password' | 'biometrics' | 'knowledge' | 'wallet'

/** The kind of way a message took, never the address. */
export type Channel = 'sms' | 'email' | 'app'

/** What kind of identifier a person types. */
export type IdType = 'uin' | 'vid' | 'phone' | 'email' | 'handle'

export type IndividualId = { readonly type: IdType; readonly value: string }

/** What every call of a plugin is told. Plain, structured-cloneable data (rule 42). */
export type Call = {
  /** The same key means the same act: the plugin answers as the first time and does not act twice. */
  readonly idempotencyKey: string
  /** After this instant the answer is not waited for. */
  readonly deadline: Instant
  /** The transaction, for the ID system's own correlation. */
  readonly transaction: string
  readonly client: string
}

/**
 * Why a plugin said no (plugins 7.4). `challenge_failed` and `subject_denied` look the same to the person.
 * - `invalid_input`, `challenge_failed`, `subject_denied`, `rate_limited`, `session_expired`, `unsupported`: answers.
 * - `unavailable`, `misconfigured`: the ID system could not answer.
 */
export type PluginErrorKind =
  | 'invalid_input'
  | 'challenge_failed'
  | 'subject_denied'
  | 'rate_limited'
  | 'session_expired'
  | 'unsupported'
  | 'unavailable'
  | 'misconfigured'

export type PluginAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly error: PluginErrorKind
      /** The ID system's own code: no personal data, at most 64 characters. */ readonly code?: string
    }

export type SendRequest = Call & {
  readonly id: IndividualId
  readonly factor: 'otp'
  /** Empty: the plugin chooses. */
  readonly channels: readonly Channel[]
  /** Languages for the message, best first. */
  readonly locales: readonly string[]
  /** The relying party's name for the message, and the short reference that the page shows. */
  readonly clientName: string
  readonly reference: string
}
export type SendAnswer = { readonly channels: readonly Channel[]; /** How long the code works, seconds. */ readonly validForS: number }

export type VerifyRequest = Call & {
  readonly id: IndividualId
  readonly factor: Factor
  /** What the person handed in. Never stored, never logged. */
  readonly proof: string
}
export type VerifyAnswer = {
  /** Stable and unique for this person inside the plugin; the broker derives `sub` from it (rule 19). */
  readonly subjectKey: string
  /** A pairwise subject that relying parties know already, used as is where present. */
  readonly pairwiseSubject?: string
  /** What `release` needs. Kept sealed. */
  readonly session: string
  readonly sessionExpiresAt: Instant
  readonly factorsProven: readonly Factor[]
}

/**
 * What a person is told without having asked (ASVS 6.3.5 and 6.3.7): several failures from a device that they do not trust, a success
 * after several failures, a device that counts as theirs from now on, a relying party that they agreed to for the first time.
 */
export type NoticeKind = 'failures' | 'success_after_failures' | 'new_device' | 'new_relying_party'

export type NotifyRequest = Call & {
  readonly id: IndividualId
  readonly notice: NoticeKind
  /** When it happened. */
  readonly at: Instant
  /** Languages for the message, best first. */
  readonly locales: readonly string[]
  /** The name of the relying party at which it happened. */
  readonly clientName: string
}
/** By which channels the person was told. Nobody is told who is unknown or cannot be reached: `subject_denied`. */
export type NotifyAnswer = { readonly channels: readonly Channel[] }

/** The languages of a value: BCP 47 tag -> text. */
export type LanguageText = Readonly<Record<string, string>>
export type ClaimValue = Json | { readonly languages: LanguageText }

export type ReleaseRequest = Call & {
  readonly session: string
  /** Only what the person agreed to. */
  readonly claims: readonly string[]
  /** Claims that the person agreed to have told as verified ones: asked only of a plugin that describes `verifiedClaims`. */
  readonly verified?: readonly string[]
}
/** Facts, unsigned, per claim. Language-tagged text comes as `{ languages: { en: ..., fr: ... } }`. What the ID system does not have is left out. */
export type ReleaseAnswer = {
  readonly claims: Readonly<Record<string, ClaimValue>>
  /** What was verified, once for each way in which it was, best first. The broker picks what the relying party asked for. */
  readonly verified?: readonly VerifiedFacts[]
}

/** The types of evidence that OpenID Identity Assurance Schema Definition 1.0 §5.4.4 knows. */
export type EvidenceType = 'document' | 'electronic_record' | 'vouch' | 'electronic_signature'

/** Claims with how they were verified: `verification` as in that document, times in UTC, without attachments. */
export type VerifiedFacts = {
  readonly verification: { readonly [member: string]: Json }
  readonly claims: Readonly<Record<string, ClaimValue>>
}

/** What an ID system can say about how it verified people. Discovery and the consent page are made of it. */
export type VerifiedDescription = {
  /** At least one. The name is for the person: BCP 47 tag -> what the framework is called there; `en` always. */
  readonly trustFrameworks: readonly { readonly id: string; readonly name: LanguageText }[]
  /** Of `claims`, those that it has verified. At least one. */
  readonly claims: readonly string[]
  readonly evidence: readonly EvidenceType[]
  /** Types of documents, where `evidence` holds `document`. */
  readonly documents: readonly string[]
  /** How documents were checked. */
  readonly documentCheckMethods: readonly string[]
  /** Types of records, where `evidence` holds `electronic_record`. */
  readonly electronicRecords: readonly string[]
}

/** What a reader takes, in the words of the Secure Biometric Interface. */
export type Modality = 'Face' | 'Finger' | 'Iris'

/** How many captures one answer of the reader holds (a face: one), and how good each must be, 0 to 100. */
export type CaptureDemand = { readonly count: number; readonly scoreMin: number }

/** One question of a knowledge form, as JSON Schema. A date is asked in a way that every phone can answer and comes as `YYYY-MM-DD`. */
export type KnowledgeField = {
  readonly type: 'string'
  readonly minLength?: number
  readonly maxLength?: number
  /** Matches the whole value. */
  readonly pattern?: string
  readonly format?: 'date'
  readonly enum?: readonly string[]
}

/** What a knowledge factor asks. Every property is needed unless `required` says otherwise; the page asks in their order. */
export type KnowledgeForm = {
  readonly schema: {
    readonly type: 'object'
    readonly properties: Readonly<Record<string, KnowledgeField>>
    readonly required?: readonly string[]
    readonly additionalProperties?: false
  }
  /** The question's words by property, and an answer's of an `enum` by `<property>.<value>`: BCP 47 tag -> text; `en` always. */
  readonly titles?: Readonly<Record<string, LanguageText>>
}

export type FactorOffer = {
  readonly factor: Factor
  /** For what is typed: `digits` or `text`, and how long. */
  readonly format: { readonly kind: 'digits' | 'text'; readonly lengthMin: number; readonly lengthMax: number }
  /** How long a message that was sent works, seconds: what the page says to everybody alike, whether one was sent or not (rule 22). */
  readonly validForS?: number
  /**
   * `biometrics` only, and always there. The proof is then the JSON text of the array of the reader's `biometrics` entries (SBI 0.9.5 and
   * 1.0: `specVersion`, `data`, `hash`, `sessionKey`, `thumbprint`), still signed by the reader and encrypted for the ID system. The
   * broker has checked signatures, certificates, time and what was asked for; what is inside only the ID system can open, so decryption,
   * hash chain and comparison are the plugin's. All entries carry the same `transactionId`, made for this attempt.
   */
  readonly modalities?: readonly Modality[]
  /** What the ID system demands of each modality besides what the deployment's settings (`sbi.capture`) ask; the greater counts. */
  readonly demands?: Readonly<Partial<Record<Modality, CaptureDemand>>>
  /** `knowledge` only, and always there: the proof is the canonical JSON text (RFC 8785) of the answers, checked against it. */
  readonly form?: KnowledgeForm
}

/** What a plugin says about itself; checked when it is loaded, and discovery is computed from it. */
export type PluginDescription = {
  readonly id: string
  readonly version: string
  /** The contract's version. */
  readonly api: 1
  readonly factors: readonly FactorOffer[]
  readonly channels: readonly Channel[]
  readonly idTypes: readonly { readonly type: IdType; readonly pattern: string; readonly lengthMax: number }[]
  /** Claims it can release, by their OpenID names. */
  readonly claims: readonly string[]
  /** Absent: it says nothing about how its facts were verified. */
  readonly verifiedClaims?: VerifiedDescription
  /** True when a session can be used for one `release` only. */
  readonly sessionSingleUse: boolean
  readonly sessionLifetimeS: number
}

/** A recorded fact as subscribers see it. */
export type RecordedFact = {
  readonly id: Uuid
  readonly stream: string
  readonly revision: number
  readonly position: Position
  readonly type: string
  readonly version: number
  readonly at: Instant
  /** The transaction. */
  readonly correlation: string
  readonly data: { readonly [member: string]: Json }
}

/** An open plugin. What is absent it cannot do. No call throws; a bug that does counts as `unavailable`. */
export type IdSystem = {
  readonly verify?: (request: VerifyRequest) => Promise<PluginAnswer<VerifyAnswer>>
  readonly release?: (request: ReleaseRequest) => Promise<PluginAnswer<ReleaseAnswer>>
  readonly send?: (request: SendRequest) => Promise<PluginAnswer<SendAnswer>>
  /** Aliases of one person (UIN, VID, phone) to one stable key, before counting. `subject_denied` when unknown. */
  readonly resolve?: (request: Call & { readonly id: IndividualId }) => Promise<PluginAnswer<{ readonly subjectKey: string }>>
  /** Tells a person what happened to their identity. Rate-bounded by the broker; the wording is the plugin's. */
  readonly notify?: (request: NotifyRequest) => Promise<PluginAnswer<NotifyAnswer>>
  /** Event types it follows: ordered, checkpointed, at least once, retried, then parked. */
  readonly on?: Readonly<Record<string, (fact: RecordedFact) => Promise<void>>>
  readonly health: () => Promise<{ readonly status: 'up' | 'degraded' | 'down'; readonly detail?: string }>
  readonly close: () => Promise<void>
}

/** What the broker lends a plugin, so that it needs no ambient authority. */
export type PluginTools = {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** A folder of the plugin's own for what it must keep. */
  readonly dataDirectory: string
}

/** What a plugin module exports. */
export type IdSystemPlugin = {
  /**
   * What the ID system can do with these settings, which fit the schema. Without settings: what it can do at most. The same settings
   * give the same answer each time, and nothing is opened for it.
   */
  readonly describe: (settings?: { readonly [key: string]: Json }) => PluginDescription
  /** JSON Schema of the settings that `open` takes. */
  readonly settingsSchema: { readonly [key: string]: Json }
  readonly open: (settings: { readonly [key: string]: Json }, tools: PluginTools) => Promise<IdSystem>
}
