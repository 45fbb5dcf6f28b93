import type { Change, Row } from '../domain/ports.ts'
import type { Projection, Recorded, Unreadable } from './projection.ts'

export type RowKey = { readonly table: string; readonly key: string }

/** Rows of the projection itself, as they stand just before the event. Only those that `reads` named. */
export type Rows = (table: string, key: string) => Row | undefined

/**
 * A projection that the runner takes: any `Projection`, and those that go on from rows of their own. The rows that `reads` names are
 * fetched at the position which the fence guards, so the changes are still a function of the events up to this one and nothing else.
 */
export type Runnable = Omit<Projection, 'project' | 'projectUnreadable'> & {
  readonly reads?: (event: Recorded | Unreadable) => readonly RowKey[]
  readonly project: (event: Recorded, rows: Rows) => readonly Change[]
  readonly projectUnreadable?: (event: Unreadable, rows: Rows) => readonly Change[]
}
