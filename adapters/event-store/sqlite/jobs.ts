import type { FaultCode, Instant, NewEvent } from '../../../domain/ports.ts'
import type { Claim, Delivery } from '../groups.ts'

/** What the writer thread can be asked for, as plain data. */
export type Job =
  | { readonly kind: 'append'; readonly stream: string; readonly expected: number; readonly events: readonly NewEvent[] }
  | { readonly kind: 'open'; readonly group: string; readonly from: 'start' | 'end' }
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'retake'; readonly group: string; readonly seen: Delivery; readonly visibleAt: number }
  | { readonly kind: 'finish'; readonly group: string; readonly position: number }
  | { readonly kind: 'postpone'; readonly group: string; readonly seen: Delivery; readonly visibleAt: number }
  | { readonly kind: 'park'; readonly group: string; readonly seen: Delivery; readonly reason: string; readonly at: Instant }
  | { readonly kind: 'replay'; readonly group: string; readonly eventId: string | undefined; readonly visibleAt: number }
  | { readonly kind: 'drop'; readonly group: string; readonly eventId: string }

/** The revision and position of the last event of an append; for the other jobs `count` says how many rows changed. */
export type Done =
  { readonly kind: 'appended'; readonly revision: number; readonly position: number } | { readonly kind: 'changed'; readonly count: number }

/** A `Fault` as plain data, since errors lose their class between threads. */
export type Failure = {
  readonly code: FaultCode
  readonly message: string
  readonly actual?: number
  readonly retryAfterMs?: number
}

export type Outcome = { readonly ok: true; readonly done: Done } | { readonly ok: false; readonly failure: Failure }

/** `untilMs` on the process's monotonic clock: after it the writer does not begin any more. */
export type Request = { readonly number: number; readonly untilMs: number; readonly job: Job }
export type Reply = { readonly number: number; readonly outcome: Outcome }

export type ToWriter = { readonly kind: 'requests'; readonly requests: readonly Request[] } | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'replies'; readonly replies: readonly Reply[] }
  /** The file can no longer be trusted to keep what is written: nothing is written any more. */
  | { readonly kind: 'stopped'; readonly failure: Failure }

export type WriterSettings = { readonly file: string; readonly budgetMs: number; readonly pagesMax: number | undefined }

/** Milliseconds on a clock that all threads of the process share and nobody sets. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000
