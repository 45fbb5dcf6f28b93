/** Types of everything in `schemas/`: written by `npm run schemas`, never by hand. */

/** A relying party's configuration, complete: what the registration left out holds our defaults. */
export type ClientConfiguration = {
  readonly client_id: Client
  /** Shown to the person; `client_name#fr` and so on for other languages. */
  readonly client_name: string
  /** Matched exactly. */
  readonly redirect_uris: readonly RedirectUri[]
  /** The keys that verify its assertions, and those that answers are encrypted to. */
  readonly jwks?: {
    /** Items: A public key (RFC 7517). */
    readonly keys: readonly {
      readonly kty: 'RSA' | 'EC' | 'OKP'
      readonly kid?: string
      readonly alg?: 'ES256' | 'PS256' | 'RS256' | 'EdDSA' | 'RSA-OAEP-256' | 'ECDH-ES' | 'ECDH-ES+A256KW'
      readonly use?: 'sig' | 'enc'
      readonly crv?: string
      readonly x?: string
      readonly y?: string
      readonly n?: string
      readonly e?: string
      readonly [k: string]: unknown
    }[]
  }
  /** Where its keys are published, instead of `jwks`: fetched and kept by the broker (RFC 7591 §2). */
  readonly jwks_uri?: string
  readonly grant_types: readonly 'authorization_code'[]
  readonly response_types: readonly 'code'[]
  readonly subject_type: 'pairwise'
  /** The host that its pairwise subjects belong to; frozen at first use (rule 19). */
  readonly sector_identifier: string
  /** Where it publishes the redirect URIs that share its subjects (OpenID Connect Core 8.1); read once, when it is registered. */
  readonly sector_identifier_uri?: string
  readonly token_endpoint_auth_method: 'private_key_jwt'
  /** Only this algorithm where given. */
  readonly token_endpoint_auth_signing_alg?: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Default ES256. */
  readonly id_token_signed_response_alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Default ES256. */
  readonly userinfo_signed_response_alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** How userinfo is encrypted, once signed, to a key of the relying party; absent: it is not. */
  readonly userinfo_encrypted_response_alg?: 'RSA-OAEP-256' | 'ECDH-ES' | 'ECDH-ES+A256KW'
  /** Default A256GCM, where userinfo is encrypted. */
  readonly userinfo_encrypted_response_enc?: 'A256GCM'
  /** RFC 9126 §6. */
  readonly require_pushed_authorization_requests: boolean
  /** Refuse a request without a code challenge. */
  readonly require_pkce: boolean
  /** RFC 9449 §5.2: tokens are bound to a key, never bearer. Absent in what was recorded before: false. */
  readonly dpop_bound_access_tokens?: boolean
  /** Scopes that it may ask for, separated by spaces. */
  readonly scope: string
  /** Claims that it may ask for. */
  readonly claims: readonly Claim[]
  /** Authentication contexts it may ask for, best first; empty: all. */
  readonly default_acr_values: readonly Acr[]
  /** Which rules it lives by (rule 34). */
  readonly profile: 'fapi2' | 'compatible'
  /** What its assertions may name as audience (rule 34). */
  readonly assertion_audience: 'issuer' | 'issuer_or_endpoint'
  readonly userinfo_format: 'jwt' | 'json'
  /** Why it asks, shown to the person as its own words; `purpose#fr` and so on. */
  readonly purpose?: string
  /** How long an agreement stands; 0: asked each time. */
  readonly consent_days: number
  /** The ID system that its people are checked by, where a deployment has several. Absent: the first. */
  readonly id_system?: string
  readonly client_uri?: string
  readonly policy_uri?: string
  readonly tos_uri?: string
  /** Where people can write to the relying party: it stands in receipts (ISO/IEC TS 27560, party_address). */
  readonly postal_address?: string
  readonly contacts?: readonly string[]
  readonly [name: `client_name#${string}`]: string
  readonly [name: `purpose#${string}`]: string
}

/** Keep something under its own digest (rule 6). */
export type ArtefactKeepArtefact = {
  readonly type: 'KeepArtefact'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
}

/** Record that the state of the audit log was signed. */
export type CheckpointSignCheckpoint = {
  readonly type: 'SignCheckpoint'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** How many records the audit log has: the number of its last one. */
  readonly n: number
  /** The chain of the audit log after that record. */
  readonly chain: Digest
  /** Where the event of that record stands in the store. */
  readonly position: string
  /** Where the newest event of the store stood when it was signed. */
  readonly head: string
  /** The key that signed. */
  readonly kid: Digest
  /** All of this, signed (RFC 7515): what others keep and compare with (rule 49). */
  readonly statement: string
}

/** Take back a deactivation. */
export type ClientActivateClient = {
  readonly type: 'ActivateClient'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
}

/** No new use of this relying party. */
export type ClientDeactivateClient = {
  readonly type: 'DeactivateClient'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
}

/** Register a relying party. */
export type ClientRegisterClient = {
  readonly type: 'RegisterClient'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
  readonly configuration: ClientConfiguration
  readonly artefact: Digest
}

/** Replace a relying party's configuration. */
export type ClientUpdateClient = {
  readonly type: 'UpdateClient'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
  readonly configuration: ClientConfiguration
  readonly artefact: Digest
  /** The configuration that it was made from: refused where another is in force by now. Absent: whichever is. */
  readonly replaces?: Digest
}

/** Every transaction it names is dead. */
export type ConsentCompleteWithdrawal = {
  readonly type: 'CompleteWithdrawal'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
}

/** The person agreed. */
export type ConsentGiveConsent = {
  readonly type: 'GiveConsent'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly standing: StandingConsent
  readonly transaction: Transaction
  readonly liveUntil: Instant
}

/** The person said no; the login has recorded it. */
export type ConsentRefuseConsent = {
  readonly type: 'RefuseConsent'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
  readonly transaction: Transaction
}

/** The agreement is taken back. */
export type ConsentRequestWithdrawal = {
  readonly type: 'RequestWithdrawal'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The person; somebody who acts for the operator; a service that an issuer of the deployment let do it. */
  readonly by: 'self' | 'operator' | 'service'
  readonly actor?: Actor
  readonly case?: Case
  /** The service, as the issuer of its token names it. */
  readonly service?: Client
}

/** A request equals what was agreed to. */
export type ConsentReuseConsent = {
  readonly type: 'ReuseConsent'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly transaction: Transaction
  readonly requestDigest: Digest
  readonly liveUntil: Instant
}

/** An act of somebody who acts for the operator was not done (REG-16). */
export type DenialRecordDenial = {
  readonly type: 'RecordDenial'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly actor: Actor
  /** What was wished: a verb of the command line. */
  readonly verb: string
  /** `refused`: the rules or a check said no. `failed`: what it was given, or what was there, could not be used. */
  readonly why: 'refused' | 'failed'
}

/** An operator wants an ID system to be opened anew, by what the settings say now. */
export type DeploymentReloadPlugin = {
  readonly type: 'ReloadPlugin'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly plugin: IdSystem
}

/** A broker asks whether it may serve on this store. */
export type DeploymentStartNode = {
  readonly type: 'StartNode'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly program: Program
  readonly keys: KeyChecks
  readonly knows: KnownEvents
  /** The operator says that it may serve although a newer program was there: a roll-back. */
  readonly besideNewer: boolean
}

/** Somebody who acts for the operator or a regulator looks at records of persons. */
export type LookViewRecords = {
  readonly type: 'ViewRecords'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly actor: Actor
  readonly purpose: LookPurpose
  readonly case: Case
  readonly what: LookedAt
  /** Whose records, where they are one person's: the random reference, never what was typed to find them. Absent where nobody was found. */
  readonly person?: Person
  /** Records of this relying party only. */
  readonly client?: Client
  /** Records of this login only. */
  readonly transaction?: Transaction
  /** Records from then on. */
  readonly from?: Instant
  /** Records until then, or as they were then. */
  readonly to?: Instant
}

/** A parked event is not to be handled any more. */
export type ParkedDropParked = {
  readonly type: 'DropParked'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly actor: Actor
  readonly group: Group
  readonly event: Uuid
  readonly eventType: EventType
  readonly reason: ActReason
}

/** A parked event is handed to its group again. */
export type ParkedRetryParked = {
  readonly type: 'RetryParked'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly actor: Actor
  readonly group: Group
  readonly event: Uuid
  readonly eventType: EventType
  readonly reason: ActReason
}

/** The certificate of an erasure was signed. */
export type PersonCertifyErasure = {
  readonly type: 'CertifyErasure'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The certificate, signed (RFC 7515) with the key of the audit log. It names nobody but a reference that leads nowhere now. */
  readonly statement: string
}

/** Count before asking (rule 11). */
export type PersonCountAttempt = {
  readonly type: 'CountAttempt'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly path: Path
  readonly factor: Factor
  readonly transaction: Transaction
}

/** Count a message before it is wished. */
export type PersonCountSend = {
  readonly type: 'CountSend'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly path: Path
  readonly transaction: Transaction
}

/** The attempt succeeded, or was never checked. */
export type PersonCreditAttempt = {
  readonly type: 'CreditAttempt'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly path: Path
  readonly transaction: Transaction
  readonly reason: 'success' | 'confirmed' | 'not_checked'
}

/** Something happened that the person is told of without asking. */
export type PersonNotifyPerson = {
  readonly type: 'NotifyPerson'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly notice: NoticeKind
  readonly transaction: Transaction
  /** When it happened. */
  readonly happenedAt: Instant
}

/** The key of a person was destroyed. */
export type PersonRecordErased = {
  readonly type: 'RecordErased'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** Rows of the person's key that were destroyed by this act; a crash between the two leaves 0. */
  readonly rows: number
}

/** What lived of a person who is being erased was ended. */
export type PersonRecordRestricted = {
  readonly type: 'RecordRestricted'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** Agreements that stood and were taken back. */
  readonly consents: number
  /** Sign-ins that were under way and were ended. */
  readonly logins: number
}

/** A device that the person trusts gets a new secret. */
export type PersonRenewDevice = {
  readonly type: 'RenewDevice'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly device: Digest
  /** The digest by which it was known so far. */
  readonly replaces: Digest
}

/** An operator lets a person try again whose path failures closed. */
export type PersonReopenPath = {
  readonly type: 'ReopenPath'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly path: Path
  readonly actor: Actor
  readonly case: Case
}

/** A person, or a rule of retention, wishes the person's key destroyed. */
export type PersonRequestErasure = {
  readonly type: 'RequestErasure'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly actor: Actor
  readonly purpose: LookPurpose
  readonly case: Case
  /** When the person was last here. Absent: never. */
  readonly lastUsedAt?: Instant
}

/** Nobody signs in on this path any more: the person is being erased. */
export type PersonRestrictPath = {
  readonly type: 'RestrictPath'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly path: Path
  readonly actor: Actor
  readonly case: Case
}

/** The person asked to be remembered on this device. */
export type PersonTrustDevice = {
  readonly type: 'TrustDevice'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly device: Digest
  readonly until: Instant
}

/** Somebody who acts for the operator gives readers other rows of a projection (REG-16). */
export type ProjectionOrderSwitch = {
  readonly type: 'OrderSwitch'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The name of the projection. */
  readonly projection: string
  /** Its version. */
  readonly version: number
  /** The generation that served. */
  readonly from: number
  /** The generation that is to serve. */
  readonly to: number
  /** `switch`: to one that was built beside. `rollback`: to the one that served before. */
  readonly how: 'switch' | 'rollback'
  /** Why, in words without digits. */
  readonly reason: LookPurpose
}

