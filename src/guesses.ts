import { hmac } from './crypto/hash.ts'
import { isAttacked, isFlooded, usualShare, type Slice } from '../domain/breaker.ts'
import type { Clock, Instant, Log, Tallies } from '../domain/ports.ts'
import { instantOf, millisecondsOf, plusSeconds } from '../domain/time.ts'

/** Where a request comes from, as limits see it. */
export type Origin = {
  /** A /24 of IPv4 or a /48 of IPv6. */
  readonly network: string
  readonly client: string
}

export type Taken = { readonly ok: true } | { readonly ok: false; readonly retryAfterS: number }

/** What is counted of guessing beyond single persons, and what follows from it. Addresses never lie anywhere in clear. */
export type Guesses = {
  /** One post to a login of this network; beyond the limit it says when there is room again. */
  readonly post: (network: string) => Promise<Taken>
  /** A proof from an unknown device, and whether it was right. */
  readonly proof: (origin: Origin, right: boolean) => Promise<void>
  /** A message that was wished from an unknown device. */
  readonly message: (origin: Origin) => Promise<void>
  /** Whether somebody guesses at everybody, at this relying party, or from this network. */
  readonly attacked: (origin: Origin) => Promise<boolean>
  /** One who waited instead of computing: so many a minute from one network, and so many in all. */
  readonly admit: (network: string) => Promise<boolean>
}

