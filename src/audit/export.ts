import { join } from 'node:path'
import type { Files, Written } from './files.ts'
import { recordsAfter } from './records.ts'
import type { Digest, Instant, ReadModel } from '../../domain/ports.ts'
import type { AuditRecord } from '../../projections/audit-log.ts'

export const RECORDS_FILE = 'audit.jsonl'
export const MANIFEST_FILE = 'manifest.json'

/** What an exported folder says about itself. Members that a reader does not know are for others: signatures stand beside these. */
export type Manifest = {
  readonly format: 'esignet-audit-export'
  readonly version: 1
  readonly exported_at: Instant
  readonly count: number
  /** The chain before the first record, and after the last. */
  readonly first?: { readonly n: number; readonly previous: Digest }
  readonly last?: { readonly n: number; readonly chain: Digest }
  readonly file: Written & { readonly name: string }
}

/** A number of a record, or an instant; both ends are included. */
export type Bound = { readonly n: number } | { readonly at: Instant }

/** Records are in the order of their events; instants of several machines may be a little out of order, the numbers never. */
const isBefore = (record: AuditRecord, bound: Bound): boolean =>
  'n' in bound ? record.n < bound.n : record.at === null || record.at < bound.at
const isAfter = (record: AuditRecord, bound: Bound): boolean =>
  'n' in bound ? record.n > bound.n : record.at !== null && record.at > bound.at

/** From the first record that is not before `from` up to the first that is after `to`: without a gap, so that the chain holds. */
async function* between(views: ReadModel, from: Bound | undefined, to: Bound | undefined): AsyncGenerator<AuditRecord> {
  let begun = from === undefined
  for await (const record of recordsAfter(views, from !== undefined && 'n' in from ? from.n - 1 : 0)) {
    if (!begun && from !== undefined && isBefore(record, from)) continue
    begun = true
    if (to !== undefined && isAfter(record, to)) return
    yield record
  }
}

export type ExportRequest = {
  readonly folder: string
  readonly from?: Bound
  readonly to?: Bound
  readonly at: Instant
}

/** Writes the records, one JSON text a line, and a manifest. The folder's files must not be there yet. */
export const exportAudit = async (views: ReadModel, files: Files, { folder, from, to, at }: ExportRequest): Promise<Manifest> => {
  let count = 0
  let first: AuditRecord | undefined
  let last: AuditRecord | undefined
  async function* lines(): AsyncGenerator<string> {
    for await (const record of between(views, from, to)) {
      count += 1
      first ??= record
      last = record
      yield `${JSON.stringify(record)}\n`
    }
  }
  await files.makeFolder(folder)
  const file = await files.write(join(folder, RECORDS_FILE), lines())
  const manifest: Manifest = {
    format: 'esignet-audit-export',
    version: 1,
    exported_at: at,
    count,
    ...(first && { first: { n: first.n, previous: first.previous } }),
    ...(last && { last: { n: last.n, chain: last.chain } }),
    file: { name: RECORDS_FILE, ...file },
  }
  async function* text(): AsyncGenerator<string> {
    yield `${JSON.stringify(manifest, undefined, 2)}\n`
  }
  await files.write(join(folder, MANIFEST_FILE), text())
  return manifest
}
