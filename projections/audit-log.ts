import type { Change, Digest, Row } from '../domain/ports.ts'
import type { Recorded, Unreadable } from './projection.ts'
import type { Runnable, Rows } from './runnable.ts'
import { wordingOf, type Describe } from './wording.ts'

/** One record of the audit log: one event, in words, and its place in the chain. */
export type AuditRecord = {
  /** From 1, without a gap. */
  readonly n: number
  readonly position: string
  /** Null where the event cannot be read. */
  readonly at: string | null
  readonly stream: string
  readonly revision: number
  readonly type: string
  readonly text: string
  readonly correlation: string | null
  /** Who acted for the operator or a regulator, where somebody did (REG-16). */
  readonly actor: string | null
  readonly event: string
  readonly readable: boolean
  /** The event's own digest (rule 7); of its stored bytes where it cannot be read. */
  readonly digest: Digest
  readonly previous: Digest
  readonly chain: Digest
}

export type Hash = (text: string) => Digest

export type AuditTools = {
  /** SHA-256, base64url. */
  readonly hash: Hash
  readonly describe: Describe
}

const NAME = 'audit-log'

/** Stands before the first record. */
export const auditGenesis = (hash: Hash): Digest => hash('esignet:audit-log')

/** Both parts have 43 characters, so no two histories give the same text. */
export const auditLink = (hash: Hash, previous: Digest, digest: Digest): Digest => hash(`${previous}${digest}`)

type Facts = Omit<AuditRecord, 'n' | 'previous' | 'chain'>

const actorOf = ({ actor, data }: Recorded): string | null => {
  const said = actor ?? data['actor']
  return typeof said === 'string' ? said : null
}

export const auditFacts = (describe: Describe, event: Recorded): Facts => ({
  position: event.position,
  at: event.at,
  stream: event.stream,
  revision: event.revision,
  type: event.type,
  text: wordingOf(describe, event),
  correlation: event.correlation,
  actor: actorOf(event),
  event: event.id,
  readable: true,
  digest: event.digest,
})

const unreadableFacts = (event: Unreadable): Facts => ({
  position: event.position,
  at: null,
  stream: event.stream,
  revision: event.revision,
  type: event.type,
  text: `This event cannot be read: ${event.problem}.`,
  correlation: null,
  actor: null,
  event: event.id,
  readable: false,
  digest: event.bytesDigest,
})

const HEAD = { table: 'head', key: NAME } as const

/**
 * The audit log never parks (rule 37): what cannot be read becomes a record that holds its digest. The records are chained over the
 * events' digests, so neither a record nor an event can be changed, left out or moved without a trace.
 */
export const auditLog = ({ hash, describe }: AuditTools): Runnable => {
  const append = (facts: Facts, rows: Rows): readonly Change[] => {
    const head = rows(HEAD.table, HEAD.key) as { readonly chain: Digest; readonly count: number } | undefined
    const previous = head?.chain ?? auditGenesis(hash)
    const chain = auditLink(hash, previous, facts.digest)
    const record: Row = { ...facts, previous, chain }
    const next: Row = { log: HEAD.key, chain, count: (head?.count ?? 0) + 1 }
    return [
      { kind: 'append', table: 'records', row: record },
      { kind: 'put', table: HEAD.table, row: next },
    ]
  }
  return {
    name: NAME,
    version: 2,
    tables: {
      // Read in order and by number only; each index would cost more than telling the record.
      records: { key: 'n', indexes: [], appendOnly: true },
      head: { key: 'log', indexes: [] },
    },
    reads: () => [HEAD],
    project: (event, rows) => append(auditFacts(describe, event), rows),
    projectUnreadable: (event, rows) => append(unreadableFacts(event), rows),
  }
}