/** Let a key sign whose time has come. */
export type SigningKeyActivateSigningKey = {
  readonly type: 'ActivateSigningKey'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
  /** No other key signs with this algorithm, so this one does not wait until everybody knows it. */
  readonly noOtherSigns: boolean
}

/** Record a key that the key store holds. */
export type SigningKeyMakeSigningKey = {
  readonly type: 'MakeSigningKey'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
  /** The one algorithm that it signs with. */
  readonly alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Who wished it: a person at the command line, or the broker, which never lets an algorithm be without a key. */
  readonly by: 'operator' | 'broker'
  /** No other key signs with this algorithm, so this one does not wait until everybody knows it. */
  readonly noOtherSigns: boolean
  /** What it signs: checkpoints and packages of the audit log, never a token. Absent: tokens. */
  readonly purpose?: 'audit'
}

/** Let a key sign no more. */
export type SigningKeyRetireSigningKey = {
  readonly type: 'RetireSigningKey'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
}

/** Take a key out of the published ones at once; what it signed is refused. */
export type SigningKeyRevokeSigningKey = {
  readonly type: 'RevokeSigningKey'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
  /** Why nobody may trust it any more. */
  readonly reason: 'compromised' | 'lost' | 'algorithm_weak' | 'mistake'
}

/** The person handed in a proof; recorded before the ID system is asked (rule 11). */
export type TransactionAttemptFactor = {
  readonly type: 'AttemptFactor'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly factor: Factor
}

/** The ID system said yes. */
export type TransactionConfirmFactor = {
  readonly type: 'ConfirmFactor'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly attempt: number
  readonly factorsProven: readonly Factor[]
  /** Whom the ID system knows by this proof, where the identifier alone named somebody new (rule 18). */
  readonly knownAs?: Person
  /** False when the request named somebody else (id_token_hint). */
  readonly samePerson: boolean
}

/** The person said no. */
export type TransactionDenyConsent = {
  readonly type: 'DenyConsent'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  /** The agreement towards this relying party that would have been given: its stream holds the refusal too. */
  readonly consent?: Consent
}

/** A client presents the code. */
export type TransactionExchangeToken = {
  readonly type: 'ExchangeToken'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
  readonly codeDigest: Digest
  readonly redirectUri: RedirectUri
  /** S256 of the presented verifier. */
  readonly challenge?: Digest
  /** Thumbprint of the key that a DPoP proof was verified with. */
  readonly dpopKey?: Digest
  readonly accessTokenDigest: Digest
  /** The revision of the stream when the presentation began: tells a replay from a lost race (rule 31). */
  readonly seen: number
  /** Names of the claims that the ID token tells. */
  readonly claims?: readonly ClaimAsked[]
}

/** A deadline may have passed. */
export type TransactionExpireAuthorization = {
  readonly type: 'ExpireAuthorization'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
}

/** The person wants more time. */
export type TransactionExtendTime = {
  readonly type: 'ExtendTime'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
}

/** The sign-in cannot go on. */
export type TransactionFailAuthorization = {
  readonly type: 'FailAuthorization'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly reason: 'cancelled' | 'login_required' | 'release_unavailable' | 'person_restricted'
}

/** The claims are released and sealed. */
export type TransactionIssueCode = {
  readonly type: 'IssueCode'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly codeDigest: Digest
  readonly issue: number
  readonly released: readonly ClaimAsked[]
}

/** A client presents the code with an assertion that it signed, and that a wrong clock made worthless. */
export type TransactionNoteClientClock = {
  readonly type: 'NoteClientClock'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
  readonly codeDigest: Digest
  /** How far the client's clock is ahead of ours. */
  readonly seconds: number
}

/** A browser loads the sign-in page. */
export type TransactionOpenAuthorization = {
  readonly type: 'OpenAuthorization'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
  readonly browser: Digest
  readonly requestUriDigest?: Digest
}

/** A sign-in to the person's own page ends with that page. */
export type TransactionOpenPage = {
  readonly type: 'OpenPage'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly until: Instant
}

/** The consent stream holds an agreement that covers this request. */
export type TransactionRecordConsent = {
  readonly type: 'RecordConsent'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly how: 'given' | 'reused'
  readonly consent: Consent
  /** The revision of the consent stream that it cites (rule 12). */
  readonly revision: number
  /** Claims that may be released. */
  readonly claims: readonly ClaimAsked[]
  readonly scopes: readonly Scope[]
}

/** The ID system said no, or was not asked. */
export type TransactionRejectFactor = {
  readonly type: 'RejectFactor'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly attempt: number
  readonly reason: 'wrong' | 'limited' | 'unavailable' | 'expired'
}

/** A client presents the access token. */
export type TransactionReleaseUserinfo = {
  readonly type: 'ReleaseUserinfo'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly accessTokenDigest: Digest
  /** Thumbprint of the key that a DPoP proof was verified with; absent where the token came as Bearer. */
  readonly dpopKey?: Digest
  readonly claims: readonly ClaimAsked[]
}

/** A message was not sent. */
export type TransactionReportSendFailed = {
  readonly type: 'ReportSendFailed'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly send: number
  readonly reason: Failure
}

/** The ID system took charge of a message. */
export type TransactionReportSent = {
  readonly type: 'ReportSent'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly send: number
  readonly channels: readonly Channel[]
  readonly validUntil: Instant
}

/** The person chose a factor and said who they are. */
export type TransactionRequestFactor = {
  readonly type: 'RequestFactor'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly factor: Factor
  readonly person: Person
  readonly idType: IdType
  readonly path: Path
  /** The kinds of ways that the person chose for the message; absent: the ID system chooses. */
  readonly channels?: readonly Channel[]
}

/** The consent that this sign-in rests on was withdrawn. */
export type TransactionRevokeAccess = {
  readonly type: 'RevokeAccess'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly consent: Consent
}

/** A checked authorization request. */
export type TransactionStartAuthorization = {
  readonly type: 'StartAuthorization'
  /** When it was wished; the only clock that the rules see (rule 3). */
  readonly at: Instant
  readonly client: Client
  /** Pushed (RFC 9126) or a direct authorization request. */
  readonly via: 'par' | 'direct'
  readonly redirectUri: RedirectUri
  readonly responseMode: 'query' | 'form_post'
  readonly scopes: readonly Scope[]
  /** Claims that were asked for and that the client may ask for. */
  readonly claims: readonly RequestedClaim[]
  /** Requested authentication contexts that can be met here, best first. */
  readonly acrs: readonly Acr[]
  /** One of them must be met (OpenID Connect Core 5.5.1.1). */
  readonly acrEssential: boolean
  /** Factors on offer, best first. */
  readonly factors: readonly Factor[]
  readonly prompt: readonly Prompt[]
  /** Seconds; met by every login here (rule 27). */
  readonly maxAgeS?: number
  /** RFC 7636, S256. */
  readonly codeChallenge?: Digest
  /** RFC 7638 thumbprint of the key that the code is bound to (RFC 9449 §10). */
  readonly dpopKey?: Digest
  /** Keyed digest of the raw request, which is sealed in the vault. */
  readonly requestDigest: Digest
  /** SHA-256 of the secret in the request URI. */
  readonly requestUriDigest?: Digest
  /** The ID system's plugin that this transaction keeps. */
  readonly plugin: {
    readonly id: string
    readonly version: string
    /** Which opening of it: a plugin that is replaced while the broker runs gets the next number. Absent before there were any. */
    readonly generation?: number
  }
  /** Given when a browser brought the request itself: start and open in one step. */
  readonly browser?: Digest
}

/** RFC 3339 in UTC with milliseconds. Compares as a string. */
export type Instant = string

/** Lower-case hexadecimal UUID. */
export type Uuid = string

/** Base64url of 32 bytes: a SHA-256 of something with at least 128 random bits, or an HMAC under a secret key (rule 2). */
export type Digest = string

/** A transaction: public, worth nothing without its second secret (rule 17). */
export type Transaction = string

/** client_id of a relying party. */
export type Client = string

/** The random reference of a person (rule 18). */
export type Person = string

/** What follows `consent-` in the name of a consent stream: HMAC(person key, client) (rule 20). */
export type Consent = string

/** A way to prove who one is. */
export type Factor = 'otp' | 'pin' | 'password' | 'biometrics' | 'knowledge' | 'wallet'

/** The kind of identifier that was typed, never the identifier. */
export type IdType = 'uin' | 'vid' | 'phone' | 'email' | 'handle'

/** The kind of way that a message took, never the address. */
export type Channel = 'sms' | 'email' | 'app'

/** From a device that the person trusts, or from any other (rule 21). */
export type Path = 'trusted' | 'unknown'

/** The name of a claim. */
export type Claim = string

/** The name of a claim, or `verified_claims.` and the name of a claim that is told with how it was verified (OpenID Connect for Identity Assurance 1.0). Who agrees to one has not agreed to the other. */
export type ClaimAsked = string

/** An OAuth scope (RFC 6749 §3.3). */
export type Scope = string

/** An authentication context class reference. */
export type Acr = string

export type Prompt = 'none' | 'login' | 'consent' | 'select_account'

/** BCP 47 tag. */
export type Language = string

/** A registered redirect URI. */
export type RedirectUri = string

/** A claim that was asked for: its name and whether it is needed, never its value. */
export type RequestedClaim = {
  readonly name: ClaimAsked
  readonly essential: boolean
}

/** What the person was shown. */
export type Notice = {
  /** The artefact that holds the wording. */
  readonly digest: Digest
  readonly version: string
  readonly language: Language
}

/** Why an ID system or a delivery did not do what was asked. */
export type Failure = 'unavailable' | 'subject_denied' | 'rate_limited' | 'unsupported' | 'misconfigured' | 'expired' | 'outcome_unknown'

export type Send = {
  readonly at: Instant
  readonly transaction: Transaction
}

/** The whole small state of one path of one person (rule 8). */
export type Counters = {
  /** Attempts that no success followed, an attempt under way included. */
  readonly failures: number
  /** Until then this path refuses. */
  readonly closedUntil?: Instant
  /** The hard cap was reached: this path stays closed. */
  readonly disabled: boolean
  /** Messages of the last day that no success followed. */
  readonly sends: readonly Send[]
  /** When the newest of these failures was counted, where the policy forgets them. */
  readonly countedAt?: Instant
  /** The person is being erased: this path refuses for good. */
  readonly restricted?: boolean
}

/** What a person is told without having asked. */
export type NoticeKind = 'failures' | 'success_after_failures' | 'new_device' | 'new_relying_party'

export type NoticeGiven = {
  readonly notice: NoticeKind
  readonly transaction: Transaction
  readonly at: Instant
}

export type Device = {
  /** HMAC(person key, the secret in the device's cookie). */
  readonly digest: Digest
  readonly until: Instant
}

