import type { Digest } from '../../domain/ports.ts'
import { auditGenesis, auditLink, type AuditRecord } from '../../projections/audit-log.ts'
import { sha256 } from '../crypto/hash.ts'

/** Where a chain of records stands. */
export type Link = { readonly n: number; readonly chain: Digest }

export const beginning: Link = { n: 0, chain: auditGenesis(sha256) }

/** What is wrong between a record and the one before it. */
export const linkProblem = (before: Link, record: AuditRecord): string | undefined => {
  if (record.n !== before.n + 1) return `it follows record ${String(before.n)}: records between them are missing`
  if (record.previous !== before.chain) return 'it does not continue the chain of the record before it'
  if (record.chain !== auditLink(sha256, record.previous, record.digest)) return 'its chain does not follow from its digest'
  return undefined
}
