import { keyOfChain, type Anchors } from './chain.ts'
import type { CaptureFault } from './faults.ts'
import { verifySignature } from '../crypto/client-keys.ts'
import { readCompact } from '../crypto/compact.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Instant, SigningAlgorithm } from '../../domain/ports.ts'

export type Read<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: CaptureFault }

/** SBI names RS256; keys on curves may sign by what fits them. Which of them a key may is said by its type, never by the text. */
const ALGORITHMS: Readonly<Record<string, SigningAlgorithm>> = { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA' }

const isCurve = (curve: string | undefined): boolean => curve === undefined || curve === 'prime256v1'

/** What a reader or its trust module signed: a JWT whose `x5c` leads to an anchor. Nothing of it counts before its signature does. */
export const readSigned = (text: string, charsMax: number, anchors: Anchors, at: Instant): Read<JsonObject> => {
  if (text.length > charsMax) return { ok: false, fault: 'too_large' }
  // An empty last part is what `alg: none` leaves.
  if (text.endsWith('.')) return { ok: false, fault: 'unsigned' }
  const jwt = readCompact(text, charsMax)
  if (jwt === undefined) return { ok: false, fault: 'unreadable' }
  const { alg, x5c } = jwt.header
  if (!Object.values<unknown>(ALGORITHMS).includes(alg) || 'crit' in jwt.header) return { ok: false, fault: 'algorithm' }
  const chained = keyOfChain(x5c, anchors, at)
  if (!chained.ok) return chained
  const { key } = chained
  const fits = ALGORITHMS[key.asymmetricKeyType ?? '']
  if (fits === undefined || fits !== alg || !isCurve(key.asymmetricKeyDetails?.namedCurve)) return { ok: false, fault: 'algorithm' }
  try {
    return verifySignature(fits, key, jwt.input, jwt.signature) ? { ok: true, value: jwt.claims } : { ok: false, fault: 'signature' }
  } catch {
    return { ok: false, fault: 'signature' }
  }
}