/** What a person agreed to. */
export type StandingConsent = {
  readonly client: Client
  /** The login in which it was given. */
  readonly transaction: Transaction
  /** Keyed digest of exactly what was shown (rule 28). */
  readonly requestDigest: Digest
  readonly notice: Notice
  /** Claims that were needed and accepted. */
  readonly essential: readonly ClaimAsked[]
  /** Voluntary claims that the person chose. */
  readonly accepted: readonly ClaimAsked[]
  /** Voluntary claims that the person left out. */
  readonly refused: readonly ClaimAsked[]
  /** Scopes that the person allowed. */
  readonly scopes: readonly Scope[]
  readonly refusedScopes: readonly Scope[]
  /** Why the relying party asked, in its words. */
  readonly purpose?: string
  /** Who gave it. */
  readonly by: 'self' | 'guardian' | 'assisted'
  readonly givenAt: Instant
  readonly expiresAt: Instant
}

/** Who acted for the operator, as the operator's own directory names them. Never a person who signs in. */
export type Actor = string

/** Why: the reference of a case in the operator's own system. */
export type Case = string

/** What a deployment calls an ID system. */
export type IdSystem = string

/** The version of the program. */
export type Program = string

/** Says whether two nodes hold the same keys, and nothing about the keys. */
export type KeyChecks = {
  /** Digest of a secret that is derived from the master key for this check alone. */
  readonly master: Digest
  /** The same under the subject key. */
  readonly subject: Digest
}

/** Each event type of each kind of stream with the newest version of it that the program can read. */
export type KnownEvents = {
  readonly [k: string]: number
}

/** What a look at records is for, in words. No digit, so that neither a number nor a date of birth can slip in. */
export type LookPurpose = string

/** What was looked at, in words with underscores between them: `consents_of_a_person`. */
export type LookedAt = string

/** A part of the broker that follows events, or a plugin's subscription, by the name of its consumer group. */
export type Group = string

/** The type of a recorded event. */
export type EventType = string

/** Why somebody acted for the operator, in words. No digit, so that neither a number nor a date of birth can slip in. */
export type ActReason = string

/** What a deployment may set: one JSON file, or the environment as ESIGNET_ and the path in upper snake case. */
export type Config = {
  /** TCP port of the broker. 0: any free port. */
  readonly port?: number
  /** Address to bind. Demo binds loopback only (rule 44). */
  readonly host?: string
  /** A listener for operators alone: /metrics, and what is not ready (rule 44). Absent: none. */
  readonly management?: {
    /** TCP port of the listener for operators: /metrics, /health. Absent: none. 0: any free port. */
    readonly port: number
    /** Address to bind. Whoever reaches it reads what it tells: never one that the world reaches. */
    readonly host?: string
  }
  /** One trace a login, to a collector of OpenTelemetry. Absent: nothing is traced. */
  readonly traces?: {
    /** Where a collector takes traces by OTLP/HTTP in JSON: https, or http on this machine, as http://127.0.0.1:4318/v1/traces. Absent: nothing is traced. */
    readonly url: string
    /** Of a thousand logins so many are traced, the same ones on every node. */
    readonly perThousand?: number
    /** Whether spans are linked to the `traceparent` that trusted proxies send (W3C Trace Context). */
    readonly fromProxies?: boolean
  }
  /** The issuer identifier; https outside demo. Default in demo: http://localhost:<port>. */
  readonly issuer?: string
  /** Folder of the embedded store, keys and read models. */
  readonly data?: string
  /** Event store: `sqlite` (embedded, durable), `kurrentdb` (a server, for many nodes) or `memory` (forgets everything; demo and tests only). */
  readonly store?: string
  /** Start although a newer program served on this store: for a roll-back. What only the newer one can read is refused with 503. */
  readonly besideNewer?: boolean
  /** The server of the event store; only read where `store` is `kurrentdb`. */
  readonly kurrentdb?: {
    /** Connection string: `esdb://host:2113,host:2113?tlsCAFile=/path/ca.crt&nodePreference=leader`. Without credentials. */
    readonly connection?: string
    /** File with one line, `user:password`, of an account that may read `$all`; asked for wherever TLS is on. */
    readonly credentialsFile?: string
    /** `eventstore`: @eventstore/db-client, part of this installation. `kurrent`: @kurrent/kurrentdb-client, to be installed. */
    readonly client?: 'eventstore' | 'kurrent'
    /** Within this time every call of the store is answered, an election of a new leader included. */
    readonly budgetMs?: number
  }
  /** What several nodes share in Redis (rule 40), each role in an instance of its own. What is absent lies in the data folder. */
  readonly redis?: {
    /** Read models. May be lost at any moment: they are told again. */
    readonly cache?: {
      /** `rediss://host:port` (TLS), or `redis://host:port` on this machine. Never with a password. */
      readonly url: string
      /** User of the instance's access list. */
      readonly username?: string
      /** File that holds the password, mode 0600. */
      readonly passwordFile?: string
      /** Certificates to trust for TLS, PEM. Absent: the system's. */
      readonly caFile?: string
      /** Begins every key. Absent: `esignet:`. */
      readonly prefix?: string
    }
    /** Vault and single-use memory. Demands `appendonly yes`, `appendfsync always` and no eviction. */
    readonly secrets?: {
      /** `rediss://host:port` (TLS), or `redis://host:port` on this machine. Never with a password. */
      readonly url: string
      /** User of the instance's access list. */
      readonly username?: string
      /** File that holds the password, mode 0600. */
      readonly passwordFile?: string
      /** Certificates to trust for TLS, PEM. Absent: the system's. */
      readonly caFile?: string
      /** Begins every key. Absent: `esignet:`. */
      readonly prefix?: string
    }
    /** Person keys. Demands the same and no snapshots; losing them is an erasure, so they are backed up apart. */
    readonly keys?: {
      /** `rediss://host:port` (TLS), or `redis://host:port` on this machine. Never with a password. */
      readonly url: string
      /** User of the instance's access list. */
      readonly username?: string
      /** File that holds the password, mode 0600. */
      readonly passwordFile?: string
      /** Certificates to trust for TLS, PEM. Absent: the system's. */
      readonly caFile?: string
      /** Begins every key. Absent: `esignet:`. */
      readonly prefix?: string
      /** Replicas that must have a new person's key before an event uses it. Absent: 1. 0: where there is none. */
      readonly replicas?: number
    }
  }
  /** Only read with --demo. */
  readonly demo?: {
    /** TCP port of the demo relying party on 127.0.0.1. */
    readonly port?: number
    /** Starts the simulated biometric readers of ops/demo/sbi-device beside the demonstration. */
    readonly sbiDevice?: boolean
  }
  /** IP addresses whose Forwarded headers count (rule 44). */
  readonly trustedProxies?: readonly string[]
  /** Exact host names whose jwks_uri may lie at a private address (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7), for closed national networks. Never loopback or link-local. */
  readonly privateKeyHosts?: readonly string[]
  /** Whose access tokens (RFC 9068, scope `consent.withdraw`) may take agreements back. Absent: nobody's. */
  readonly withdrawals?: {
    /** Issuer of these tokens. */
    readonly issuer: string
    /** Where it publishes its keys. */
    readonly jwksUri: string
  }
  /** The kinds of identifiers that a person chooses from, in the form of eSignet's login-id.options. Absent: one field takes whatever the ID system knows, told apart by its form. */
  readonly loginIds?: readonly {
    /** Its name; mobile, phone, uin, vid and email say their type as well. */
    readonly id: string
    /** What the ID system calls it; absent: as the id says, else a handle. */
    readonly type?: 'uin' | 'vid' | 'phone' | 'email' | 'handle'
    /** What the page calls it: language -> words. Absent: the words for its type. */
    readonly labels?: {
      readonly [k: string]: string
    }
    /** Text before what is typed, or several to choose from (countries). */
    readonly prefixes?:
      | string
      | readonly {
          /** The country, as the page shows it beside the prefix. */
          readonly label: string
          readonly value: string
          /** Of what is typed after this prefix; wins over the outer one. */
          readonly maxLength?: number
          /** Of what is typed after this prefix; wins over the outer one. */
          readonly regex?: string
        }[]
    /** Put behind what is typed, silently (MOSIP: @phone). */
    readonly postfix?: string
    /** Of what is typed, in characters. */
    readonly maxLength?: number
    /** What is typed must match it. */
    readonly regex?: string
    /** Taken so that eSignet's list can be used as it is; the pages have no picture for it. */
    readonly svg?: string
  }[]
  /** Path of an amr-acr-mapping.json in eSignet's own form. It takes the place of policy.assurance. */
  readonly amrAcrMapping?: string
  /** 32 bytes, base64url, mode 0600. Absent: made in the data folder on first start. */
  readonly masterKeyFile?: string
  /** Folder of the key that signs checkpoints of the audit log, and of the list of persons whose keys were destroyed. It belongs outside `data` (rule 49) and is never rolled back with it. Absent: `audit` in the data folder, which production warns of. */
  readonly auditFolder?: string
  /** The ID system behind this broker, where there is one. */
  readonly plugin?: {
    /** Path or package name of the plugin. */
    readonly module?: string
    /** Checked against the plugin's own schema. */
    readonly settings?: {
      readonly [k: string]: unknown
    }
  }
  /** Several ID systems, in place of `plugin`. A relying party names its own by `id_system` in its registration; the first takes those that name none. */
  readonly idSystems?: readonly {
    /** Stands in events and in what people are called (rule 19): it never changes. */
    readonly id: string
    /** Path or package name of its plugin; two may have the same. */
    readonly module: string
    /** Checked against the plugin's own schema. */
    readonly settings?: {
      readonly [k: string]: unknown
    }
    /** What people know it by: language -> words. Absent: its id. */
    readonly labels?: {
      readonly [k: string]: string
    }
  }[]
  /** Seconds that a replaced plugin is kept for the logins that it began with (`plugin reload`). */
  readonly pluginDrainS?: number
  /** Readers of the Secure Biometric Interface, read where the ID system offers `biometrics`. Names as in eSignet's own configuration where it has one. */
  readonly sbi?: {
    /** Which environment readers must be made for. */
    readonly env?: 'Staging' | 'Developer' | 'Pre-Production' | 'Production'
    /** What readers are told and must repeat: for whom they capture. Absent: the issuer. */
    readonly domainUri?: string
    /** Where readers listen. */
    readonly port?: {
      /** Ports on 127.0.0.1 that are looked at, both ends included, at most 100. */
      readonly range?: string
    }
    /** How long the page waits, seconds. */
    readonly timeout?: {
      /** For all readers to be found. */
      readonly DISC?: number
      /** For one reader to tell about itself. */
      readonly DINFO?: number
      /** For one capture. */
      readonly CAPTURE?: number
    }
    /** What a reader is asked for. */
    readonly capture?: {
      /** How many in one capture. */
      readonly count?: {
        /** Faces. */
        readonly face?: number
        /** Fingers. */
        readonly finger?: number
        /** Irises. */
        readonly iris?: number
      }
      /** The lowest quality that is taken, 0 to 100. */
      readonly score?: {
        /** Of a face. */
        readonly face?: number
        /** Of a finger. */
        readonly finger?: number
        /** Of an iris. */
        readonly iris?: number
      }
      /** Which part of a reader: 1 left, 2 right, 3 thumbs, 0 any. */
      readonly deviceSubId?: string
    }
    /** What may be captured. */
    readonly bio?: {
      /** In words of the interface; `UNKNOWN`: whichever the person chooses. */
      readonly subtypes?: {
        /** Fingers. Absent: UNKNOWN. */
        readonly finger?: readonly string[]
        /** Irises. Absent: UNKNOWN. */
        readonly iris?: readonly string[]
      }
    }
    /** How old a capture may be, seconds. */
    readonly freshS?: number
    /** How far a reader's clock may be ahead, seconds. */
    readonly skewS?: number
    /** By whose word a reader is one. */
    readonly trust?: {
      /** File with the certificates (PEM) of those who certify the keys of readers. Read again when it changes. */
      readonly devices?: string
      /** The same for the trust modules inside, which sign a reader's identity. Absent: `devices`. */
      readonly modules?: string
      /** SHA-256 of certificates that are no longer believed: 64 capital hexadecimal digits each. */
      readonly refused?: readonly string[]
    }
  }
  /** Country, emblem, colours and footer of the pages. */
  readonly brand?: {
    readonly [k: string]: unknown
  }
  /** IANA name of the time zone in which the pages show clock times. */
  readonly timeZone?: string
  /** Parts of the policy that differ from the defaults of schemas/policy.json. */
  readonly policy?: {
    readonly [k: string]: unknown
  }
  /** Posts to logins from one network (a /24 of IPv4, a /48 of IPv6) in a minute before 429. Absent: three times `requestsPerMinute`. */
  readonly postsPerMinute?: number
  /** What an unknown device must do before it may try, while somebody guesses. Never asked of devices that a person trusts. */
  readonly guard?: {
    /** `attacked`: while failures of this network, this relying party or of everybody are far above what is usual; `always`; `never`. */
    readonly when?: 'attacked' | 'always' | 'never'
    /** `work`: a computation that the page does by itself; `captcha`: a captcha service. Whoever can do neither waits. */
    readonly by?: 'work' | 'captcha'
    /** How much to compute: each bit doubles it. 8: half a second on a laptop, some seconds on an old telephone. */
    readonly workBits?: number
    /** Seconds after which whoever waited may go on without it. */
    readonly waitS?: number
    /** Of one network, so many a minute may go on by waiting. */
    readonly waitsPerMinute?: number
    /** Of all networks together. */
    readonly waitsPerMinuteAll?: number
    /** A captcha service with the contract of eSignet's; read where `by` is `captcha`. */
    readonly captcha?: {
      /** Where tokens are checked, https. May lie in a private network, never at loopback. */
      readonly validatorUrl: string
      /** What the service is told of who asks. Absent: `esignet`. */
      readonly moduleName?: string
      /** The script of the widget. Its origin may then run script in that one page. */
      readonly scriptUrl: string
      /** Of the widget. */
      readonly siteKey: string
      /** Class by which the script finds its place. Absent: `g-recaptcha`. */
      readonly widgetClass?: string
      /** The form's field in which the widget leaves its token. Absent: `g-recaptcha-response`. */
      readonly tokenField?: string
    }
  }
  /** Authorization requests per client and network in a minute before 429 (rule 23). */
  readonly requestsPerMinute?: number
  /** What the log shows. */
  readonly logLevel?: 'info' | 'warn' | 'error' | 'off'
}

