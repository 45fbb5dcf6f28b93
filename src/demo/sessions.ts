import type { Problem, SignedIn } from './views.ts'
import { randomText } from '../crypto/hash.ts'
import type { Chance, Clock } from '../../domain/ports.ts'

const COOKIE = 'demo-session'

const SESSIONS_MAX = 1000
/** Sign-ins that one browser may have begun. */
const PENDING_MAX = 8
const LIVES_MS = 30 * 60 * 1000

/** What must come back from the broker as it went out. */
export type Pending = { readonly state: string; readonly nonce: string; readonly verifier: string }

export type Session = {
  readonly id: string
  readonly pending: readonly Pending[]
  readonly signedIn?: SignedIn
  /** Shown once. */
  readonly problem?: Problem
}

export type Sessions = {
  readonly find: (cookieHeader: string | undefined) => Session | undefined
  readonly begin: () => Session
  readonly keep: (session: Session) => void
  readonly end: (session: Session) => void
  /** A session of the same content under a name that nobody has seen. */
  readonly renew: (session: Session) => Session
}

export const withPending = (session: Session, pending: Pending): Session => ({
  ...session,
  pending: [...session.pending, pending].slice(-PENDING_MAX),
})

const cookieOf = (header: string | undefined): string | undefined =>
  (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1)

export const sessionCookie = ({ id }: Session): string => `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax`

export const noCookie = `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`

/** In memory, at most 1,000 of half an hour: a bank that forgets when it is restarted. */
export const memorySessions = (clock: Clock, chance: Chance): Sessions => {
  const sessions = new Map<string, { readonly session: Session; readonly untilMs: number }>()
  const nowMs = (): number => Date.parse(clock.now())

  const keep = (session: Session): void => {
    sessions.delete(session.id)
    sessions.set(session.id, { session, untilMs: nowMs() + LIVES_MS })
    // A map keeps its order, so the first is the one that was used longest ago.
    for (const oldest of sessions.keys()) {
      if (sessions.size <= SESSIONS_MAX) break
      sessions.delete(oldest)
    }
  }

  return {
    find: (header) => {
      const found = sessions.get(cookieOf(header) ?? '')
      return found !== undefined && nowMs() < found.untilMs ? found.session : undefined
    },
    begin: () => ({ id: randomText(chance, 32), pending: [] }),
    keep,
    end: ({ id }) => void sessions.delete(id),
    renew: (session) => {
      sessions.delete(session.id)
      return { ...session, id: randomText(chance, 32) }
    },
  }
}
