import { keepNewest } from '../keep-newest.ts'
import type { Instant } from '../../domain/ports.ts'
import { millisecondsOf } from '../../domain/time.ts'

export type Limiter = {
  /** Takes one from the bucket of `key`; when it is empty, says after how many seconds there is one again. */
  readonly take: (key: string, at: Instant) => { readonly ok: true } | { readonly ok: false; readonly retryAfterS: number }
}

type Bucket = { readonly tokens: number; readonly atMs: number }

/** Enough for every client and network that is busy at once; the one longest unused is forgotten first. */
const KEYS_MAX = 10_000

/** Token buckets: `perMinute` in the long run, and as many at once. */
export const limiter = (perMinute: number, keysMax: number = KEYS_MAX): Limiter => {
  const buckets = new Map<string, Bucket>()
  const perMs = perMinute / 60_000
  return {
    take: (key, at) => {
      const nowMs = millisecondsOf(at)
      const before = buckets.get(key) ?? { tokens: perMinute, atMs: nowMs }
      // A clock that was set back gives nothing and takes nothing.
      const tokens = Math.min(perMinute, before.tokens + Math.max(0, nowMs - before.atMs) * perMs)
      const ok = tokens >= 1
      keepNewest(buckets, key, { tokens: ok ? tokens - 1 : tokens, atMs: nowMs }, keysMax)
      return ok ? { ok } : { ok, retryAfterS: Math.ceil((1 - tokens) / perMs / 1000) }
    },
  }
}