/** A {kind} was kept for later reference. */
export type ArtefactArtefactKept = {
  readonly kind: 'notice' | 'policy' | 'client' | 'assurance' | 'schema'
  /** The artefact itself; the stream is named by its SHA-256 over its RFC 8785 form. */
  readonly content: {
    readonly [k: string]: unknown
  }
}

/** A checkpoint was signed over the first {n} records of the audit log, up to position {position}. */
export type CheckpointCheckpointSigned = {
  /** When it was signed. */
  readonly signedAt: Instant
  /** How many records the audit log has: the number of its last one. */
  readonly n: number
  /** The chain of the audit log after that record. */
  readonly chain: Digest
  /** Where the event of that record stands in the store. */
  readonly position: string
  /** Where the newest event of the store stood when it was signed. */
  readonly head: string
  /** The key that signed. */
  readonly kid: Digest
  /** All of this, signed (RFC 7515): what others keep and compare with (rule 49). */
  readonly statement: string
}

/** Relying party {client} was activated again. */
export type ClientClientActivated = {
  readonly client: Client
  readonly configuration: ClientConfiguration
  readonly artefact: Digest
  readonly active: boolean
}

/** Relying party {client} was deactivated. */
export type ClientClientDeactivated = {
  readonly client: Client
  readonly configuration: ClientConfiguration
  readonly artefact: Digest
  readonly active: boolean
}

/** Relying party {client} was registered. */
export type ClientClientRegistered = {
  readonly client: Client
  readonly configuration: ClientConfiguration
  readonly artefact: Digest
  readonly active: boolean
}

/** The registration of relying party {client} was changed. */
export type ClientClientUpdated = {
  readonly client: Client
  readonly configuration: ClientConfiguration
  readonly artefact: Digest
  readonly active: boolean
}

/** A person agreed to share claims with {client}. */
export type ConsentConsentGiven = {
  readonly client: Client
  readonly transaction: Transaction
  readonly standing: StandingConsent
  /** No code or token of that transaction lives longer: until then a withdrawal must reach it (rule 13). */
  readonly liveUntil: Instant
}

/** A person refused what {client} asked to share. What stood before stands as it did. */
export type ConsentConsentRefused = {
  readonly client: Client
  /** The login in which it was refused. */
  readonly transaction: Transaction
  /** Where the agreement stood, and stands (rule 8). */
  readonly before: 'none' | 'given' | 'withdrawing' | 'withdrawn'
  /** Absent where nothing was ever agreed to. */
  readonly standing?: StandingConsent
}

/** A standing agreement with {client} was used again. */
export type ConsentConsentReused = {
  readonly client: Client
  readonly transaction: Transaction
  readonly standing: StandingConsent
  /** No code or token of that transaction lives longer: until then a withdrawal must reach it (rule 13). */
  readonly liveUntil: Instant
}

/** The withdrawal from {client} is complete: every code and token is dead. */
export type ConsentConsentWithdrawn = {
  readonly client: Client
  readonly standing: StandingConsent
}

/** A person withdrew their agreement with {client}: no new use from here. */
export type ConsentWithdrawalRequested = {
  readonly client: Client
  /** The person; somebody who acts for the operator; a service that an issuer of the deployment let do it. */
  readonly by: 'self' | 'operator' | 'service'
  readonly standing: StandingConsent
  readonly actor?: Actor
  readonly case?: Case
  /** The service, as the issuer of its token names it. */
  readonly service?: Client
}

/** {actor} wished `{verb}`, which was not done: {why}. */
export type DenialCommandDenied = {
  readonly actor: Actor
  /** What was wished: a verb of the command line. */
  readonly verb: string
  /** `refused`: the rules or a check said no. `failed`: what it was given, or what was there, could not be used. */
  readonly why: 'refused' | 'failed'
}

/** A broker of program {program} started on this store. */
export type DeploymentNodeStarted = {
  /** By the clock of the node: the next one holds its own against it. */
  readonly at: Instant
  readonly program: Program
  readonly keys: KeyChecks
  readonly knows: KnownEvents
}

/** An operator asked every broker to open the ID system {plugin} anew: opening {generation}. */
export type DeploymentPluginReloadRequested = {
  readonly plugin: IdSystem
  /** Which opening it is, by count of the deployment: logins record the one that they began with. */
  readonly generation: number
}

/** {actor} looked at {what}. Purpose: {purpose}. Case {case}. */
export type LookRecordsViewed = {
  readonly actor: Actor
  readonly purpose: LookPurpose
  readonly case: Case
  readonly what: LookedAt
  /** Whose records, where they are one person's: the random reference, never what was typed to find them. Absent where nobody was found. */
  readonly person?: Person
  /** Records of this relying party only. */
  readonly client?: Client
  /** Records of this login only. */
  readonly transaction?: Transaction
  /** Records from then on. */
  readonly from?: Instant
  /** Records until then, or as they were then. */
  readonly to?: Instant
}

/** {actor} dropped event {event} ({eventType}), which {group} had parked: it is not handled any more. Reason: {reason}. */
export type ParkedParkedDropped = {
  readonly actor: Actor
  readonly group: Group
  readonly event: Uuid
  readonly eventType: EventType
  readonly reason: ActReason
}

/** {actor} gave event {event} ({eventType}) back to {group}, which had parked it. Reason: {reason}. */
export type ParkedParkedRetried = {
  readonly actor: Actor
  readonly group: Group
  readonly event: Uuid
  readonly eventType: EventType
  readonly reason: ActReason
}

/** An attempt by {factor} from the {path} path was counted before it was checked. */
export type PersonAttemptCounted = {
  readonly path: Path
  readonly factor: Factor
  readonly transaction: Transaction
  readonly counters: Counters
}

/** The {path} path was credited: {reason}. */
export type PersonAttemptCredited = {
  readonly path: Path
  readonly transaction: Transaction
  readonly reason: 'success' | 'confirmed' | 'not_checked'
  readonly counters: Counters
}

/** The person signed in on a device of their own, and it got a new secret. */
export type PersonDeviceRenewed = {
  /** Newest first. The secret before is among them for some minutes, in case the answer with the new one was lost. */
  readonly devices: readonly Device[]
}

/** The person said that this is their own device. */
export type PersonDeviceTrusted = {
  /** Newest first. */
  readonly devices: readonly Device[]
}

/** The certificate of an erasure was signed (case {case}). */
export type PersonErasureCertified = {
  /** When it was asked for; from here on nobody signs in as this person. */
  readonly requestedAt: Instant
  readonly actor: Actor
  readonly purpose: LookPurpose
  readonly case: Case
  /** For each class of records, until when the law of the deployment wants it to be known whose they are. */
  readonly floors: readonly {
    readonly class: 'authentication' | 'consent'
    readonly until: Instant
  }[]
  /** The latest of these: the key is destroyed then. */
  readonly until: Instant
  readonly erasedAt: Instant
  /** Rows of the person's key that were destroyed by this act; a crash between the two leaves 0. */
  readonly rows: number
  /** The certificate, signed (RFC 7515) with the key of the audit log. It names nobody but a reference that leads nowhere now. */
  readonly statement: string
}

/** {actor} asked that a person be erased (purpose: {purpose}, case {case}). The person's key is destroyed not before {until}. */
export type PersonErasureRequested = {
  /** When it was asked for; from here on nobody signs in as this person. */
  readonly requestedAt: Instant
  readonly actor: Actor
  readonly purpose: LookPurpose
  readonly case: Case
  /** For each class of records, until when the law of the deployment wants it to be known whose they are. */
  readonly floors: readonly {
    readonly class: 'authentication' | 'consent'
    readonly until: Instant
  }[]
  /** The latest of these: the key is destroyed then. */
  readonly until: Instant
}

/** The person is to be told of {notice}. */
export type PersonNoticeDue = {
  readonly notice: NoticeKind
  readonly transaction: Transaction
  /** When it happened. */
  readonly happenedAt: Instant
  /** Of the last day, newest first (rule 8). */
  readonly notices: readonly NoticeGiven[]
}

/** {actor} reopened the {path} path of a person (case {case}). */
export type PersonPathReopened = {
  readonly path: Path
  readonly actor: Actor
  readonly case: Case
  readonly counters: Counters
}

/** {actor} had the {path} path of a person closed for good (case {case}): the person is being erased. */
export type PersonPathRestricted = {
  readonly path: Path
  readonly actor: Actor
  readonly case: Case
  readonly counters: Counters
}

