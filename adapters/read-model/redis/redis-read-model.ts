import { type Change, type Position, type TableStore } from '../../../domain/ports.ts'
import { openRedis, type OnRedis, type RedisLink, type RedisPlace, type RedisTools } from '../../redis.ts'
import { checkChanges, checkQuery, checkTables, invalid, textOfShape } from '../shape.ts'
import { APPLY, DROP, OPEN } from './scripts.ts'
import { appendTo, applyTo, fieldNeeded, fieldOf, keysOf, list, operationsOf, rowIn, tableAt, type Sheet, type Table } from './tables.ts'

/** A batch of a projection is long, and nobody at a page waits for it. */
const CALL_MS = 5000

type View = { readonly hash: string; readonly shape: string; readonly tables: ReadonlyMap<string, Table> }

const positionOf = async ({ send }: RedisLink, { hash }: View): Promise<Position | undefined> => {
  const position = await send(['HGET', hash, 'position'])
  return Buffer.isBuffer(position) ? position.toString() : undefined
}

const tableOf = (view: View, name: string): Table => {
  const table = view.tables.get(name)
  if (table === undefined) throw invalid(`there is no table ${JSON.stringify(name)}`)
  return table
}

/** The rows that the changes touch, as they are now; the fence says afterwards whether they still were. */
const sheetsFor = async ({ send }: RedisLink, view: View, changes: readonly Change[]): Promise<ReadonlyMap<string, Sheet>> => {
  const needed = new Map<string, Set<string>>()
  for (const change of changes) {
    const fields = needed.get(change.table) ?? new Set<string>()
    const field = fieldNeeded(change, tableOf(view, change.table).shape)
    if (field !== undefined) fields.add(field)
    needed.set(change.table, fields)
  }
  const sheets = [...needed].map(async ([name, names]): Promise<[string, Sheet]> => {
    const table = tableOf(view, name)
    const fields = [...names]
    const [rows, count] = await Promise.all([
      fields.length === 0 ? [] : send(['HMGET', table.rows, ...fields]),
      table.shape.appendOnly === true ? send(['HLEN', table.rows]) : 0,
    ])
    const before = new Map(fields.map((field, at) => [field, rowIn((rows as readonly unknown[])[at])]))
    return [name, { table, before, after: new Map(before), count: Number(count) }]
  })
  return new Map(await Promise.all(sheets))
}

const apply = async (
  link: RedisLink,
  view: View,
  from: Position | undefined,
  to: Position,
  changes: readonly Change[],
): Promise<boolean> => {
  const [position, sheets] = await Promise.all([positionOf(link, view), sheetsFor(link, view, changes)])
  if (position !== from) return false
  for (const change of changes) {
    const sheet = sheets.get(change.table)
    if (sheet === undefined) continue
    if (change.kind === 'append') appendTo(sheet, change.row)
    else applyTo(sheet, change)
  }
  const keys = [view.hash]
  const numbers = new Map<string, number>()
  const values = [...sheets.values()].flatMap(operationsOf).flatMap(([kind, key, name, text]) => {
    const number = numbers.get(key) ?? keys.push(key)
    numbers.set(key, number)
    return [kind, number, name, text]
  })
  return (await link.run(APPLY, keys, [from ?? '', to, view.shape, ...values])) === 1
}

/** Read models for many nodes, which may be lost at any moment: whoever runs a projection tells it again (rule 40). */
export const redisReadModel = async (options: RedisTools & { readonly place: RedisPlace }): Promise<TableStore & OnRedis> => {
  const link = await openRedis({ ...options, role: 'cache', demands: { durable: false }, callMs: CALL_MS })
  const { key, enter, send, run } = link
  const views = new Map<string, View>()
  const viewOf = (projection: string): View => {
    enter()
    const view = views.get(projection)
    if (view === undefined) throw invalid(`${JSON.stringify(projection)} was not opened`)
    return view
  }
  return {
    open: async (projection, version, tables) => {
      enter()
      checkTables(projection, version, tables)
      const name = `${projection}@${version}`
      const shape = textOfShape(tables)
      const at = key(`view:${name}`)
      if (String(await run(OPEN, [at], [shape])) !== shape) throw invalid(`the tables of ${name} have changed: raise its version`)
      const opened = Object.entries(tables).map(([table, its]): [string, Table] => [table, tableAt(`${at}:${table}`, its)])
      views.set(projection, { hash: at, shape, tables: new Map(opened) })
    },
    position: async (projection) => positionOf(link, viewOf(projection)),
    apply: async (projection, from, to, changes) => {
      const view = viewOf(projection)
      checkChanges(changes)
      return apply(link, view, from, to, changes)
    },
    get: async (projection, name, key) => {
      const table = tableOf(viewOf(projection), name)
      const field = fieldOf(table.shape, key)
      return field === undefined ? undefined : rowIn(await send(['HGET', table.rows, field]))
    },
    list: async (projection, name, query) => {
      const table = tableOf(viewOf(projection), name)
      return list(link, table, checkQuery(table.shape, query))
    },
    count: async (projection, name) => Number(await send(['HLEN', tableOf(viewOf(projection), name).rows])),
    drop: async (projection) => {
      const { hash, tables } = viewOf(projection)
      await run(DROP, [hash, ...[...tables.values()].flatMap(keysOf)], [])
    },
    discard: async (projection, version, tables) => {
      enter()
      checkTables(projection, version, tables)
      const at = key(`view:${projection}@${version}`)
      const keys = Object.entries(tables).flatMap(([table, its]) => keysOf(tableAt(`${at}:${table}`, its)))
      await send(['UNLINK', at, ...keys], 'write')
      if (views.get(projection)?.hash === at) views.delete(projection)
    },
    instance: link.instance,
    close: link.close,
  }
}
