import { createHash } from 'node:crypto'
import type { Digest, StoredEvent } from '../../domain/ports.ts'

/** What an event is wherever it is stored: everything but its position. */
export const contentOf = ({ stream, revision, id, type, data, metadata }: StoredEvent): string =>
  JSON.stringify([stream, revision, id, type, data, metadata])

/** SHA-256 over what events are, in order: says whether two stores hold the same. */
export const contentDigest = () => {
  const hash = createHash('sha256')
  return {
    add: (event: StoredEvent): void => void hash.update(`${contentOf(event)}\n`),
    digest: (): Digest => hash.digest('base64url'),
  }
}