/** A person was erased: the key and {rows} rows that led to it were destroyed. */
export type PersonPersonErased = {
  /** When it was asked for; from here on nobody signs in as this person. */
  readonly requestedAt: Instant
  readonly actor: Actor
  readonly purpose: LookPurpose
  readonly case: Case
  /** For each class of records, until when the law of the deployment wants it to be known whose they are. */
  readonly floors: readonly {
    readonly class: 'authentication' | 'consent'
    readonly until: Instant
  }[]
  /** The latest of these: the key is destroyed then. */
  readonly until: Instant
  readonly erasedAt: Instant
  /** Rows of the person's key that were destroyed by this act; a crash between the two leaves 0. */
  readonly rows: number
}

/** A person who is being erased is shut out: {consents} agreements were taken back and {logins} sign-ins ended; nothing of them is worth anything any more. */
export type PersonProcessingRestricted = {
  /** When it was asked for; from here on nobody signs in as this person. */
  readonly requestedAt: Instant
  readonly actor: Actor
  readonly purpose: LookPurpose
  readonly case: Case
  /** For each class of records, until when the law of the deployment wants it to be known whose they are. */
  readonly floors: readonly {
    readonly class: 'authentication' | 'consent'
    readonly until: Instant
  }[]
  /** The latest of these: the key is destroyed then. */
  readonly until: Instant
  /** From here on no code, no token and no agreement of this person lives. */
  readonly restrictedAt: Instant
  /** Agreements that stood and were taken back. */
  readonly consents: number
  /** Sign-ins that were under way and were ended. */
  readonly logins: number
}

/** A message was counted on the {path} path. */
export type PersonSendCounted = {
  readonly path: Path
  readonly transaction: Transaction
  readonly counters: Counters
}

/** It was ordered that readers of `{projection}` get its generation {to} instead of {from} ({how}): {reason}. */
export type ProjectionSwitchOrdered = {
  /** The name of the projection. */
  readonly projection: string
  /** Its version. */
  readonly version: number
  /** The generation that served. */
  readonly from: number
  /** The generation that is to serve. */
  readonly to: number
  /** `switch`: to one that was built beside. `rollback`: to the one that served before. */
  readonly how: 'switch' | 'rollback'
  /** Why, in words without digits. */
  readonly reason: LookPurpose
}

/** Signing key {kid} signs with {alg} from here on. */
export type SigningKeySigningKeyActivated = {
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
  /** The one algorithm that it signs with. */
  readonly alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Published before, it signs from here on (rule 45). */
  readonly signsFrom: Instant
  /** What it signs: checkpoints and packages of the audit log, never a token. Absent: tokens. */
  readonly purpose?: 'audit'
}

/** The {by} made signing key {kid} for {alg}: it is published now, and signs from {signsFrom}. */
export type SigningKeySigningKeyMade = {
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
  /** The one algorithm that it signs with. */
  readonly alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Published before, it signs from here on (rule 45). */
  readonly signsFrom: Instant
  /** Who wished it: a person at the command line, or the broker, which never lets an algorithm be without a key. */
  readonly by: 'operator' | 'broker'
  /** What it signs: checkpoints and packages of the audit log, never a token. Absent: tokens. */
  readonly purpose?: 'audit'
}

/** Signing key {kid} for {alg} signs no more; it stays published until {publishedUntil}, when the last token that it signed has expired. */
export type SigningKeySigningKeyRetired = {
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
  /** The one algorithm that it signs with. */
  readonly alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Published before, it signs from here on (rule 45). */
  readonly signsFrom: Instant
  /** Until then what it signed may still be looked at. */
  readonly publishedUntil: Instant
  /** What it signs: checkpoints and packages of the audit log, never a token. Absent: tokens. */
  readonly purpose?: 'audit'
}

/** An operator revoked signing key {kid} for {alg}: {reason}. It is no longer published, and what it signed is refused. */
export type SigningKeySigningKeyRevoked = {
  /** The thumbprint of the public key (RFC 7638), under which the JWKS shows it. */
  readonly kid: Digest
  /** The one algorithm that it signs with. */
  readonly alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Published before, it signs from here on (rule 45). */
  readonly signsFrom: Instant
  /** Why nobody may trust it any more. */
  readonly reason: 'compromised' | 'lost' | 'algorithm_weak' | 'mistake'
  /** What it signs: checkpoints and packages of the audit log, never a token. Absent: tokens. */
  readonly purpose?: 'audit'
}

/** The person withdrew their agreement; code and tokens of this sign-in are worth nothing. */
export type TransactionAccessRevoked = {
  readonly consent: Consent
}

/** The ID system confirmed the person by {factors}. */
export type TransactionAuthenticated = {
  readonly person: Person
  readonly path: Path
  readonly factors: readonly Factor[]
  /** RFC 8176 names. */
  readonly amr: readonly string[]
  readonly acr?: Acr
  readonly authTime: Instant
  /** The person must have decided on consent by then. */
  readonly deadline: Instant
}

/** Time ran out {phase}. */
export type TransactionAuthorizationExpired = {
  readonly phase: 'before_opening' | 'before_authentication' | 'before_consent' | 'before_code' | 'before_redemption'
}

/** The sign-in ended without success: {reason}. */
export type TransactionAuthorizationFailed = {
  readonly reason:
    | 'cancelled'
    | 'attempts_exhausted'
    | 'consent_denied'
    | 'acr_unmet'
    | 'wrong_person'
    | 'login_required'
    | 'code_refused'
    | 'release_unavailable'
    | 'person_restricted'
}

/** A browser opened the sign-in page and was bound to it. */
export type TransactionAuthorizationOpened = {
  /** SHA-256 of the browser's binding secret. */
  readonly browser: Digest
  /** The person must have proved who they are by then. */
  readonly deadline: Instant
}

/** Relying party {client} asked to sign a person in. */
export type TransactionAuthorizationStarted = {
  readonly client: Client
  /** Pushed (RFC 9126) or a direct authorization request. */
  readonly via: 'par' | 'direct'
  readonly redirectUri: RedirectUri
  readonly responseMode: 'query' | 'form_post'
  readonly scopes: readonly Scope[]
  /** Claims that were asked for and that the client may ask for. */
  readonly claims: readonly RequestedClaim[]
  /** Requested authentication contexts that can be met here, best first. */
  readonly acrs: readonly Acr[]
  /** One of them must be met (OpenID Connect Core 5.5.1.1). */
  readonly acrEssential: boolean
  /** Factors on offer, best first. */
  readonly factors: readonly Factor[]
  readonly prompt: readonly Prompt[]
  /** Seconds; met by every login here (rule 27). */
  readonly maxAgeS?: number
  /** RFC 7636, S256. */
  readonly codeChallenge?: Digest
  /** RFC 7638 thumbprint of the key that the code is bound to (RFC 9449 §10). */
  readonly dpopKey?: Digest
  /** Keyed digest of the raw request, which is sealed in the vault. */
  readonly requestDigest: Digest
  /** SHA-256 of the secret in the request URI. */
  readonly requestUriDigest?: Digest
  /** The ID system's plugin that this transaction keeps. */
  readonly plugin: {
    readonly id: string
    readonly version: string
    /** Which opening of it: a plugin that is replaced while the broker runs gets the next number. Absent before there were any. */
    readonly generation?: number
  }
  /** A pushed request must be opened in a browser by then. */
  readonly openBy?: Instant
}

/** The clock of relying party {client} differs from ours by {seconds} seconds: the code that it presented was not taken, and is not burnt. */
export type TransactionClientClockDiffered = {
  readonly client: Client
  readonly reason: 'client_clock'
  /** So far ahead of ours its clock is, or behind where it is negative, as its signed assertion says. */
  readonly seconds: number
}

/** The browser was sent back to the relying party with a code. */
export type TransactionCodeIssued = {
  /** SHA-256 of the code's secret. */
  readonly codeDigest: Digest
  readonly issue: number
  /** Names of the claims that the ID system released, sealed until the code is redeemed. */
  readonly released: readonly ClaimAsked[]
  readonly expiresAt: Instant
}

/** A presentation of the code was refused: {reason}. */
export type TransactionCodeRefused = {
  readonly client: Client
  readonly reason: 'other_client' | 'redirect_uri' | 'verifier' | 'expired'
  /** The code is worth nothing from here on. */
  readonly burnt: boolean
}

/** The code was presented a second time by {client}; the tokens were revoked. */
export type TransactionCodeReplayed = {
  readonly client: Client
}

/** The person decided not to share anything. */
export type TransactionConsentDenied = {
  /** The agreement towards this relying party that would have been given: its stream holds the refusal too. */
  readonly consent?: Consent
}

/** The person agreed to share {claims} with {client}. */
export type TransactionConsentGiven = {
  readonly client: Client
  readonly consent: Consent
  /** The revision of the consent stream that it cites (rule 12). */
  readonly revision: number
  /** Claims that may be released. */
  readonly claims: readonly ClaimAsked[]
  readonly scopes: readonly Scope[]
}

/** A standing agreement with {client} covers this request: {claims}. */
export type TransactionConsentReused = {
  readonly client: Client
  readonly consent: Consent
  /** The revision of the consent stream that it cites (rule 12). */
  readonly revision: number
  /** Claims that may be released. */
  readonly claims: readonly ClaimAsked[]
  readonly scopes: readonly Scope[]
}

/** The person handed in proof by {factor}: attempt {attempt}. */
export type TransactionFactorAttempted = {
  readonly factor: Factor
  readonly attempt: number
  readonly person: Person
  readonly path: Path
}

/** The ID system confirmed the person by {factors} at attempt {attempt}; the sign-in asks for another factor. */
export type TransactionFactorConfirmed = {
  readonly attempt: number
  readonly person: Person
  readonly path: Path
  readonly factors: readonly Factor[]
}

/** No code was sent: {reason}. */
export type TransactionFactorFailed = {
  /** The message that it answers. */
  readonly send: number
  readonly factor: Factor
  readonly reason: Failure
}

/** Attempt {attempt} by {factor} did not succeed: {reason}. */
export type TransactionFactorRejected = {
  readonly factor: Factor
  readonly attempt: number
  readonly reason: 'wrong' | 'limited' | 'unavailable' | 'expired'
}

/** The person chose to prove who they are by {factor}. */
export type TransactionFactorRequested = {
  readonly factor: Factor
  readonly person: Person
  readonly idType: IdType
  readonly path: Path
  /** The kinds of ways that the person chose for the message; absent: the ID system chooses. */
  readonly channels?: readonly Channel[]
  /** Which message of this transaction it is; only where one is sent. */
  readonly send?: number
  /** A message that could not be sent by then is given up. */
  readonly sendBy?: Instant
  /** The person may ask for another from then on. */
  readonly resendFrom?: Instant
}

/** The ID system took charge of sending a code. */
export type TransactionFactorSent = {
  /** The message that it answers. */
  readonly send: number
  readonly factor: Factor
  readonly channels: readonly Channel[]
  readonly validUntil: Instant
}

/** The person opened the page with their own agreements and sign-ins. No code and no token comes of this sign-in. */
export type TransactionPageOpened = {
  /** The page closes by itself then, unless the person asks for more time. */
  readonly until: Instant
}

/** The person asked for more time. */
export type TransactionTimeExtended = {
  readonly extension: number
  readonly deadline: Instant
}

/** Relying party {client} exchanged the code for tokens. */
export type TransactionTokenExchanged = {
  readonly client: Client
  /** SHA-256 of the access token. */
  readonly accessTokenDigest: Digest
  readonly tokensUntil: Instant
  /** Thumbprint of the key that the access token is bound to; absent: a bearer token. */
  readonly dpopKey?: Digest
  /** Names of the claims that its ID token tells; absent: none. */
  readonly claims?: readonly ClaimAsked[]
}

