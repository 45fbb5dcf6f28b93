import { Fault, type ReadModel, type Row, type Tables } from '../domain/ports.ts'
import type { Runnable } from './runnable.ts'

/** A projection as the read model knows it. */
export type Named = { readonly name: string; readonly version: number }

/**
 * `building`: it has not told everything yet. `built`: it has, and may serve. `previous`: it served before, and may again. Only the
 * serving generation is kept at the head; the other stands where it was left until somebody goes on with it.
 */
export type Other = { readonly generation: number; readonly is: 'building' | 'built' | 'previous' }

/** Which generation of a projection's rows everybody reads, and which stands beside it. */
export type Standing = {
  readonly serving: number
  readonly other?: Other
  /** The highest number that was given. None is given twice: who destroys an old generation late destroys no other. */
  readonly newest: number
  /** Generations that have no place any more and are still to be destroyed. */
  readonly leaving?: readonly number[]
}

/** One row for each projection, in the read model itself: it is lost with the rows it speaks of, and with nothing else. */
const VIEW = 'generations'
const TABLE = 'standing'
const TABLES: Tables = { [TABLE]: { key: 'view', indexes: [] } }

const FIRST: Standing = { serving: 1, newest: 1 }

/** Moves that others made at the same moment, of this projection or another. */
const TRIES_MAX = 16

const keyOf = ({ name, version }: Named): string => `${name}@${String(version)}`

/** What the rows of a generation lie under. The first has the name of the projection itself. */
export const generationName = (name: string, generation: number): string => (generation === 1 ? name : `${name}-g${String(generation)}`)

/** The projection, telling one of its generations. */
export const inGeneration = (projection: Runnable, generation: number): Runnable => ({
  ...projection,
  name: generationName(projection.name, generation),
})

/** Makes the place of the standings where it is missing. */
export const openStandings = (rows: ReadModel): Promise<void> => rows.open(VIEW, 1, TABLES)

export const standingOf = async (rows: ReadModel, projection: Named): Promise<Standing> => {
  const row = await rows.get(VIEW, TABLE, keyOf(projection))
  if (row === undefined) return FIRST
  const { serving, newest, other, leaving = [] } = row as unknown as Standing
  return { serving, newest, ...(other && { other }), ...(leaving.length > 0 && { leaving }) }
}

/**
 * Changes a standing by compare-and-set: one write, so that whoever reads finds the old or the new. `change` is asked again where
 * another process was first; what it throws ends the move. Answers the standing as it is then.
 */
export const move = async <Next extends Standing>(
  rows: ReadModel,
  projection: Named,
  change: (standing: Standing) => Next,
): Promise<Next> => {
  await openStandings(rows)
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    // Read before the row: a row that is newer than its position only makes the write fail.
    const position = await rows.position(VIEW)
    const next = change(await standingOf(rows, projection))
    const to = String(Number(position ?? 0) + 1).padStart(16, '0')
    const { serving, newest, other, leaving = [] } = next
    const row: Row = { view: keyOf(projection), serving, newest, leaving, ...(other && { other: { ...other } }) }
    if (await rows.apply(VIEW, position, to, [{ kind: 'put', table: TABLE, row }])) return next
  }
  throw new Fault('unavailable', 'other processes change the generations too; try again')
}
