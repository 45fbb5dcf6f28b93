import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { type Change, Fault, type Row, type TableShape } from '../../../domain/ports.ts'
import type { Database } from '../../sqlite.ts'
import { added, checkChange, type CheckedQuery, keyOf, parsedRow, textOfRow } from '../shape.ts'

/** One table of one projection, with its statements made once. */
export type Table = {
  readonly shape: TableShape
  readonly get: (key: string | number) => Row | undefined
  readonly list: (query: CheckedQuery) => readonly Row[]
  readonly count: () => number
  readonly clear: () => void
  /** Only inside a transaction. */
  readonly apply: (change: Change) => void
  /** Forgets what it knew of the newest row: before each transaction, because other processes append too. */
  readonly begin: () => void
}

/** Lists differ in the members they ask by; each kind is prepared once, and no more kinds than this are kept. */
const STATEMENTS_MAX = 64

/** Names have passed `checkTables`; quoting keeps them from being words of SQL. */
const quoted = (name: string): string => `"${name}"`

/**
 * The row as text, its key, and a column computed from the text for each index, so that a person who opens the file can ask
 * by the members' names. Columns of the house begin with `_`, which no member does.
 */
export const createTable = (name: string, { key, indexes, appendOnly }: TableShape): string => {
  const members = [...new Set(indexes)].filter((member) => member !== key)
  const keyColumn = appendOnly === true ? '_key INTEGER PRIMARY KEY' : '_key TEXT PRIMARY KEY'
  const columns = members.map((member) => `, ${quoted(member)} ANY GENERATED ALWAYS AS (_row ->> '$.${member}') VIRTUAL`)
  const lists = members.map((member) => {
    const index = quoted(`${name}/${member}`)
    return `CREATE INDEX IF NOT EXISTS ${index} ON ${quoted(name)} (${quoted(member)}${appendOnly === true ? '' : ', _key'});`
  })
  return `CREATE TABLE IF NOT EXISTS ${quoted(name)} (${keyColumn}, _row TEXT NOT NULL${columns.join('')}) STRICT;\n${lists.join('\n')}`
}

/** Its indexes go with it. */
export const dropTable = (name: string): string => `DROP TABLE IF EXISTS ${quoted(name)}`

const rowOf = (found: Readonly<Record<string, unknown>>): Row => {
  const text = found['_row']
  if (typeof text !== 'string') throw new Fault('corrupt', 'a row of the read model is not text')
  return parsedRow(text)
}

const bound = (value: string | number | boolean): SQLInputValue => (typeof value === 'boolean' ? Number(value) : value)

const listSql = (name: string, shape: TableShape, { where, orderBy, descending, after }: CheckedQuery): string => {
  const column = (member: string): string => (member === shape.key ? '_key' : quoted(member))
  const order = column(orderBy)
  const conditions = [
    ...where.map(([member]) => `${column(member)} = ?`),
    `${order} IS NOT NULL`,
    ...(after === undefined ? [] : [`${order} ${descending ? '<' : '>'} ?`]),
  ]
  const direction = descending ? 'DESC' : 'ASC'
  const terms = [...new Set([order, '_key'])].map((term) => `${term} ${direction}`)
  return `SELECT _row FROM ${quoted(name)} WHERE ${conditions.join(' AND ')} ORDER BY ${terms.join(', ')} LIMIT ?`
}

export const openTable = ({ sql }: Database, name: string, shape: TableShape): Table => {
  const get = sql.prepare(`SELECT _row FROM ${quoted(name)} WHERE _key = ?`)
  const put = sql.prepare(`INSERT INTO ${quoted(name)} (_key, _row) VALUES (?, ?) ON CONFLICT (_key) DO UPDATE SET _row = excluded._row`)
  const remove = sql.prepare(`DELETE FROM ${quoted(name)} WHERE _key = ?`)
  const count = sql.prepare(`SELECT ${shape.appendOnly === true ? 'coalesce(max(_key), 0)' : 'count(*)'} AS n FROM ${quoted(name)}`)
  const clear = sql.prepare(`DELETE FROM ${quoted(name)}`)
  const lists = new Map<string, StatementSync>()
  let newest: number | undefined

  const find = (key: string | number): Row | undefined => {
    const found = typeof key === (shape.appendOnly === true ? 'number' : 'string') ? get.get(key) : undefined
    return found && rowOf(found)
  }
  const counted = (): number => Number(count.get()?.['n'] ?? 0)
  const prepared = (text: string): StatementSync => {
    const present = lists.get(text)
    if (present !== undefined) return present
    if (lists.size === STATEMENTS_MAX) lists.clear()
    const statement = sql.prepare(text)
    lists.set(text, statement)
    return statement
  }
  return {
    shape,
    get: find,
    count: counted,
    list: (query) => {
      const values = [...query.where.map(([, value]) => bound(value)), ...(query.after === undefined ? [] : [query.after]), query.limit]
      return prepared(listSql(name, shape, query))
        .all(...values)
        .map(rowOf)
    },
    clear: () => void clear.run(),
    begin: () => {
      newest = undefined
    },
    apply: (change) => {
      checkChange(change, shape)
      switch (change.kind) {
        case 'put':
          put.run(keyOf(change.row, shape), textOfRow(change.row))
          return
        case 'remove':
          remove.run(change.key)
          return
        case 'add':
          put.run(change.key, textOfRow(added(find(change.key), shape, change)))
          return
        case 'append':
          newest = (newest ?? counted()) + 1
          put.run(newest, textOfRow({ ...change.row, n: newest }))
      }
    },
  }
}