/** The transaction is over and what it kept was destroyed: {reason}. */
export type TransactionTransactionClosed = {
  readonly reason: 'tokens_expired' | 'tokens_revoked'
}

/** Relying party {client} received {claims}. */
export type TransactionUserinfoReleased = {
  readonly client: Client
  /** Names only. */
  readonly claims: readonly ClaimAsked[]
  readonly release: number
}

/** The metadata of every event (rules 4 and 7). */
export type Metadata = {
  readonly at: Instant
  /** Schema version of the event's data. */
  readonly version: number
  /** The transaction, or the stream. */
  readonly $correlationId: string
  /** The event or request that led to it. */
  readonly $causationId: string
  readonly commandId: Uuid
  /** Who gave the command where somebody did who acts for the operator (REG-16). Absent: a door, a reactor, or an event that says it itself. */
  readonly actor?: Actor
  readonly index: number
  readonly count: number
  /** On the first event of an append: the command that caused it (rule 4). */
  readonly command?: {
    readonly type: string
    readonly version: number
    readonly body: {
      readonly [k: string]: unknown
    }
  }
  /** Digests of the rules in force (rule 3). */
  readonly rules: {
    readonly [k: string]: Digest
  }
  /** Digest of the event before it in its stream; of the stream's name for the first. */
  readonly previous: Digest
  readonly digest: Digest
}

/** What the rules read besides the state: lifetimes in seconds, limits, assurance. */
export type Policy = {
  /** How long things live. */
  readonly lifetimes: {
    /** A pushed request is opened within this many seconds (RFC 9126; FAPI 2.0: under 600). */
    readonly requestUriS: number
    /** Seconds for the person to prove who they are. */
    readonly beforeAuthenticationS: number
    /** Seconds for the person to decide on consent. */
    readonly afterAuthenticationS: number
    /** Seconds that a code lives (at most 60). */
    readonly codeS: number
    /** Seconds that an access token lives. */
    readonly accessTokenS: number
    /** Seconds that an ID token is valid. */
    readonly idTokenS: number
    /** Seconds within which a message must have been sent, or it is given up. */
    readonly sendS: number
    /** Days that a device stays trusted. */
    readonly deviceDays: number
  }
  /** How often things may be done. */
  readonly limits: {
    /** Wrong proofs in one transaction. */
    readonly attemptsMax: number
    /** Messages in one transaction. */
    readonly sendsMax: number
    /** Seconds between two messages of one transaction. */
    readonly sendGapS: number
    /** Choices of a factor in one transaction. */
    readonly requestsMax: number
    /** How often a person may ask for more time (WCAG 2.2.1: at least ten). */
    readonly extensionsMax: number
    /** Messages to one person on one path in an hour that no success followed. */
    readonly sendsPerHour: number
    /** The same in a day. */
    readonly sendsPerDay: number
    /** Userinfo answers for one access token (rule 33). */
    readonly userinfoMax: number
    /** Attempts from devices that the person does not trust. */
    readonly unknown: {
      /** Failures that cost no wait. */
      readonly free: number
      /** Seconds; doubles with each further failure. */
      readonly firstWaitS: number
      /** Seconds. */
      readonly longestWaitS: number
      /** Then the path stays closed (NIST SP 800-63B: at most 100). */
      readonly failuresMax: number
      /** Days without an attempt after which failures are forgotten, and a path that they closed opens again. */
      readonly forgetDays?: number
    }
    /** Attempts from trusted devices. */
    readonly trusted: {
      /** Failures that cost no wait. */
      readonly free: number
      /** Seconds; doubles with each further failure. */
      readonly firstWaitS: number
      /** Seconds. */
      readonly longestWaitS: number
      /** Then the path stays closed (NIST SP 800-63B: at most 100). */
      readonly failuresMax: number
      /** Days without an attempt after which failures are forgotten, and a path that they closed opens again. */
      readonly forgetDays?: number
    }
  }
  /** Which factors meet which authentication context. */
  readonly assurance: {
    /** Authentication contexts, best first, each with the factors that meet it: all of them, asked for in this order. */
    readonly acrs: readonly {
      readonly acr: Acr
      readonly factors: readonly Factor[]
    }[]
  }
  /** For how long it is known whose records are: what the law of the deployment says, by class. Absent: an erasure waits for nothing, and nobody is erased without being asked for. */
  readonly retention?: {
    /** Nobody is erased before. */
    readonly floors?: {
      /** Days since the person was last here, for records of sign-ins. */
      readonly authentication?: number
      /** The same for records of consent. */
      readonly consent?: number
    }
    /** Who was not here for longer than the longest of these is erased without being asked for. Not below any floor. */
    readonly ceilings?: {
      /** Days since the person was last here, for records of sign-ins. */
      readonly authentication?: number
      /** The same for records of consent. */
      readonly consent?: number
    }
  }
}

/** Parameters of an authorization request: either a pushed one, named by `request_uri`, or all of them. Others are ignored. */
export type AuthorizeRequest = {
  readonly client_id: Client
  /** What PAR answered; then only `client_id` is read besides. */
  readonly request_uri?: string
  /** RFC 6749 §4.1.1. */
  readonly response_type?: 'code'
  /** A registered one, exactly. */
  readonly redirect_uri?: RedirectUri
  /** Separated by spaces; `openid` is among them. */
  readonly scope?: string
  /** Comes back as it was sent. */
  readonly state?: string
  /** Stands in the ID token as it was sent. */
  readonly nonce?: string
  /** How the answer comes back; default `query`. */
  readonly response_mode?: 'query' | 'form_post'
  /** RFC 7636. */
  readonly code_challenge?: Digest
  /** Required with a code challenge. */
  readonly code_challenge_method?: 'S256'
  /** Thumbprint of the key that the code is bound to (RFC 9449 §10). */
  readonly dpop_jkt?: Digest
  /** Wanted authentication contexts, best first, separated by spaces. */
  readonly acr_values?: string
  /** JSON text (OpenID Connect Core §5.5). */
  readonly claims?: string
  /** Languages for claims, best first, separated by spaces. */
  readonly claims_locales?: string
  /** Languages for the pages, best first, separated by spaces. */
  readonly ui_locales?: string
  /** `login`, `consent`, `select_account`, or `none`, which is always refused with `login_required`. */
  readonly prompt?: string
  /** Seconds; met by every sign-in, since there is no session. */
  readonly max_age?: string
  /** Accepted; the pages fit every screen. */
  readonly display?: 'page' | 'popup' | 'touch' | 'wap'
  /** Accepted. */
  readonly login_hint?: string
  /** An ID token of ours: only its person will do. */
  readonly id_token_hint?: string
}

/** What a relying party hands in: the names of OpenID Connect Dynamic Client Registration 1.0, and our own policy members. What is left out takes our defaults (rule 34). */
export type ClientRegistration = {
  readonly client_id: Client
  /** Shown to the person; `client_name#fr` and so on for other languages. */
  readonly client_name: string
  /** Matched exactly. */
  readonly redirect_uris: readonly RedirectUri[]
  /** The keys that verify its assertions, and those that answers are encrypted to. */
  readonly jwks?: {
    /** Items: A public key (RFC 7517). */
    readonly keys: readonly {
      readonly kty: 'RSA' | 'EC' | 'OKP'
      readonly kid?: string
      readonly alg?: 'ES256' | 'PS256' | 'RS256' | 'EdDSA' | 'RSA-OAEP-256' | 'ECDH-ES' | 'ECDH-ES+A256KW'
      readonly use?: 'sig' | 'enc'
      readonly crv?: string
      readonly x?: string
      readonly y?: string
      readonly n?: string
      readonly e?: string
      readonly [k: string]: unknown
    }[]
  }
  /** Where its keys are published, instead of `jwks`: fetched and kept by the broker (RFC 7591 §2). */
  readonly jwks_uri?: string
  readonly grant_types?: readonly 'authorization_code'[]
  readonly response_types?: readonly 'code'[]
  readonly subject_type?: 'pairwise'
  /** The host that its pairwise subjects belong to; frozen at first use (rule 19). */
  readonly sector_identifier?: string
  /** Where it publishes the redirect URIs that share its subjects (OpenID Connect Core 8.1); read once, when it is registered. */
  readonly sector_identifier_uri?: string
  readonly token_endpoint_auth_method?: 'private_key_jwt'
  /** Only this algorithm where given. */
  readonly token_endpoint_auth_signing_alg?: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Default ES256. */
  readonly id_token_signed_response_alg?: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** Default ES256. */
  readonly userinfo_signed_response_alg?: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  /** How userinfo is encrypted, once signed, to a key of the relying party; absent: it is not. */
  readonly userinfo_encrypted_response_alg?: 'RSA-OAEP-256' | 'ECDH-ES' | 'ECDH-ES+A256KW'
  /** Default A256GCM, where userinfo is encrypted. */
  readonly userinfo_encrypted_response_enc?: 'A256GCM'
  /** RFC 9126 §6. */
  readonly require_pushed_authorization_requests?: boolean
  /** Refuse a request without a code challenge. */
  readonly require_pkce?: boolean
  /** RFC 9449 §5.2: tokens are bound to a key, never bearer. Absent in what was recorded before: false. */
  readonly dpop_bound_access_tokens?: boolean
  /** Scopes that it may ask for, separated by spaces. */
  readonly scope?: string
  /** Claims that it may ask for. */
  readonly claims?: readonly Claim[]
  /** Authentication contexts it may ask for, best first; empty: all. */
  readonly default_acr_values?: readonly Acr[]
  /** Which rules it lives by (rule 34). */
  readonly profile?: 'fapi2' | 'compatible'
  /** What its assertions may name as audience (rule 34). */
  readonly assertion_audience?: 'issuer' | 'issuer_or_endpoint'
  readonly userinfo_format?: 'jwt' | 'json'
  /** Why it asks, shown to the person as its own words; `purpose#fr` and so on. */
  readonly purpose?: string
  /** How long an agreement stands; 0: asked each time. */
  readonly consent_days?: number
  /** The ID system that its people are checked by, where a deployment has several. Absent: the first. */
  readonly id_system?: string
  readonly client_uri?: string
  readonly policy_uri?: string
  readonly tos_uri?: string
  /** Where people can write to the relying party: it stands in receipts (ISO/IEC TS 27560, party_address). */
  readonly postal_address?: string
  readonly contacts?: readonly string[]
  readonly [name: `client_name#${string}`]: string
  readonly [name: `purpose#${string}`]: string
}

