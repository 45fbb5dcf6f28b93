import { sha256 } from './crypto/hash.ts'
import type { Digest, StoredEvent } from '../domain/ports.ts'

/**
 * Each event's metadata ends with the digest over the digest before it and over everything that is stored (rule 7),
 * so an edit in the file shows on the next read. The stream's name, the revision and the id are covered too: an event cannot
 * be moved. The parts are written with their lengths, so no two histories give the same bytes.
 */

const SEPARATOR = ',"digest":"'
const END = '"}'
const DIGEST = /^[A-Za-z0-9_-]{43}$/
const TAIL_LENGTH = SEPARATOR.length + 43 + END.length

/** The digest at the end of stored metadata, and the text before it. A pattern over the whole text would cost as much as the hash. */
const splitTail = (metadata: string): { readonly rest: string; readonly digest: Digest } | undefined => {
  const at = metadata.length - TAIL_LENGTH
  const digest = metadata.slice(at + SEPARATOR.length, -END.length)
  const isTail = at > 0 && metadata.startsWith('{') && metadata.startsWith(SEPARATOR, at) && metadata.endsWith(END) && DIGEST.test(digest)
  return isTail ? { rest: metadata.slice(0, at), digest } : undefined
}

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

export const digestOf = ({ previous, stream, revision, id, type, data, metadata }: Chained): Digest =>
  sha256([previous, stream, String(revision), id, type, data, metadata].reduce((text, part) => `${text}${String(part.length)}:${part}`, ''))

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
  const tail = splitTail(event.metadata)
  if (tail === undefined) return { ok: false, problem: 'its metadata carries no digest' }
  const { rest, digest } = tail
  const { stream, revision, id, type, data } = event
  const found = digestOf({ previous, stream, revision, id, type, data, metadata: `${rest}}` })
  return found === digest ? { ok: true, digest } : { ok: false, problem: 'its bytes do not give its digest' }
}
