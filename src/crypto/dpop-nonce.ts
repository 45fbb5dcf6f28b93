import { hmac } from './hash.ts'
import type { Instant } from '../../domain/ports.ts'
import { epochSeconds } from '../../domain/time.ts'

/** A nonce is good for this time and the same again, seconds. */
const STEP_S = 30

const nonceOf = (key: Uint8Array, step: number): string => hmac(key, `dpop-nonce:${String(step)}`)

/**
 * The nonces of DPoP that count at an instant, the newest first (RFC 9449 §8). Nothing is stored: every process with the key makes
 * the same, and nobody without it can tell the next (§11.2).
 */
export const dpopNonces = (key: Uint8Array, at: Instant): readonly [string, string] => {
  const step = Math.floor(epochSeconds(at) / STEP_S)
  return [nonceOf(key, step), nonceOf(key, step - 1)]
}
