import type { Change, Digest, EventFilter, Instant, Json, Position, Tables, Uuid } from '../domain/ports.ts'
import type { Kind } from '../domain/streams.ts'

/** A recorded event as readers meet it: digest checked, brought to its present version, valid against its schema. */
export type Recorded = {
  readonly id: Uuid
  readonly stream: string
  readonly kind: Kind
  readonly revision: number
  readonly position: Position
  readonly type: string
  /** The schema version that `data` has now; `recordedVersion` is the one it was written with. */
  readonly version: number
  readonly recordedVersion: number
  readonly at: Instant
  /** The transaction, or the stream's own id where there is none. */
  readonly correlation: string
  /** What led to it: an event id, or the id of a request. */
  readonly causation: string
  readonly commandId: Uuid
  /** Who gave the command for the operator, where somebody did (REG-16). */
  readonly actor?: string
  /** Which of how many events of one decision. */
  readonly index: number
  readonly count: number
  /** On the first event of a decision: the command that caused it, without secrets. */
  readonly command?: { readonly type: string; readonly version: number; readonly body: { readonly [member: string]: Json } }
  /** Digests of the rules in force, by name: the artefacts that hold them. */
  readonly rules: { readonly [name: string]: Digest }
  readonly previous: Digest
  readonly digest: Digest
  readonly data: { readonly [member: string]: Json }
}

/** An event that cannot be digested: damaged, newer than this code, or not what its schema says. Never its content. */
export type Unreadable = {
  readonly id: Uuid
  readonly stream: string
  readonly revision: number
  readonly position: Position
  readonly type: string
  /** SHA-256 of the stored bytes. */
  readonly bytesDigest: Digest
  readonly problem: string
  /** Recorded by a newer program: nothing is wrong with it, and a node of that program tells it. */
  readonly newer: boolean
}

export type SourceMessage =
  | { readonly kind: 'event'; readonly event: Recorded }
  | { readonly kind: 'unreadable'; readonly event: Unreadable }
  | { readonly kind: 'checkpoint'; readonly position: Position }
  | { readonly kind: 'caughtUp'; readonly position: Position | undefined }

/** Where a runner gets its events: ordered, each digest checked. `ended` rejects when the source gave up. */
export type EventSource = {
  readonly subscribe: (
    options: { readonly after?: Position; readonly filter?: EventFilter },
    handler: (message: SourceMessage) => Promise<void> | void,
  ) => { readonly stop: () => Promise<void>; readonly ended: Promise<void> }
  readonly head: () => Promise<Position | undefined>
}

/**
 * Events told for a reader (rule 37): a pure function from one event to changes, so that the runner can write them and its
 * position in one transaction, and a rebuild gives the same rows.
 */
export type Projection = {
  readonly name: string
  /** A new version builds beside the old. */
  readonly version: number
  readonly tables: Tables
  readonly filter?: EventFilter
  readonly project: (event: Recorded) => readonly Change[]
  /** What an unreadable event becomes; without it such an event is parked, counted and shown. */
  readonly projectUnreadable?: (event: Unreadable) => readonly Change[]
}
