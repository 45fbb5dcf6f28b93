import { canonical } from '../domain/canonical.ts'
import { Fault, type Digest, type Position, type Row } from '../domain/ports.ts'
import type { Hash } from './audit-log.ts'
import { inGeneration, standingOf } from './generations.ts'
import type { SourceMessage } from './projection.ts'
import type { Runnable } from './runnable.ts'
import type { ServingTools } from './serving.ts'
import { tablesOf } from './tell.ts'
import { FenceLostError, writer } from './write.ts'

const PAGE_ROWS = 500
const BATCH_EVENTS = 256
/** Looks at one page until both generations stood at the same position while it was read. */
const TRIES_MAX = 100
/** Differences that are named; all are counted. */
const NAMED_MAX = 10

/** A row that is not the same in both: its key, and the members that differ. Never a value. */
export type Difference = {
  readonly table: string
  readonly key: string | number
  readonly what: 'only_serving' | 'only_beside' | 'differs'
  readonly members: readonly string[]
}

export type ComparedTable = {
  readonly table: string
  readonly rows: { readonly serving: number; readonly beside: number }
  /** Over the serving rows in order of their keys, and over the rows beside that have the same keys. */
  readonly digests: { readonly serving: Digest; readonly beside: Digest }
  readonly differences: number
}

export type Compared = {
  readonly serving: number
  readonly beside: number
  /** Where both stood at the end. */
  readonly position: Position | undefined
  readonly tables: readonly ComparedTable[]
  readonly differences: number
  readonly first: readonly Difference[]
}

/** Tells a generation every event up to a position, and none after it. */
const tellTo = async ({ source, views, log }: ServingTools, projection: Runnable, until: Position): Promise<void> => {
  const rows = views.every
  const from = await rows.position(projection.name)
  if (from !== undefined && from >= until) return
  const out = writer({ views: rows, log }, projection, () => undefined)
  out.from(from)
  let batch: SourceMessage[] = []
  const write = async (): Promise<void> => {
    const full = batch
    batch = []
    if (full.length > 0) await out.write(full)
  }
  const told = Promise.withResolvers<undefined>()
  const options = { ...(from !== undefined && { after: from }), ...(projection.filter && { filter: projection.filter }) }
  const subscription = source.subscribe(options, async (message) => {
    const position = 'event' in message ? message.event.position : message.position
    if (message.kind === 'caughtUp' || (position !== undefined && position > until)) return told.resolve(undefined)
    batch.push(message)
    if (batch.length >= BATCH_EVENTS) await write()
  })
  try {
    await Promise.race([told.promise, subscription.ended])
  } finally {
    await subscription.stop()
  }
  await write()
  await out.write([{ kind: 'checkpoint', position: until }])
}

type Pair = { readonly tools: ServingTools; readonly serving: Runnable; readonly beside: Runnable }

/** What `read` answers while both generations stand at one position. */
const atOnePosition = async <T>({ tools, serving, beside }: Pair, read: () => Promise<T>): Promise<T> => {
  const rows = tools.views.every
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const position = await rows.position(serving.name)
    if (position !== undefined) await tellTo(tools, beside, position)
    const same = (await rows.position(beside.name)) === position
    const answer = await read()
    if (same && (await rows.position(serving.name)) === position) return answer
  }
  throw new Fault('unavailable', 'the rows change too fast to be compared; try again when there is less to do')
}

const differing = (a: Row, b: Row): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((member) => canonical(a[member]) !== canonical(b[member])).sort()

type Read = { readonly key: string | number; readonly its: Row; readonly other: Row | undefined }

/** Every row of a table in one generation with the row of the same key in the other, a page at a time. */
async function* readPairs(pair: Pair, table: string, of: Runnable, other: Runnable): AsyncGenerator<Read> {
  const rows = pair.tools.views.every
  const { key = '' } = tablesOf(of)[table] ?? {}
  const keyOf = (row: Row): string | number => row[key] as string | number
  for (let after: string | number | undefined; ;) {
    const page = await atOnePosition(pair, async () => {
      const its = await rows.list(of.name, table, { limit: PAGE_ROWS, ...(after !== undefined && { after }) })
      return Promise.all(its.map(async (row) => ({ key: keyOf(row), its: row, other: await rows.get(other.name, table, keyOf(row)) })))
    })
    yield* page
    if (page.length < PAGE_ROWS) return
    after = page.at(-1)?.key
  }
}

const compareTable = async (
  pair: Pair,
  table: string,
  hash: Hash,
  found: (difference: Difference) => void,
): Promise<Omit<ComparedTable, 'differences'>> => {
  const { serving, beside, tools } = pair
  let digests = { serving: hash(table), beside: hash(table) }
  for await (const { key, its, other } of readPairs(pair, table, serving, beside)) {
    const [a, b] = [canonical(its), other === undefined ? '' : canonical(other)]
    digests = { serving: hash(`${digests.serving}${a}`), beside: hash(`${digests.beside}${b}`) }
    if (other === undefined) found({ table, key, what: 'only_serving', members: [] })
    else if (a !== b) found({ table, key, what: 'differs', members: differing(its, other) })
  }
  const count = (of: Runnable): Promise<number> => tools.views.every.count(of.name, table)
  const rows = await atOnePosition(pair, async () => ({ serving: await count(serving), beside: await count(beside) }))
  if (rows.beside !== rows.serving) {
    for await (const { key, other } of readPairs(pair, table, beside, serving))
      if (other === undefined) found({ table, key, what: 'only_beside', members: [] })
  }
  return { table, rows, digests }
}

/**
 * Compares the serving generation with the one beside it, row by row and each page at one position of both: a broker may go on meanwhile.
 * The serving one has to stand where the other stands, or further. Keys are named and members, never a value.
 */
export const compare = async (tools: ServingTools, projection: Runnable, hash: Hash): Promise<Compared> => {
  const rows = tools.views.every
  const { serving, other } = await standingOf(rows, projection)
  if (other === undefined || other.is === 'building') throw new Fault('invalid', 'there is no whole generation beside the one that serves')
  const pair = { tools, serving: inGeneration(projection, serving), beside: inGeneration(projection, other.generation) }
  for (const { name, version } of [pair.serving, pair.beside]) await rows.open(name, version, tablesOf(projection))
  const first: Difference[] = []
  const tables: ComparedTable[] = []
  try {
    for (const table of Object.keys(tablesOf(projection))) {
      let differences = 0
      const compared = await compareTable(pair, table, hash, (difference) => {
        differences += 1
        if (first.length < NAMED_MAX) first.push(difference)
      })
      tables.push({ ...compared, differences })
    }
  } catch (error) {
    if (error instanceof FenceLostError) throw new Fault('unavailable', 'another process tells the generation beside; try again')
    throw error
  }
  const differences = tables.reduce((sum, table) => sum + table.differences, 0)
  return { serving, beside: other.generation, position: await rows.position(pair.beside.name), tables, differences, first }
}
