import type { Instant, NoticeKind } from '../../domain/ports.ts'

/** What `handler` is asked. Only GET and HEAD come. */
export type DemoRequest = {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

export type DemoReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export type DemoHandler = (request: DemoRequest) => Promise<DemoReply>

/** A code that was "sent", as the mock's mailbox has it. */
export type OutboxMessage = {
  readonly transaction: string
  readonly channel: string
  readonly to: string
  readonly otp: string
  readonly at: Instant
  readonly clientName: string
  readonly reference: string
}

/** What a person was told without having asked. */
export type OutboxNotice = Omit<OutboxMessage, 'otp' | 'reference'> & { readonly notice: NoticeKind }

/** Why a sign-in came to nothing, in OAuth's words. */
export type Problem = { readonly error: string; readonly description?: string }

/** What the bank has of a person, verified. */
export type SignedIn = {
  readonly claims: Readonly<Record<string, unknown>>
  readonly idToken: Readonly<Record<string, unknown>>
  /** What was checked, in words. */
  readonly checks: readonly string[]
}
