import { type Change, Fault, type Position, type Row, type TableShape, type TableStore } from '../../../domain/ports.ts'
import { added, checkChange, checkChanges, checkQuery, checkTables, invalid, keyOf, parsedRow, textOfRow, textOfShape } from '../shape.ts'

type Key = string | number
/** Rows are kept as text, so that nobody changes them through what was handed in or out. */
type Table = { readonly shape: TableShape; readonly rows: Map<Key, string> }
type View = { readonly tables: ReadonlyMap<string, Table>; readonly shape: string; position: Position | undefined }
type Undo = () => void

/** Numbers before text, text by its UTF-8 bytes: as SQLite orders. */
const compare = (a: Key, b: Key): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
  return typeof a === 'number' ? -1 : 1
}

/** The value by which a row is ordered; a row without one is not in that order. */
const orderOf = (row: Row, member: string): Key | undefined => {
  const value = row[member]
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'string' || typeof value === 'number' ? value : undefined
}

const tableOf = (view: View, name: string): Table => {
  const table = view.tables.get(name)
  if (table === undefined) throw invalid(`there is no table ${JSON.stringify(name)}`)
  return table
}

const write = ({ rows }: Table, key: Key, text: string | undefined): Undo => {
  const before = rows.get(key)
  const set = (value: string | undefined): void => {
    if (value === undefined) rows.delete(key)
    else rows.set(key, value)
  }
  set(text)
  return () => set(before)
}

const applyOne = (view: View, change: Change): Undo => {
  const table = tableOf(view, change.table)
  checkChange(change, table.shape)
  switch (change.kind) {
    case 'put':
      return write(table, keyOf(change.row, table.shape), textOfRow(change.row))
    case 'remove':
      return write(table, change.key, undefined)
    case 'add': {
      const text = table.rows.get(change.key)
      return write(table, change.key, textOfRow(added(text === undefined ? undefined : parsedRow(text), table.shape, change)))
    }
    case 'append': {
      const n = table.rows.size + 1
      return write(table, n, textOfRow({ ...change.row, n }))
    }
  }
}

/** Every change or none. */
const applyAll = (view: View, changes: readonly Change[]): void => {
  const undos: Undo[] = []
  try {
    for (const change of changes) undos.push(applyOne(view, change))
  } catch (error) {
    for (const undo of undos.reverse()) undo()
    throw error
  }
}

/** Read models that are gone with the process: for tests, and for a broker whose projections may start over. */
export const memoryReadModel = (): TableStore => {
  const views = new Map<string, View>()
  const present = new Map<string, View>()
  let closed = false
  const enter = (): void => {
    if (closed) throw new Fault('closed', 'the read model is closed')
  }
  const viewOf = (projection: string): View => {
    enter()
    const view = present.get(projection)
    if (view === undefined) throw invalid(`${JSON.stringify(projection)} was not opened`)
    return view
  }
  return {
    open: async (projection, version, tables) => {
      enter()
      checkTables(projection, version, tables)
      const name = `${projection}@${version}`
      const empty = Object.entries(tables).map(([table, shape]): [string, Table] => [table, { shape, rows: new Map() }])
      const view = views.get(name) ?? { tables: new Map(empty), shape: textOfShape(tables), position: undefined }
      if (view.shape !== textOfShape(tables)) throw invalid(`the tables of ${name} have changed: raise its version`)
      views.set(name, view)
      present.set(projection, view)
    },
    position: async (projection) => viewOf(projection).position,
    apply: async (projection, from, to, changes) => {
      const view = viewOf(projection)
      checkChanges(changes)
      if (view.position !== from) return false
      applyAll(view, changes)
      view.position = to
      return true
    },
    get: async (projection, table, key) => {
      const text = tableOf(viewOf(projection), table).rows.get(key)
      return text === undefined ? undefined : parsedRow(text)
    },
    list: async (projection, table, query) => {
      const { shape, rows } = tableOf(viewOf(projection), table)
      const { where, orderBy, descending, after, limit } = checkQuery(shape, query)
      const sign = descending ? -1 : 1
      return [...rows]
        .map(([key, text]) => ({ key, row: parsedRow(text) }))
        .filter(({ row }) => where.every(([member, value]) => row[member] === value))
        .flatMap(({ key, row }) => {
          const order = orderOf(row, orderBy)
          return order === undefined || (after !== undefined && sign * compare(order, after) <= 0) ? [] : [{ key, row, order }]
        })
        .sort((a, b) => sign * (compare(a.order, b.order) || compare(a.key, b.key)))
        .slice(0, limit)
        .map(({ row }) => row)
    },
    count: async (projection, table) => tableOf(viewOf(projection), table).rows.size,
    drop: async (projection) => {
      const view = viewOf(projection)
      for (const { rows } of view.tables.values()) rows.clear()
      view.position = undefined
    },
    discard: async (projection, version, tables) => {
      enter()
      checkTables(projection, version, tables)
      const view = views.get(`${projection}@${version}`)
      views.delete(`${projection}@${version}`)
      if (view !== undefined && present.get(projection) === view) present.delete(projection)
    },
    close: async () => {
      closed = true
    },
  }
}
