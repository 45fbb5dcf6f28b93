import { imported, verifySignature, type ClientKey } from '../crypto/client-keys.ts'
import { readCompact } from '../crypto/compact.ts'
import { isObject, parseObject } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { SigningAlgorithm } from '../../domain/ports.ts'

const RECEIPT_CHARS_MAX = 262_144
const KEYS_MAX = 200
const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'PS256', 'RS256', 'EdDSA']

export type ReceiptVerdict =
  | { readonly ok: true; readonly issuer: string; readonly kid: string; readonly receipt: JsonObject }
  | { readonly ok: false; readonly problem: string }

const no = (problem: string): ReceiptVerdict => ({ ok: false, problem })

/** The keys of a JWKS document; undefined where it is none. */
export const keysIn = (text: string): readonly ClientKey[] | undefined => {
  const keys = parseObject(text)?.['keys']
  if (!Array.isArray(keys) || keys.length > KEYS_MAX) return undefined
  return keys.filter(isObject).flatMap((key) => imported(key as never))
}

/** A receipt is what its issuer signed, checked with the published keys alone: nothing is asked of anybody (REG-02). */
export const verifyReceipt = (text: string, keys: readonly ClientKey[]): ReceiptVerdict => {
  const compact = readCompact(text.trim(), RECEIPT_CHARS_MAX)
  if (compact === undefined) return no('this is no signed receipt')
  const { header, claims, input, signature } = compact
  if (header['typ'] !== 'consent-receipt+jwt') return no('this is signed, but it is no consent receipt')
  const alg = ALGORITHMS.find((known) => known === header['alg'])
  const candidates = keys.filter((key) => alg !== undefined && key.algorithms.includes(alg) && key.kid === header['kid'])
  if (alg === undefined || candidates.length === 0) return no('none of these keys signed it: take those that the issuer publishes')
  if (!candidates.some(({ key }) => verifySignature(alg, key, input, signature))) return no('it was changed after it was signed')
  const { iss, jti, receipt } = claims
  if (typeof iss !== 'string' || !isObject(receipt) || jti !== receipt['receipt_id']) return no('it holds no receipt')
  return { ok: true, issuer: iss, kid: String(header['kid']), receipt }
}