/** An authorization request that is pushed, with the client's assertion. Other parameters are ignored. */
export type ParRequest = {
  readonly client_id?: Client
  /** RFC 7523 §2.2. */
  readonly client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  /** A signed JWT of the client: `iss` and `sub` its client_id, `aud` the issuer, `jti`, `exp` at most 300 s ahead. */
  readonly client_assertion: string
  /** RFC 6749 §4.1.1. */
  readonly response_type: 'code'
  /** A registered one, exactly. */
  readonly redirect_uri: RedirectUri
  /** Separated by spaces; `openid` is among them. */
  readonly scope: string
  /** Comes back as it was sent. */
  readonly state?: string
  /** Stands in the ID token as it was sent. */
  readonly nonce?: string
  /** How the answer comes back; default `query`. */
  readonly response_mode?: 'query' | 'form_post'
  /** RFC 7636. */
  readonly code_challenge?: Digest
  /** Required with a code challenge. */
  readonly code_challenge_method?: 'S256'
  /** Thumbprint of the key that the code is bound to (RFC 9449 §10). */
  readonly dpop_jkt?: Digest
  /** Wanted authentication contexts, best first, separated by spaces. */
  readonly acr_values?: string
  /** JSON text (OpenID Connect Core §5.5). */
  readonly claims?: string
  /** Languages for claims, best first, separated by spaces. */
  readonly claims_locales?: string
  /** Languages for the pages, best first, separated by spaces. */
  readonly ui_locales?: string
  /** `login`, `consent`, `select_account`, or `none`, which is always refused with `login_required`. */
  readonly prompt?: string
  /** Seconds; met by every sign-in, since there is no session. */
  readonly max_age?: string
  /** Accepted; the pages fit every screen. */
  readonly display?: 'page' | 'popup' | 'touch' | 'wap'
  /** Accepted. */
  readonly login_hint?: string
  /** An ID token of ours: only its person will do. */
  readonly id_token_hint?: string
}

/** A code and the client's assertion. Other parameters are ignored. */
export type TokenRequest = {
  /** RFC 6749 §4.1.3. */
  readonly grant_type: 'authorization_code'
  /** As it came to the redirect URI. */
  readonly code: string
  /** The one of the authorization request. */
  readonly redirect_uri: RedirectUri
  /** Required when the request had a code challenge, and refused when it had none. */
  readonly code_verifier?: string
  readonly client_id?: Client
  /** RFC 7523 §2.2. */
  readonly client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  /** A signed JWT of the client: `iss` and `sub` its client_id, `aud` the issuer, `jti`, `exp` at most 300 s ahead. */
  readonly client_assertion: string
}

/** Which agreement is taken back. */
export type WithdrawalRequest = {
  /** Its name, as `esignet consent list` shows it. */
  readonly consent: Consent
}

/** A receipt for a consent: the record of ISO/IEC TS 27560:2023 up to one event. It is the member `receipt` of a JWT of type consent-receipt+jwt. */
export type ConsentReceipt = {
  readonly schema_version: string
  readonly receipt_id: string
  readonly record_id: Consent
  /** The person, by a name that is made for this person and this relying party and leads nowhere else. */
  readonly pii_principal_id: Consent
  /** The digest of the event, by which the audit log names its record. */
  readonly record_digest: Digest
  /** Items: What is done with the details. */
  readonly pii_processing: readonly {
    /** The notice that was shown: `esignet consent notice` prints it. */
    readonly privacy_notice: {
      readonly digest: Digest
      readonly version: string
    }
    readonly language: Language
    /** In the words of the PII controller; `sign-in` where they gave none. */
    readonly purpose: string
    readonly purpose_type?: string
    readonly lawful_basis: 'consent'
    /** Items: A kind of detail. */
    readonly pii_information: readonly {
      /** The claim's name. */
      readonly pii_type: string
      /** The person could have left it out. */
      readonly pii_optional: boolean
      /** Told with how it was verified. */
      readonly verified: boolean
    }[]
    readonly pii_refused?: readonly string[]
    readonly scopes?: readonly string[]
    readonly scopes_refused?: readonly string[]
    /** party_id of each. */
    readonly pii_controllers: readonly string[]
    readonly collection_method?: string
    readonly storage_locations: readonly string[]
    readonly retention_period: string
    readonly jurisdiction: string
    readonly recipient_third_parties: readonly string[]
    /** Where it is taken back. */
    readonly withdrawal_method: string
    readonly privacy_rights?: readonly string[]
    readonly authority_party?: string | null
  }[]
  /** Items: Who is involved. */
  readonly party_identification: readonly {
    readonly party_id: string
    readonly party_type: 'pii_controller' | 'consent_record_keeper' | 'authority'
    readonly party_role?: string
    readonly party_name: string
    /** Where the party is written to at the time of this receipt. Null: nobody has said so yet. */
    readonly party_address: string | null
    readonly party_contact: string | null
  }[]
  /** Items: What the person, or somebody for them, expressed. */
  readonly events: readonly {
    readonly event_time: Instant
    readonly event_type: 'explicit'
    readonly event_state: 'refused' | 'given' | 'renewed' | 'expired' | 'withdrawn' | 'revoked' | 'withdrawal_requested'
    readonly change?:
      'given' | 'renewed' | 'narrowed' | 'widened' | 'changed' | 'refused' | 'withdrawal_requested' | 'withdrawn' | 'expired'
    /** Days; P0D: for that one sign-in, or no more. */
    readonly validity_duration: string
    readonly valid_until?: Instant | null
    /** pii_principal_id, or who acted for the person. */
    readonly entity_id: string
    readonly expressed_by?: 'self' | 'guardian' | 'assisted' | 'operator' | 'service'
  }[]
}

/** What this provider can do (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). */
export type DiscoveryResponse = {
  /** The issuer identifier: exactly what `iss` says. */
  readonly issuer: string
  /** Where the browser goes. */
  readonly authorization_endpoint: string
  /** RFC 6749 §3.2. */
  readonly token_endpoint: string
  /** RFC 9126 §5. */
  readonly pushed_authorization_request_endpoint: string
  /** OpenID Connect Core §5.3. */
  readonly userinfo_endpoint: string
  /** The keys that verify our signatures. */
  readonly jwks_uri: string
  /** Scopes that ask for claims. */
  readonly scopes_supported: readonly string[]
  /** Response types. */
  readonly response_types_supported: readonly 'code'[]
  /** How answers come back. */
  readonly response_modes_supported: readonly ('query' | 'form_post')[]
  /** Grants. */
  readonly grant_types_supported: readonly 'authorization_code'[]
  /** Authentication contexts that can be met here, best first. */
  readonly acr_values_supported: readonly string[]
  /** Each sector gets subjects of its own. */
  readonly subject_types_supported: readonly 'pairwise'[]
  /** Of ID tokens. */
  readonly id_token_signing_alg_values_supported: readonly ('ES256' | 'PS256' | 'RS256' | 'EdDSA')[]
  /** Of userinfo. */
  readonly userinfo_signing_alg_values_supported: readonly ('ES256' | 'PS256' | 'RS256' | 'EdDSA')[]
  readonly userinfo_encryption_alg_values_supported: readonly ('RSA-OAEP-256' | 'ECDH-ES' | 'ECDH-ES+A256KW')[]
  readonly userinfo_encryption_enc_values_supported: readonly 'A256GCM'[]
  /** How clients authenticate. */
  readonly token_endpoint_auth_methods_supported: readonly 'private_key_jwt'[]
  /** Of client assertions. */
  readonly token_endpoint_auth_signing_alg_values_supported: readonly ('ES256' | 'PS256' | 'RS256' | 'EdDSA')[]
  /** Of DPoP proofs (RFC 9449 §5.1); RS256 only for clients of the compatible profile. */
  readonly dpop_signing_alg_values_supported: readonly ('ES256' | 'PS256' | 'RS256' | 'EdDSA')[]
  /** RFC 7636. */
  readonly code_challenge_methods_supported: readonly 'S256'[]
  /** Ways to show the pages. */
  readonly display_values_supported: readonly 'page'[]
  /** OpenID Connect Core §5.6. */
  readonly claim_types_supported: readonly 'normal'[]
  /** Claims that can be given. */
  readonly claims_supported: readonly string[]
  /** OpenID Connect Core §5.5. */
  readonly claims_parameter_supported: boolean
  /** The ID system says how its facts were verified: OpenID Connect for Identity Assurance, whose drafts had this member. */
  readonly verified_claims_supported?: true
  /** Rules by which people were verified (OpenID Connect for Identity Assurance 1.0, OP metadata). */
  readonly trust_frameworks_supported?: readonly string[]
  /** Claims that can be told as verified. */
  readonly claims_in_verified_claims_supported?: readonly string[]
  /** Types of evidence. */
  readonly evidence_supported?: readonly string[]
  /** Types of documents. */
  readonly documents_supported?: readonly string[]
  /** How documents were checked. */
  readonly documents_check_methods_supported?: readonly string[]
  /** Types of electronic records. */
  readonly electronic_records_supported?: readonly string[]
  /** Languages of the pages. */
  readonly ui_locales_supported: readonly string[]
  /** Request objects. */
  readonly request_parameter_supported: boolean
  /** Request objects by reference; pushed requests are another thing. */
  readonly request_uri_parameter_supported: boolean
  /** OpenID Connect Discovery 1.0 §3. */
  readonly require_request_uri_registration: boolean
  /** Each client may be held to it. */
  readonly require_pushed_authorization_requests: boolean
  /** RFC 9207 §3. */
  readonly authorization_response_iss_parameter_supported: boolean
}

/** An OAuth error (RFC 6749 §5.2). */
export type ErrorResponse = {
  /** A registered error code. */
  readonly error: string
  /** For developers, in English. */
  readonly error_description?: string
}

/** Public keys (RFC 7517 §5). */
export type JwksResponse = {
  readonly keys: readonly {
    readonly kty: 'EC' | 'RSA' | 'OKP'
    /** Name of the key. */
    readonly kid: string
    readonly alg: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
    readonly use: 'sig'
    /** Curve. */
    readonly crv?: string
    /** Base64url. */
    readonly x?: string
    /** Base64url. */
    readonly y?: string
    /** Base64url. */
    readonly n?: string
    /** Base64url. */
    readonly e?: string
  }[]
}

/** Everything that a person may read about themselves, as /my/download gives it. Names of claims, never a value. */
export type MyData = {
  readonly format: 'esignet-my-data'
  readonly version: 1
  readonly issuer: string
  readonly made_at: Instant
  /** Items: An agreement with one service, as it stands when the file was made. */
  readonly agreements: readonly {
    readonly consent: Consent
    readonly client: Client
    readonly client_name: string
    readonly at: Instant
    readonly valid: boolean
    /** Only given and renewed let anything be released. */
    readonly status: 'unknown' | 'refused' | 'given' | 'renewed' | 'expired' | 'withdrawn' | 'revoked'
    /** What was agreed to: names, never a value. */
    readonly agreed?: {
      /** Claims that may be released. */
      readonly claims: readonly string[]
      /** Claims that may be told with how they were verified. */
      readonly verified_claims: readonly string[]
      /** Of both, those without which the service would not have gone on. */
      readonly needed: readonly string[]
      /** Claims that were left out. */
      readonly refused: readonly string[]
      readonly scopes: readonly string[]
      readonly refused_scopes: readonly string[]
      /** Why the service asked, in its words. */
      readonly purpose: string | null
      readonly notice: Notice
      readonly given_by: 'self' | 'guardian' | 'assisted'
      readonly given_at: Instant
      readonly given_in: Transaction
    }
    readonly until: Instant | null
    readonly uses: number
    readonly last_use: {
      readonly at: Instant
      readonly until: Instant
      readonly transaction: Transaction
      readonly how: 'given' | 'reused'
    } | null
    readonly releases_until: Instant | null
    /** Items: Something that happened to it. */
    readonly history: readonly {
      readonly at: Instant
      readonly what: 'given' | 'renewed' | 'narrowed' | 'widened' | 'changed' | 'refused' | 'withdrawal_requested' | 'withdrawn' | 'expired'
      /** Only given and renewed let anything be released. */
      readonly status: 'unknown' | 'refused' | 'given' | 'renewed' | 'expired' | 'withdrawn' | 'revoked'
      /** Of the event in the consent's stream; of an end by time, of the event that set it. */
      readonly revision: number
      readonly transaction?: Transaction
      /** Who took it back. */
      readonly withdrawal?: {
        readonly by: 'self' | 'operator' | 'service'
        readonly actor?: Actor
        readonly case?: Case
        readonly service?: Client
      }
    }[]
    readonly next: {
      readonly at: Instant
      readonly what: 'given' | 'renewed' | 'narrowed' | 'widened' | 'changed' | 'refused' | 'withdrawal_requested' | 'withdrawn' | 'expired'
      /** Only given and renewed let anything be released. */
      readonly status: 'unknown' | 'refused' | 'given' | 'renewed' | 'expired' | 'withdrawn' | 'revoked'
      /** Of the event in the consent's stream; of an end by time, of the event that set it. */
      readonly revision: number
      readonly transaction?: Transaction
      /** Who took it back. */
      readonly withdrawal?: {
        readonly by: 'self' | 'operator' | 'service'
        readonly actor?: Actor
        readonly case?: Case
        readonly service?: Client
      }
    } | null
  }[]
  /**
   * The newest first.
   * Items: A sign-in with this person's ID.
   */
  readonly logins: readonly {
    readonly transaction: Transaction
    readonly at: Instant
    readonly client: Client
    readonly client_name: string
    /** How it ended. revoked: done, and the agreement was taken back later. */
    readonly end: 'done' | 'cancelled' | 'denied' | 'failed' | 'expired' | 'open' | 'revoked' | 'error'
    /** Claims that the service asked for. */
    readonly asked: readonly string[]
    readonly scopes: readonly string[]
    /** Claims that reached the service. */
    readonly got: readonly string[]
    /** How it was proved. */
    readonly factors: readonly string[]
  }[]
  /** False: there are older sign-ins than the thousand newest. */
  readonly complete: boolean
}

