import { type Change, Fault, type Row, type RowQuery, type Tables, type TableShape } from '../../domain/ports.ts'

const CHANGES_MAX = 65_536
const ROW_CHARACTERS_MAX = 1024 * 1024
const LIST_ROWS_DEFAULT = 100
const LIST_ROWS_MAX = 1000
const TABLES_MAX = 32
const INDEXES_MAX = 16

const PROJECTION = /^[a-z][a-z0-9-]{0,39}$/
const TABLE = /^[a-z][A-Za-z0-9_-]{0,39}$/
const MEMBER = /^[A-Za-z][A-Za-z0-9_]{0,39}$/

export const invalid = (message: string): Fault => new Fault('invalid', message)

/** Databases do not tell `openedAt` from `openedat`. */
const differOnlyByCase = (names: readonly string[]): boolean => new Set(names.map((name) => name.toLowerCase())).size < names.length

const checkShape = (table: string, shape: TableShape): void => {
  const members = [...new Set([shape.key, ...shape.indexes])]
  if (!TABLE.test(table)) throw invalid(`${JSON.stringify(table)} is no name of a table`)
  const odd = members.find((member) => !MEMBER.test(member))
  if (odd !== undefined) throw invalid(`${JSON.stringify(odd)} is no name of a member to ask by`)
  if (members.length > INDEXES_MAX + 1) throw invalid(`a table has at most ${INDEXES_MAX} indexes`)
  if (differOnlyByCase(members)) throw invalid(`members of ${table} differ only by case`)
  if (shape.appendOnly === true && shape.key !== 'n') throw invalid(`${table} is append-only: its key is n`)
}

/** Every name that comes near a statement has passed here. */
export const checkTables = (projection: string, version: number, tables: Tables): void => {
  if (!PROJECTION.test(projection)) throw invalid(`${JSON.stringify(projection)} is no name of a projection`)
  if (!Number.isSafeInteger(version) || version < 1) throw invalid('versions of a projection count from 1')
  const names = Object.keys(tables)
  if (names.length === 0 || names.length > TABLES_MAX) throw invalid(`a projection has 1 to ${TABLES_MAX} tables`)
  if (differOnlyByCase(names)) throw invalid(`tables of ${projection} differ only by case`)
  for (const [table, shape] of Object.entries(tables)) checkShape(table, shape)
}

/** The same tables give the same text, whatever the order of their words. */
export const textOfShape = (tables: Tables): string =>
  JSON.stringify(
    Object.entries(tables)
      .map(([table, { key, indexes, appendOnly }]) => [table, key, [...indexes].sort(), appendOnly === true])
      .sort(),
  )

export const checkChanges = (changes: readonly Change[]): void => {
  if (changes.length > CHANGES_MAX) throw invalid(`at most ${CHANGES_MAX} changes at once`)
}

/** A change that does not fit its table is a mistake of the projection. */
export const checkChange = (change: Change, shape: TableShape): void => {
  if ((change.kind === 'append') !== (shape.appendOnly === true)) throw invalid(`${change.table} does not take ${change.kind}`)
}

export const keyOf = (row: Row, shape: TableShape): string => {
  const key = row[shape.key]
  if (typeof key !== 'string') throw invalid(`a row's key, ${shape.key}, is text`)
  return key
}

export const textOfRow = (row: Row): string => {
  const text = JSON.stringify(row)
  if (text.length > ROW_CHARACTERS_MAX) throw invalid(`a row has at most ${ROW_CHARACTERS_MAX} characters`)
  return text
}

/** The row with `by` added to one of its numbers; a missing row or number begins at zero. */
export const added = (row: Row | undefined, shape: TableShape, change: Extract<Change, { readonly kind: 'add' }>): Row => {
  const present = row?.[change.field] ?? 0
  if (typeof present !== 'number' || !Number.isFinite(change.by)) throw invalid(`${change.field} is not a number to add to`)
  if (change.field === shape.key) throw invalid('a key is not a number to add to')
  return { [shape.key]: change.key, ...row, [change.field]: present + change.by }
}

export type CheckedQuery = {
  readonly where: readonly (readonly [member: string, value: string | number | boolean])[]
  readonly orderBy: string
  readonly descending: boolean
  readonly after: string | number | undefined
  readonly limit: number
}

export const checkQuery = (shape: TableShape, query: RowQuery = {}): CheckedQuery => {
  const { orderBy = shape.key, descending = false, after, limit = LIST_ROWS_DEFAULT } = query
  const where = Object.entries(query.where ?? {})
  const asked = [orderBy, ...where.map(([member]) => member)]
  const odd = asked.find((member) => member !== shape.key && !shape.indexes.includes(member))
  if (odd !== undefined) throw invalid(`${JSON.stringify(odd)} is not indexed`)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIST_ROWS_MAX) throw invalid(`a list has 1 to ${LIST_ROWS_MAX} rows`)
  return { where, orderBy, descending, after, limit }
}

/** For text that `textOfRow` made. */
export const parsedRow = (text: string): Row => JSON.parse(text) as Row
