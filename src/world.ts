import type { DeviceTrust } from './biometrics/trust.ts'
import type { ClientKeySets } from './client-key-sets.ts'
import type { Settings } from './config.ts'
import type { StateCache } from './handle.ts'
import type { Journal } from './journal.ts'
import type {
  Chance,
  Clock,
  Destructions,
  Digest,
  IdSystem,
  KeyStore,
  Log,
  PersonKeys,
  PluginDescription,
  SigningKeys,
  SingleUse,
  Timers,
  Vault,
} from '../domain/ports.ts'
import type { Captcha } from './captcha.ts'
import type { Guesses } from './guesses.ts'
import type { Pace } from './pace.ts'
import type { OpenedRequests } from './opened-requests.ts'
import type { Policy } from '../schemas/generated.ts'
import type { Statics } from './ui/statics.ts'
import type { Brand } from './ui/brand.ts'
import type { Observer } from './telemetry/observer.ts'
import type { UnderWay } from './under-way.ts'
import type { Views } from '../projections/served.ts'

/** Secret keys derived from the master key, one for each use. */
export type Secrets = {
  /** Person rows: HMAC(index, type + identifier) (rule 18). */
  readonly index: Uint8Array
  /** Pairwise subjects (rule 19): of its own, never rotated. */
  readonly subject: Uint8Array
  /** Authorization codes (rule 30). */
  readonly code: Uint8Array
  /** Form tokens. */
  readonly csrf: Uint8Array
  /** Keyed digests of requests. */
  readonly digest: Uint8Array
  /** Nonces of DPoP (RFC 9449 §8). */
  readonly dpopNonce: Uint8Array
}

/** Wakes a request that waits for an outcome which another part of the system records. */
export type Waiters = {
  /** Resolves when `key` is woken or after `ms`, whichever is first. */
  readonly wait: (key: string, ms: number) => Promise<void>
  readonly wake: (key: string) => void
}

/** One opening of a plugin. */
export type OpenIdSystem = {
  readonly description: PluginDescription
  readonly system: IdSystem
  /** Counts the openings of this plugin in a deployment; the first is 1. */
  readonly generation: number
}

/** An opening, as a login records it. */
export type Begun = { readonly id: string; readonly version: string; readonly generation?: number | undefined }

/** The ID systems that are open here. */
export type IdSystems = {
  /** Those that take new logins; the first takes the logins of clients that name none. */
  readonly serving: () => readonly OpenIdSystem[]
  /** The one that takes new logins under this id. */
  readonly named: (id: string) => OpenIdSystem | undefined
  /** The opening that a login began with. Where it is here no more: the one that took its place. */
  readonly begun: (begun: Begun) => OpenIdSystem | undefined
}

/** Everything a door, a reactor or a command needs, made once in `compose.ts`. */
export type World = {
  readonly settings: Settings
  readonly clock: Clock
  readonly chance: Chance
  readonly timers: Timers
  readonly log: Log
  readonly journal: Journal
  readonly states: StateCache
  readonly vault: Vault
  readonly openedRequests: OpenedRequests
  readonly personKeys: PersonKeys
  readonly destructions: Destructions
  readonly singleUse: SingleUse
  readonly keys: KeyStore
  /** What signs checkpoints and packages of the audit log: keys of their own, in a place of their own (rule 49). */
  readonly auditKeys: SigningKeys
  readonly clientKeys: ClientKeySets
  /** By whose word biometric readers are believed. */
  readonly readers: DeviceTrust
  readonly secrets: Secrets
  readonly views: Views
  /** The one that this login began with; outside of a login, the one for whoever names none. */
  readonly idSystem: OpenIdSystem
  readonly idSystems: IdSystems
  /** The policy in force and the artefact that holds it. */
  readonly policy: { readonly value: Policy; readonly digest: Digest }
  readonly waiters: Waiters
  readonly underWay: UnderWay
  readonly observer: Observer
  readonly pace: Pace
  readonly guesses: Guesses
  readonly captcha: Captcha
  readonly brand: Brand
  readonly statics: Statics
}
