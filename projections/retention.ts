import type { Row } from '../domain/ports.ts'
import { personOfStream } from '../domain/streams.ts'
import type { Runnable } from './runnable.ts'

const TABLE = 'persons'

/** A person by the random reference: when they were last here, and when an erasure that was asked for is due. */
export type RetentionRow = { readonly ref: string; readonly used_at: string; readonly due: string | null }

/** Whose key may, or must, be destroyed. Nothing is known here but references, and of who is erased not even that. */
/** What others do with a person's streams: the person was not here. */
const NO_USE = new Set(['PathRestricted', 'ProcessingRestricted', 'PersonErased'])

export const retention: Runnable = {
  name: 'retention',
  version: 2,
  filter: { streamPrefixes: ['person-'] },
  tables: { [TABLE]: { key: 'ref', indexes: ['used_at', 'due'] } },
  reads: ({ stream }) => [{ table: TABLE, key: personOfStream(stream) }],
  project: ({ stream, type, at, data }, rows) => {
    const ref = personOfStream(stream)
    // Until the certificate is there somebody still has to write it.
    if (type === 'ErasureCertified') return [{ kind: 'remove', table: TABLE, key: ref }]
    const before = rows(TABLE, ref)
    const due = type === 'ErasureRequested' ? (data['until'] ?? null) : (before?.['due'] ?? null)
    const row: Row = { ref, used_at: before !== undefined && NO_USE.has(type) ? (before['used_at'] ?? at) : at, due }
    return [{ kind: 'put', table: TABLE, row }]
  },
}