/** Where a pushed request waits for the browser (RFC 9126 §2.2). */
export type ParResponse = {
  /** Good for one sign-in. */
  readonly request_uri: string
  /** Seconds within which the browser must come. */
  readonly expires_in: number
}

/** The tokens (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). */
export type TokenResponse = {
  /** For the userinfo endpoint. */
  readonly access_token: string
  /** RFC 6750, RFC 9449 §5. */
  readonly token_type: 'Bearer' | 'DPoP'
  /** Seconds that the access token lives. */
  readonly expires_in: number
  /** What the person allowed. */
  readonly scope?: string
  /** A signed JWT. */
  readonly id_token: string
}

export type ArtefactEvent = { readonly type: 'ArtefactKept'; readonly data: ArtefactArtefactKept }

export type CheckpointEvent = { readonly type: 'CheckpointSigned'; readonly data: CheckpointCheckpointSigned }

export type ClientEvent =
  | { readonly type: 'ClientActivated'; readonly data: ClientClientActivated }
  | { readonly type: 'ClientDeactivated'; readonly data: ClientClientDeactivated }
  | { readonly type: 'ClientRegistered'; readonly data: ClientClientRegistered }
  | { readonly type: 'ClientUpdated'; readonly data: ClientClientUpdated }

export type ConsentEvent =
  | { readonly type: 'ConsentGiven'; readonly data: ConsentConsentGiven }
  | { readonly type: 'ConsentRefused'; readonly data: ConsentConsentRefused }
  | { readonly type: 'ConsentReused'; readonly data: ConsentConsentReused }
  | { readonly type: 'ConsentWithdrawn'; readonly data: ConsentConsentWithdrawn }
  | { readonly type: 'WithdrawalRequested'; readonly data: ConsentWithdrawalRequested }

export type DenialEvent = { readonly type: 'CommandDenied'; readonly data: DenialCommandDenied }

export type DeploymentEvent =
  | { readonly type: 'NodeStarted'; readonly data: DeploymentNodeStarted }
  | { readonly type: 'PluginReloadRequested'; readonly data: DeploymentPluginReloadRequested }

export type LookEvent = { readonly type: 'RecordsViewed'; readonly data: LookRecordsViewed }

export type ParkedEvent =
  | { readonly type: 'ParkedDropped'; readonly data: ParkedParkedDropped }
  | { readonly type: 'ParkedRetried'; readonly data: ParkedParkedRetried }

export type PersonEvent =
  | { readonly type: 'AttemptCounted'; readonly data: PersonAttemptCounted }
  | { readonly type: 'AttemptCredited'; readonly data: PersonAttemptCredited }
  | { readonly type: 'DeviceRenewed'; readonly data: PersonDeviceRenewed }
  | { readonly type: 'DeviceTrusted'; readonly data: PersonDeviceTrusted }
  | { readonly type: 'ErasureCertified'; readonly data: PersonErasureCertified }
  | { readonly type: 'ErasureRequested'; readonly data: PersonErasureRequested }
  | { readonly type: 'NoticeDue'; readonly data: PersonNoticeDue }
  | { readonly type: 'PathReopened'; readonly data: PersonPathReopened }
  | { readonly type: 'PathRestricted'; readonly data: PersonPathRestricted }
  | { readonly type: 'PersonErased'; readonly data: PersonPersonErased }
  | { readonly type: 'ProcessingRestricted'; readonly data: PersonProcessingRestricted }
  | { readonly type: 'SendCounted'; readonly data: PersonSendCounted }

export type ProjectionEvent = { readonly type: 'SwitchOrdered'; readonly data: ProjectionSwitchOrdered }

export type SigningKeyEvent =
  | { readonly type: 'SigningKeyActivated'; readonly data: SigningKeySigningKeyActivated }
  | { readonly type: 'SigningKeyMade'; readonly data: SigningKeySigningKeyMade }
  | { readonly type: 'SigningKeyRetired'; readonly data: SigningKeySigningKeyRetired }
  | { readonly type: 'SigningKeyRevoked'; readonly data: SigningKeySigningKeyRevoked }

export type TransactionEvent =
  | { readonly type: 'AccessRevoked'; readonly data: TransactionAccessRevoked }
  | { readonly type: 'Authenticated'; readonly data: TransactionAuthenticated }
  | { readonly type: 'AuthorizationExpired'; readonly data: TransactionAuthorizationExpired }
  | { readonly type: 'AuthorizationFailed'; readonly data: TransactionAuthorizationFailed }
  | { readonly type: 'AuthorizationOpened'; readonly data: TransactionAuthorizationOpened }
  | { readonly type: 'AuthorizationStarted'; readonly data: TransactionAuthorizationStarted }
  | { readonly type: 'ClientClockDiffered'; readonly data: TransactionClientClockDiffered }
  | { readonly type: 'CodeIssued'; readonly data: TransactionCodeIssued }
  | { readonly type: 'CodeRefused'; readonly data: TransactionCodeRefused }
  | { readonly type: 'CodeReplayed'; readonly data: TransactionCodeReplayed }
  | { readonly type: 'ConsentDenied'; readonly data: TransactionConsentDenied }
  | { readonly type: 'ConsentGiven'; readonly data: TransactionConsentGiven }
  | { readonly type: 'ConsentReused'; readonly data: TransactionConsentReused }
  | { readonly type: 'FactorAttempted'; readonly data: TransactionFactorAttempted }
  | { readonly type: 'FactorConfirmed'; readonly data: TransactionFactorConfirmed }
  | { readonly type: 'FactorFailed'; readonly data: TransactionFactorFailed }
  | { readonly type: 'FactorRejected'; readonly data: TransactionFactorRejected }
  | { readonly type: 'FactorRequested'; readonly data: TransactionFactorRequested }
  | { readonly type: 'FactorSent'; readonly data: TransactionFactorSent }
  | { readonly type: 'PageOpened'; readonly data: TransactionPageOpened }
  | { readonly type: 'TimeExtended'; readonly data: TransactionTimeExtended }
  | { readonly type: 'TokenExchanged'; readonly data: TransactionTokenExchanged }
  | { readonly type: 'TransactionClosed'; readonly data: TransactionTransactionClosed }
  | { readonly type: 'UserinfoReleased'; readonly data: TransactionUserinfoReleased }

export type EventsByKind = {
  readonly artefact: ArtefactEvent
  readonly checkpoint: CheckpointEvent
  readonly client: ClientEvent
  readonly consent: ConsentEvent
  readonly denial: DenialEvent
  readonly deployment: DeploymentEvent
  readonly look: LookEvent
  readonly parked: ParkedEvent
  readonly person: PersonEvent
  readonly projection: ProjectionEvent
  readonly 'signing-key': SigningKeyEvent
  readonly transaction: TransactionEvent
}

export type ArtefactCommand = ArtefactKeepArtefact

export type CheckpointCommand = CheckpointSignCheckpoint

export type ClientCommand = ClientActivateClient | ClientDeactivateClient | ClientRegisterClient | ClientUpdateClient

export type ConsentCommand =
  ConsentCompleteWithdrawal | ConsentGiveConsent | ConsentRefuseConsent | ConsentRequestWithdrawal | ConsentReuseConsent

export type DenialCommand = DenialRecordDenial

export type DeploymentCommand = DeploymentReloadPlugin | DeploymentStartNode

export type LookCommand = LookViewRecords

export type ParkedCommand = ParkedDropParked | ParkedRetryParked

export type PersonCommand =
  | PersonCertifyErasure
  | PersonCountAttempt
  | PersonCountSend
  | PersonCreditAttempt
  | PersonNotifyPerson
  | PersonRecordErased
  | PersonRecordRestricted
  | PersonRenewDevice
  | PersonReopenPath
  | PersonRequestErasure
  | PersonRestrictPath
  | PersonTrustDevice

export type ProjectionCommand = ProjectionOrderSwitch

export type SigningKeyCommand =
  SigningKeyActivateSigningKey | SigningKeyMakeSigningKey | SigningKeyRetireSigningKey | SigningKeyRevokeSigningKey

export type TransactionCommand =
  | TransactionAttemptFactor
  | TransactionConfirmFactor
  | TransactionDenyConsent
  | TransactionExchangeToken
  | TransactionExpireAuthorization
  | TransactionExtendTime
  | TransactionFailAuthorization
  | TransactionIssueCode
  | TransactionNoteClientClock
  | TransactionOpenAuthorization
  | TransactionOpenPage
  | TransactionRecordConsent
  | TransactionRejectFactor
  | TransactionReleaseUserinfo
  | TransactionReportSendFailed
  | TransactionReportSent
  | TransactionRequestFactor
  | TransactionRevokeAccess
  | TransactionStartAuthorization

export type CommandsByKind = {
  readonly artefact: ArtefactCommand
  readonly checkpoint: CheckpointCommand
  readonly client: ClientCommand
  readonly consent: ConsentCommand
  readonly denial: DenialCommand
  readonly deployment: DeploymentCommand
  readonly look: LookCommand
  readonly parked: ParkedCommand
  readonly person: PersonCommand
  readonly projection: ProjectionCommand
  readonly 'signing-key': SigningKeyCommand
  readonly transaction: TransactionCommand
}

export type RequestsByName = {
  readonly authorize: AuthorizeRequest
  readonly 'client-registration': ClientRegistration
  readonly par: ParRequest
  readonly token: TokenRequest
  readonly withdrawal: WithdrawalRequest
}

export type DocumentsByName = {
  readonly client: ClientConfiguration
  readonly config: Config
  readonly metadata: Metadata
  readonly policy: Policy
}
