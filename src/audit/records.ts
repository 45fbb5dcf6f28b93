import type { ReadModel } from '../../domain/ports.ts'
import type { AuditRecord } from '../../projections/audit-log.ts'

const PAGE_RECORDS = 1000
export const AUDIT_LOG = 'audit-log'

/** Records of the audit log in order, after a number, in pages so that memory is bounded. */
export async function* recordsAfter(views: ReadModel, after = 0): AsyncGenerator<AuditRecord, void> {
  for (let n = after; ;) {
    const rows = await views.list(AUDIT_LOG, 'records', { after: n, limit: PAGE_RECORDS })
    // The projection wrote them in this shape.
    for (const row of rows) yield row as unknown as AuditRecord
    if (rows.length < PAGE_RECORDS) return
    n = Number(rows.at(-1)?.['n'])
  }
}
