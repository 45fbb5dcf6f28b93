import { gcm } from '../gcm.ts'
import type { Call, Chance, Clock, Instant } from './plugin.ts'
import { keyed } from './plugin-key.ts'

/** What an answer may hold (`VerifyAnswer.session`). */
const SESSION_CHARS_MAX = 8192

type Held<Facts> = { readonly facts: Facts; readonly transaction: string; readonly client: string; readonly until: Instant }

export type Sessions<Facts> = {
  readonly seal: (facts: Facts, call: Pick<Call, 'transaction' | 'client'>, until: Instant) => string
  /** Undefined for what was not sealed here, belongs to another transaction or client, or is past its time. */
  readonly open: (session: string, call: Pick<Call, 'transaction' | 'client'>) => Facts | undefined
}

/** A session is what it says, sealed: nothing is kept, so it survives a restart and works on every node with this key. */
export const sessionsOf = <Facts>(
  key: Uint8Array,
  { chance, clock }: { readonly chance: Chance; readonly clock: Clock },
): Sessions<Facts> => {
  const sealing = gcm(keyed(key, 'session'), chance)
  return {
    seal: (facts, { transaction, client }, until) => {
      const held: Held<Facts> = { facts, transaction, client, until }
      return Buffer.from(sealing.close('session', Buffer.from(JSON.stringify(held)))).toString('base64url')
    },
    open: (session, { transaction, client }) => {
      const sealed = Buffer.from(session.slice(0, SESSION_CHARS_MAX), 'base64url')
      try {
        // Authenticated: it was written by `seal`.
        const held = JSON.parse(Buffer.from(sealing.open('session', sealed, 'a session')).toString('utf8')) as Held<Facts>
        const holds = held.transaction === transaction && held.client === client && clock.now() < held.until
        return holds ? held.facts : undefined
      } catch {
        return undefined
      }
    },
  }
}
