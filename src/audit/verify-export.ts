import { join } from 'node:path'
import { beginning, linkProblem, type Link } from './chain-check.ts'
import { MANIFEST_FILE, RECORDS_FILE, type Manifest } from './export.ts'
import type { Files } from './files.ts'
import { findings, type Findings } from './finding.ts'
import { parseObject, type JsonObject } from '../../domain/json.ts'
import type { AuditRecord } from '../../projections/audit-log.ts'

export type ExportVerdict = Findings & { readonly records: number; readonly last: Link }

const isRecord = (value: JsonObject | undefined): value is JsonObject & AuditRecord =>
  value !== undefined &&
  Number.isSafeInteger(value['n']) &&
  ['position', 'stream', 'type', 'digest', 'previous', 'chain'].every((member) => typeof value[member] === 'string')

const manifestOf = (text: string): Manifest | undefined => {
  const value = parseObject(text)
  if (value?.['format'] !== 'esignet-audit-export' || value['version'] !== 1) return undefined
  return typeof value['file'] === 'object' && value['file'] !== null ? (value as JsonObject & Manifest) : undefined
}

/** Holds an exported folder against itself: the file is the manifest's, the chain is unbroken, none is missing between first and last. */
export const verifyExport = async (files: Files, folder: string): Promise<ExportVerdict> => {
  const found = findings()
  const manifest = manifestOf(await files.text(join(folder, MANIFEST_FILE)))
  if (manifest === undefined) {
    found.add({ problem: `${MANIFEST_FILE} is not the manifest of an audit export` })
    return { ...found.result(), records: 0, last: beginning }
  }
  const { first, last: end } = manifest
  let last: Link = first === undefined || first.n === 1 ? beginning : { n: first.n - 1, chain: first.previous }
  let records = 0
  const { bytes, sha256 } = await files.lines(join(folder, RECORDS_FILE), (line) => {
    records += 1
    const record = parseObject(line)
    if (!isRecord(record)) return found.add({ n: last.n + 1, problem: `line ${String(records)} is not a record` })
    const problem = linkProblem(last, record)
    const { n, position, stream, revision } = record
    if (problem !== undefined) found.add({ n, position, stream, revision, problem })
    last = { n, chain: record.chain }
  })
  if (records !== manifest.count)
    found.add({ problem: `there are ${String(records)} records; the manifest says ${String(manifest.count)}` })
  if (end !== undefined && (end.n !== last.n || end.chain !== last.chain))
    found.add({ problem: `the last record is not number ${String(end.n)} with the chain of the manifest` })
  if (sha256 !== manifest.file.sha256 || bytes !== manifest.file.bytes)
    found.add({ problem: `${RECORDS_FILE} is not the file that the manifest was written for` })
  return { ...found.result(), records, last }
}
