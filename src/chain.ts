import { sha256 } from './crypto/hash.ts'
import type { Digest, StoredEvent } from '../domain/ports.ts'

/**
 * Each event's metadata ends with the digest over the digest before it and over everything that is stored (rule 7),
 * so an edit in the file shows on the next read. The stream's name, the revision and the id are covered too: an event cannot
 * be moved. The parts are written with their lengths, so no two histories give the same bytes.
 */

const SEPARATOR = ',"digest":"'
const TAIL = new RegExp(`^(?<rest>\\{.*)${SEPARATOR}(?<digest>[A-Za-z0-9_-]{43})"\\}$`, 's')

type Chained = {
  readonly previous: Digest
  readonly stream: string
  readonly revision: number
  readonly id: string
  readonly type: string
  readonly data: string
  /** JSON text of an object, without the digest. */
  readonly metadata: string
}

const lengthPrefixed = (parts: readonly string[]): string => parts.map((part) => `${String(part.length)}:${part}`).join('')

export const digestOf = ({ previous, stream, revision, id, type, data, metadata }: Chained): Digest =>
  sha256(lengthPrefixed([previous, stream, String(revision), id, type, data, metadata]))

/** Stands before the first event of a stream. */
export const genesisOf = (stream: string): Digest => sha256(`esignet:stream:${stream}`)

/** Metadata text with its digest as the last member. */
export const sealMetadata = (event: Chained): { readonly text: string; readonly digest: Digest } => {
  const digest = digestOf(event)
  return { text: `${event.metadata.slice(0, -1)}${SEPARATOR}${digest}"}`, digest }
}

export type ChainCheck = { readonly ok: true; readonly digest: Digest } | { readonly ok: false; readonly problem: string }

/** Whether an event is what was written, given the digest that it says came before it. `metadata` is the stored text. */
export const checkDigest = (event: StoredEvent, previous: Digest): ChainCheck => {
  const groups = TAIL.exec(event.metadata)?.groups
  const rest = groups?.['rest']
  const digest = groups?.['digest']
  if (rest === undefined || digest === undefined) return { ok: false, problem: 'its metadata carries no digest' }
  const { stream, revision, id, type, data } = event
  const found = digestOf({ previous, stream, revision, id, type, data, metadata: `${rest}}` })
  return found === digest ? { ok: true, digest } : { ok: false, problem: 'its bytes do not give its digest' }
}