export type GuessesOptions = {
  readonly tallies: Tallies
  readonly clock: Clock
  readonly log: Log
  readonly key: Uint8Array
  readonly postsPerMinute: number
  readonly waitsPerMinute: number
  readonly waitsPerMinuteAll: number
  /** Told how many are guessed at, each time that changes. */
  readonly onGuessing?: (of: Which, slices: number) => void
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const DAYS = 7

/** What is known of everybody is read again after this long, milliseconds. */
const FRESH_MS = 5000

/** What is counted, and in windows of which length. */
type Kind = 'post' | 'wait' | 'tried' | 'wrong' | 'sent'
const WINDOW_MS: Readonly<Record<Kind, number>> = { post: MINUTE_MS, wait: MINUTE_MS, tried: HOUR_MS, wrong: HOUR_MS, sent: HOUR_MS }

const EVERYBODY = 'all'

/** Slices of which it is remembered that they were noted. */
const OPEN_MAX = 10_000

/**
 * A name for one window. Its key changes each day and is of the window's own day, so that no count says tomorrow whose it was today,
 * and none begins anew at midnight.
 */
const namer = (key: Uint8Array) => (kind: Kind, whose: string, window: number) => {
  const day = instantOf(window * WINDOW_MS[kind]).slice(0, 10)
  return hmac(Buffer.from(hmac(key, `day:${day}`)), `${kind} ${String(window)} ${whose}`)
}

/** A window that slides: what is over of the present one, and the rest from the one before. */
const slid = (now: number, before: number, passed: number): number => now + before * (1 - passed)

/** Reads and adds what stands in windows. */
const counting = ({ tallies, clock, key }: Pick<GuessesOptions, 'tallies' | 'clock' | 'key'>) => {
  const name = namer(key)
  const nowMs = (): number => millisecondsOf(clock.now())
  const windowAt = (kind: Kind, ms: number): number => Math.floor(ms / WINDOW_MS[kind])
  const keptUntil = (kind: Kind, days = 0): Instant => plusSeconds(clock.now(), (2 * WINDOW_MS[kind] + days * DAY_MS) / 1000)

  /** How far each stands in the window that ends now. */
  const standing = async (asked: readonly (readonly [Kind, string])[]): Promise<readonly number[]> => {
    const ms = nowMs()
    const names = asked.flatMap(([kind, whose]) => [0, 1].map((back) => name(kind, whose, windowAt(kind, ms) - back)))
    const counts = await tallies.read(names)
    return asked.map(([kind], at) => slid(counts[2 * at] ?? 0, counts[2 * at + 1] ?? 0, (ms % WINDOW_MS[kind]) / WINDOW_MS[kind]))
  }
  const count = async (kinds: readonly Kind[], whose: readonly string[], days = 0): Promise<void> => {
    const ms = nowMs()
    const names = kinds.flatMap((kind) => whose.map((one) => name(kind, one, windowAt(kind, ms))))
    await tallies.note(names, keptUntil(kinds[0] ?? 'tried', days))
  }

  /** What the failures of the same hour were on each of the seven days before. */
  const usual = async (): Promise<number> => {
    const hours = Array.from({ length: DAYS }, (_, day) => windowAt('tried', nowMs() - (day + 1) * DAY_MS))
    const counts = await tallies.read(hours.flatMap((hour) => [name('tried', EVERYBODY, hour), name('wrong', EVERYBODY, hour)]))
    return usualShare(hours.map((_, at) => ({ attempts: counts[2 * at] ?? 0, failures: counts[2 * at + 1] ?? 0 })))
  }
  return { name, nowMs, windowAt, keptUntil, standing, count, usual }
}

/** How it stands with everybody, read anew every five seconds. */
const everybodyOf = ({ nowMs, usual, standing }: ReturnType<typeof counting>) => {
  let known = { usual: 0, slice: { attempts: 0, failures: 0 } as Slice, ms: Number.NEGATIVE_INFINITY }
  return async (): Promise<typeof known> => {
    if (Math.abs(nowMs() - known.ms) < FRESH_MS) return known
    const [share, [attempts = 0, failures = 0]] = await Promise.all([
      usual(),
      standing([
        ['tried', EVERYBODY],
        ['wrong', EVERYBODY],
      ]),
    ])
    known = { usual: share, slice: { attempts, failures }, ms: nowMs() }
    return known
  }
}

type Which = 'everybody' | 'client' | 'network'

/** One line when guessing begins and one when it ends; of networks only that there is one. */
const noter = ({ log, onGuessing }: Pick<GuessesOptions, 'log' | 'onGuessing'>) => {
  const open = new Set<string>()
  const slices: Record<Which, number> = { everybody: 0, client: 0, network: 0 }
  return (which: Which, whose: string, is: boolean, slice: Slice): boolean => {
    const known = `${which} ${whose}`
    if (is === open.has(known)) return is
    if (is && open.size >= OPEN_MAX) return is
    const { attempts, failures } = slice
    const fields = {
      of: which,
      attempts: Math.round(attempts),
      failures: Math.round(failures),
      ...(which === 'client' && { client: whose }),
    }
    log.warn(is ? 'guessing_seen' : 'guessing_over', fields)
    if (is) open.add(known)
    else open.delete(known)
    slices[which] += is ? 1 : -1
    onGuessing?.(which, slices[which])
    return is
  }
}

export const guesses = (options: GuessesOptions): Guesses => {
  const { tallies, postsPerMinute, waitsPerMinute, waitsPerMinuteAll } = options
  const counts = counting(options)
  const { name, nowMs, windowAt, keptUntil, standing, count } = counts
  const everybody = everybodyOf(counts)
  const noted = noter(options)
  return {
    post: async (network) => {
      const window = windowAt('post', nowMs())
      const [now = 0, before = 0] = await tallies.note([name('post', network, window)], keptUntil('post'), [
        name('post', network, window - 1),
      ])
      const left = MINUTE_MS - (nowMs() % MINUTE_MS)
      return slid(now, before, 1 - left / MINUTE_MS) <= postsPerMinute ? { ok: true } : { ok: false, retryAfterS: Math.ceil(left / 1000) }
    },
    proof: async ({ network, client }, right) => {
      const kinds: readonly Kind[] = right ? ['tried'] : ['tried', 'wrong']
      await Promise.all([count(kinds, [`network ${network}`, `client ${client}`]), count(kinds, [EVERYBODY], DAYS)])
    },
    message: ({ network }) => count(['sent'], [`network ${network}`]),
    attacked: async ({ network, client }) => {
      const [all, here] = await Promise.all([
        everybody(),
        standing([
          ['tried', `network ${network}`],
          ['wrong', `network ${network}`],
          ['sent', `network ${network}`],
          ['tried', `client ${client}`],
          ['wrong', `client ${client}`],
        ]),
      ])
      const [tried = 0, wrong = 0, sent = 0, clientTried = 0, clientWrong = 0] = here
      const near = { attempts: tried, failures: wrong }
      const there = { attempts: clientTried, failures: clientWrong }
      return [
        noted('everybody', '', isAttacked(all.slice, all.usual), all.slice),
        noted('client', client, isAttacked(there, all.usual), there),
        noted('network', network, isAttacked(near, all.usual) || isFlooded(sent, near), near),
      ].some((is) => is)
    },
    admit: async (network) => {
      const window = windowAt('wait', nowMs())
      const [own = 0, all = 0] = await tallies.add([name('wait', network, window), name('wait', EVERYBODY, window)], keptUntil('wait'))
      return own <= waitsPerMinute && all <= waitsPerMinuteAll
    },
  }
}
