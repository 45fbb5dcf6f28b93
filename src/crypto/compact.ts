import { parseObject, type JsonObject } from '../../domain/json.ts'

/** A signed JWT taken apart; nothing of it is proven yet. */
export type Compact = {
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly input: Uint8Array
  readonly signature: Uint8Array
}

/** Base64url as RFC 7515 §2 writes it, in its one canonical form. */
const bytesOf = (part: string): Buffer | undefined => {
  const bytes = Buffer.from(part, 'base64url')
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined
}

const objectOf = (part: string): JsonObject | undefined => {
  const bytes = bytesOf(part)
  if (bytes === undefined) return undefined
  try {
    return parseObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** JWS Compact Serialization (RFC 7515 §7.1) of a JSON object, at most so long; undefined for anything else. */
export const readCompact = (text: string, charsMax: number): Compact | undefined => {
  if (text.length > charsMax) return undefined
  const [first = '', second = '', third = '', ...more] = text.split('.', 4)
  const header = objectOf(first)
  const claims = objectOf(second)
  const signature = bytesOf(third)
  if (more.length > 0 || header === undefined || claims === undefined || signature === undefined) return undefined
  return { header, claims, signature, input: Buffer.from(`${first}.${second}`, 'ascii') }
}
