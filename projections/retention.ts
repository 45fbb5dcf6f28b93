import type { Row } from '../domain/ports.ts'
import { idOf } from '../domain/streams.ts'
import type { Runnable } from './runnable.ts'

const TABLE = 'persons'

/** A person by the random reference: when they were last here, and when an erasure that was asked for is due. */
export type RetentionRow = { readonly ref: string; readonly used_at: string; readonly due: string | null }

const refOf = (stream: string): string => idOf(stream).split('.')[0] ?? ''

/** Whose key may, or must, be destroyed. Nothing is known here but references, and of who is erased not even that. */
export const retention: Runnable = {
  name: 'retention',
  version: 1,
  filter: { streamPrefixes: ['person-'] },
  tables: { [TABLE]: { key: 'ref', indexes: ['used_at', 'due'] } },
  reads: ({ stream }) => [{ table: TABLE, key: refOf(stream) }],
  project: ({ stream, type, at, data }, rows) => {
    const ref = refOf(stream)
    if (type === 'PersonErased' || type === 'ErasureCertified') return [{ kind: 'remove', table: TABLE, key: ref }]
    const before = rows(TABLE, ref)
    const due = type === 'ErasureRequested' ? (data['until'] ?? null) : (before?.['due'] ?? null)
    const row: Row = { ref, used_at: before !== undefined && type === 'PathRestricted' ? (before['used_at'] ?? at) : at, due }
    return [{ kind: 'put', table: TABLE, row }]
  },
}
