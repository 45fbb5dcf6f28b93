import { join } from 'node:path'
import { AUDIT_ALGORITHM, auditing, statedKey } from './auditing.ts'
import type { Files, Written } from './files.ts'
import { blocksOf, exportedLines, type Bound } from './lines.ts'
import { AUDIT_LOG } from './records.ts'
import { sha256 } from '../crypto/hash.ts'
import { signJwt } from '../crypto/jwt.ts'
import { publishedKeys, ringOf, signerFor, type Keyed } from '../signing-keys.ts'
import type { World } from '../world.ts'
import { canonical } from '../../domain/canonical.ts'
import { isObject } from '../../domain/json.ts'
import type { Digest, EventStore, Instant, Json, ReadModel } from '../../domain/ports.ts'
import { idOf } from '../../domain/streams.ts'
import type { AuditRecord } from '../../projections/audit-log.ts'
import { eventSchemas } from '../../schemas/check.ts'
import { beginning } from './chain-check.ts'

export const RECORDS_FILE = 'audit.jsonl'

type Head = { readonly n: number; readonly chain: Digest; readonly position?: string }

/** What a package says about itself; described for others in ops/audit-export.md. */
export type Manifest = {
  readonly format: 'esignet-audit-export'
  readonly version: 2
  /** Whose log it is: the issuer. */
  readonly log: string
  readonly exported_at: Instant
  readonly count: number
  /** The first record, and the chain before it. */
  readonly first: { readonly n: number; readonly previous: Digest }
  readonly last: Head
  /** Where the whole log stood when this was taken. */
  readonly head: Head
  /** SHA-256 of each thousand lines. */
  readonly blocks: readonly Digest[]
  readonly files: readonly (Written & { readonly name: string })[]
}

export type Exporting = Omit<Keyed, 'keys'> &
  Pick<World, 'auditKeys' | 'timers' | 'views'> & {
    readonly settings: Pick<World['settings'], 'issuer'>
    readonly files: Files
    /** The text of `verify.mjs`, which every package brings. */
    readonly verifier: () => Promise<string>
  }

export type ExportRequest = { readonly folder: string; readonly from?: Bound; readonly to?: Bound; readonly at: Instant }

const README = `A package of the audit log of an eSignet broker.

  node verify.mjs                             is it whole, and by whom is it signed
  node verify.mjs --since <what you hold>     and does it go on from there: a checkpoint, an older package or its manifest.jws

Node 18 or later is enough. Use a verify.mjs that you had before: this one came with the package. The format is described in
ops/audit-export.md of eSignet. Keep this folder, or manifest.jws of it: the next package is compared with it.
`

const PAGE_EVENTS = 1024

/** Notices, policies and configurations that decisions cite, under the digests by which they cite them (rule 6). */
async function* artefactLines(store: EventStore): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const filter = { streamPrefixes: ['artefact-'] }
    const page = await store.readAll({ max: PAGE_EVENTS, filter, ...(after !== undefined && { after }) })
    for (const { stream, data } of page.events) {
      const kept = JSON.parse(data) as { readonly kind?: Json; readonly content?: Json }
      if (isObject(kept.content ?? null))
        yield `${JSON.stringify({ digest: idOf(stream), kind: kept.kind, content: canonical(kept.content ?? null) })}\n`
    }
    if (page.end || page.next === undefined) return
    after = page.next
  }
}

async function* textOf(value: unknown): AsyncGenerator<string> {
  yield typeof value === 'string' ? value : `${JSON.stringify(value, undefined, 2)}\n`
}

const headOf = async (views: ReadModel): Promise<Head> => {
  const n = await views.count(AUDIT_LOG, 'records')
  // The projection wrote it in this shape.
  const last = (await views.get(AUDIT_LOG, 'records', n)) as unknown as AuditRecord | undefined
  return last === undefined ? beginning : { n, chain: last.chain, position: last.position }
}

/** Everything beside the records, each as the manifest lists it. */
const besides = async (world: Exporting, folder: string, keys: Keyed): Promise<Manifest['files']> => {
  const { files, journal, verifier } = world
  const known = (await ringOf(keys)).map(({ publicJwk }) => publicJwk)
  const contents: readonly (readonly [name: string, chunks: AsyncIterable<string>])[] = [
    ['artefacts.jsonl', artefactLines(journal.store)],
    ['schemas.json', textOf(eventSchemas())],
    ['keys.json', textOf({ keys: known })],
    ['verify.mjs', textOf(await verifier())],
    ['README.txt', textOf(README)],
  ]
  const written = []
  for (const [name, chunks] of contents) written.push({ name, ...(await files.write(join(folder, name), chunks)) })
  return written
}

/**
 * Writes a package that checks by itself: the records with the stored bytes of their events, what these cite, a manifest, and the
 * manifest's signature, which is a checkpoint too. The folder's files must not be there yet.
 */
export const exportAudit = async (world: Exporting, { folder, from, to, at }: ExportRequest): Promise<Manifest> => {
  const { views, journal, files, settings } = world
  const signing = auditing(world)
  const signer = await signerFor(signing, AUDIT_ALGORITHM)
  const head = await headOf(views)
  let count = 0
  let first: AuditRecord | undefined
  let last: AuditRecord | undefined
  const blocks = blocksOf()
  async function* lines(): AsyncGenerator<string> {
    for await (const { record, line } of exportedLines({ views, store: journal.store, from, to, until: head.n })) {
      count += 1
      first ??= record
      last = record
      blocks.add(line)
      yield line
    }
  }
  await files.makeFolder(folder)
  const records = await files.write(join(folder, RECORDS_FILE), lines())
  // Of nothing the package says where nothing is: after what was asked for, at the head.
  const start = first === undefined ? { n: head.n + 1, previous: head.chain } : { n: first.n, previous: first.previous }
  const manifest: Manifest = {
    ...{ format: 'esignet-audit-export', version: 2, log: settings.issuer, exported_at: at, count, first: start },
    last: last === undefined ? head : { n: last.n, chain: last.chain, position: last.position },
    head,
    blocks: blocks.result(),
    files: await besides(world, folder, signing),
  }
  const text = `${JSON.stringify({ ...manifest, records: { name: RECORDS_FILE, ...records } }, undefined, 2)}\n`
  await files.write(join(folder, 'manifest.json'), textOf(text))
  const keys = (await publishedKeys(signing)).map(({ publicJwk }) => statedKey(publicJwk))
  const claims = { log: settings.issuer, manifest: sha256(text), n: head.n, chain: head.chain, at, keys }
  await files.write(join(folder, 'manifest.jws'), textOf(`${await signJwt(signer, 'manifest+jwt', claims)}\n`))
  return manifest
}
