import { Fault, type Change, type Row, type TableShape } from '../../../domain/ports.ts'
import type { RedisLink } from '../../redis.ts'
import { added, checkChange, keyOf, parsedRow, textOfRow, type CheckedQuery } from '../shape.ts'
import { memberOf, rangeAfter, rangeFrom, rangeOf, rangeOfFields, type Range } from './order.ts'
import { ADD_MEMBER, DELETE_ROW, LIST, REMOVE_MEMBER, SET_ROW } from './scripts.ts'

/** Where a table lies: its rows by field, one order of the fields, and one for each index. */
export type Table = {
  readonly shape: TableShape
  readonly rows: string
  readonly fields: string
  readonly orders: ReadonlyMap<string, string>
}

/** Of a list with conditions, at most so many rows are looked at in one trip, and in all. */
const PAGE_ROWS = 500
const LOOKED_ROWS_MAX = 1_000_000

export const tableAt = (at: string, shape: TableShape): Table => ({
  shape,
  rows: `${at}:rows`,
  fields: `${at}:fields`,
  orders: new Map(shape.indexes.filter((name) => name !== shape.key).map((name) => [name, `${at}:by:${name}`])),
})

export const keysOf = ({ rows, fields, orders }: Table): readonly string[] => [rows, fields, ...orders.values()]

/** Numbers as text of one length, which orders as they do. */
const numberField = (n: number): string => String(n).padStart(16, '0')

/** The field of a key; undefined where no row can have it. */
export const fieldOf = ({ appendOnly }: TableShape, key: string | number): string | undefined => {
  if (appendOnly !== true) return typeof key === 'string' ? key : undefined
  return typeof key === 'number' && Number.isSafeInteger(key) && key >= 0 ? numberField(key) : undefined
}

export const rowIn = (answer: unknown): Row | undefined => {
  if (answer === null || answer === undefined) return undefined
  if (!Buffer.isBuffer(answer)) throw new Fault('corrupt', 'a row of the read model is not text')
  return parsedRow(answer.toString())
}

/** What a change writes, by key of the server. */
export type Operation = readonly [kind: string, key: string, name: string | Buffer, text: string]

const difference = (table: Table, field: string, before: Row | undefined, after: Row | undefined): readonly Operation[] => {
  const operations: Operation[] = []
  if (after !== undefined) operations.push([SET_ROW, table.rows, field, textOfRow(after)])
  else if (before !== undefined) operations.push([DELETE_ROW, table.rows, field, ''])
  if ((before === undefined) !== (after === undefined))
    operations.push([after === undefined ? REMOVE_MEMBER : ADD_MEMBER, table.fields, field, ''])
  for (const [name, order] of table.orders) {
    const [old, next] = [before && memberOf(before, name, field), after && memberOf(after, name, field)]
    if (old !== undefined && next?.equals(old) !== true) operations.push([REMOVE_MEMBER, order, old, ''])
    if (next !== undefined && old?.equals(next) !== true) operations.push([ADD_MEMBER, order, next, ''])
  }
  return operations
}

/** Rows of one call: as they were, and as they become. */
export type Sheet = {
  readonly table: Table
  readonly before: ReadonlyMap<string, Row | undefined>
  readonly after: Map<string, Row | undefined>
  count: number
}

/** The field that a change needs as it was before. */
export const fieldNeeded = (change: Change, shape: TableShape): string | undefined => {
  checkChange(change, shape)
  if (change.kind === 'append') return undefined
  return change.kind === 'put' ? keyOf(change.row, shape) : change.key
}

export const applyTo = ({ table, after }: Sheet, change: Exclude<Change, { readonly kind: 'append' }>): void => {
  if (change.kind === 'put') after.set(keyOf(change.row, table.shape), parsedRow(textOfRow(change.row)))
  else if (change.kind === 'remove') after.set(change.key, undefined)
  else {
    const row = added(after.get(change.key), table.shape, change)
    textOfRow(row)
    after.set(change.key, row)
  }
}

export const appendTo = (sheet: Sheet, row: Row): void => {
  sheet.count += 1
  sheet.after.set(numberField(sheet.count), { ...row, n: sheet.count })
}

export const operationsOf = ({ table, before, after }: Sheet): readonly Operation[] =>
  [...after].flatMap(([field, row]) => difference(table, field, before.get(field), row))

type Scan = { readonly order: string; readonly range: Range; readonly isFields: boolean }

/** The order to walk along: by key, the members of one value of a condition; else the order that is asked for. */
const scanOf = (table: Table, { where, orderBy, descending, after }: CheckedQuery): Scan => {
  const { shape, fields, orders } = table
  const order = orders.get(orderBy)
  if (order !== undefined) return { order, range: rangeFrom(after, descending), isFields: false }
  const afterField = after === undefined ? undefined : (fieldOf(shape, after) ?? '')
  const [name, value] = where.find(([member]) => orders.has(member)) ?? []
  const narrow = name === undefined ? undefined : orders.get(name)
  if (narrow === undefined || value === undefined) return { order: fields, range: rangeOfFields(afterField, descending), isFields: true }
  return { order: narrow, range: rangeOf(value, afterField, descending), isFields: false }
}

export const list = async ({ run }: RedisLink, table: Table, query: CheckedQuery): Promise<readonly Row[]> => {
  const { where, descending, limit } = query
  const scan = scanOf(table, query)
  const page = where.length === 0 ? limit : Math.max(PAGE_ROWS, limit)
  const found: Row[] = []
  let range = scan.range
  for (let looked = 0; looked < LOOKED_ROWS_MAX; looked += page) {
    const flags = [descending ? '1' : '0', page, scan.isFields ? '1' : '0']
    const answer = (await run(LIST, [scan.order, table.rows], [range.min, range.max, ...flags])) as readonly unknown[]
    for (let at = 1; at < answer.length && found.length < limit; at += 2) {
      const row = rowIn(answer[at])
      if (row !== undefined && where.every(([member, value]) => row[member] === value)) found.push(row)
    }
    const last = answer.at(-2)
    if (found.length === limit || answer.length < 2 * page || !Buffer.isBuffer(last)) return found
    range = rangeAfter(range, last, descending)
  }
  throw new Fault('unavailable', 'too many rows to look through: ask with other conditions')
}
