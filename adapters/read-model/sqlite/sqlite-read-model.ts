import { Fault, type Position, type Tables, type TableStore } from '../../../domain/ports.ts'
import { openDatabase, type Database } from '../../sqlite.ts'
import { checkChanges, checkQuery, checkTables, invalid, textOfShape } from '../shape.ts'
import { createTable, dropTable, openTable, type Table } from './tables.ts'

// What is lost in a power cut is projected again, because rows and position are lost together (rules 37 and 38).
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS projection (name TEXT PRIMARY KEY, shape TEXT NOT NULL, position TEXT) STRICT;`

type View = { readonly name: string; readonly tables: ReadonlyMap<string, Table> }

const tableOf = (view: View, name: string): Table => {
  const table = view.tables.get(name)
  if (table === undefined) throw invalid(`there is no table ${JSON.stringify(name)}`)
  return table
}

const discard = (sql: Database['sql'], name: string, tables: Tables): void => {
  for (const table of Object.keys(tables)) sql.exec(dropTable(`${name}/${table}`))
  sql.prepare('DELETE FROM projection WHERE name = ?').run(name)
}

/** Read models in one file that several processes may share. */
export const sqliteReadModel = ({ file }: { readonly file: string }): TableStore => {
  const database = openDatabase(file, SCHEMA)
  const { sql, run, transact } = database
  const views = new Map<string, View>()
  const remember = sql.prepare('INSERT INTO projection (name, shape) VALUES (?, ?) ON CONFLICT (name) DO NOTHING')
  const shapeOf = sql.prepare('SELECT shape FROM projection WHERE name = ?')
  const positionOf = sql.prepare('SELECT position FROM projection WHERE name = ?')
  const move = sql.prepare('UPDATE projection SET position = ? WHERE name = ? AND position IS ?')
  const rewind = sql.prepare('UPDATE projection SET position = NULL WHERE name = ?')

  const viewOf = (projection: string): View => {
    if (!sql.isOpen) throw new Fault('closed', 'the read model is closed')
    const view = views.get(projection)
    if (view === undefined) throw invalid(`${JSON.stringify(projection)} was not opened`)
    return view
  }
  const ask = <T>(projection: string, name: string, question: (table: Table) => T): T => {
    const table = tableOf(viewOf(projection), name)
    return run(() => question(table))
  }
  return {
    open: async (projection, version, tables) => {
      checkTables(projection, version, tables)
      const name = `${projection}@${version}`
      const shape = textOfShape(tables)
      const opened = transact(() => {
        remember.run(name, shape)
        if (shapeOf.get(name)?.['shape'] !== shape) throw invalid(`the tables of ${name} have changed: raise its version`)
        return Object.entries(tables).map(([table, tableShape]): [string, Table] => {
          sql.exec(createTable(`${name}/${table}`, tableShape))
          return [table, openTable(database, `${name}/${table}`, tableShape)]
        })
      })
      views.set(projection, { name, tables: new Map(opened) })
    },
    position: async (projection): Promise<Position | undefined> => {
      const view = viewOf(projection)
      const position = run(() => positionOf.get(view.name))?.['position']
      return typeof position === 'string' ? position : undefined
    },
    apply: async (projection, from, to, changes) => {
      const view = viewOf(projection)
      checkChanges(changes)
      return transact(() => {
        if (move.run(to, view.name, from ?? null).changes === 0) return false
        for (const table of view.tables.values()) table.begin()
        for (const change of changes) tableOf(view, change.table).apply(change)
        return true
      })
    },
    get: async (projection, table, key) => ask(projection, table, ({ get }) => get(key)),
    list: async (projection, table, query) => ask(projection, table, ({ shape, list }) => list(checkQuery(shape, query))),
    count: async (projection, table) => ask(projection, table, ({ count }) => count()),
    drop: async (projection) => {
      const view = viewOf(projection)
      transact(() => {
        for (const table of view.tables.values()) table.clear()
        rewind.run(view.name)
      })
    },
    discard: async (projection, version, tables) => {
      checkTables(projection, version, tables)
      const name = `${projection}@${version}`
      transact(() => discard(sql, name, tables))
      if (views.get(projection)?.name === name) views.delete(projection)
    },
    close: async () => {
      database.close()
    },
  }
}
