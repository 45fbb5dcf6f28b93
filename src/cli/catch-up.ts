import type { Machine, Stores } from './context.ts'
import { progressLine } from './output.ts'
import { sha256 } from '../crypto/hash.ts'
import { Fault, type Position } from '../../domain/ports.ts'
import { projections } from '../../projections/index.ts'
import type { Runnable } from '../../projections/runnable.ts'
import { runServing, type ServingTools } from '../../projections/serving.ts'
import { tablesOf } from '../../projections/tell.ts'
import { eventDescription } from '../../schemas/check.ts'

/** Without a step forward for this long the rows are not to be had. */
const STALL_MS = 15_000

export const allProjections = (): readonly Runnable[] => projections({ hash: sha256, describe: eventDescription })

export const runTools = ({ clock, timers, log }: Machine, { journal, views }: Stores): ServingTools => ({
  source: journal.source,
  views,
  clock,
  timers,
  log,
})

/**
 * Waits until a projection holds everything up to a position, by default all that is there. Where no broker does the work, this
 * process does it. Returns with the tables open.
 */
export const caughtUp = async (machine: Machine, stores: Stores, name: string, until?: Position): Promise<void> => {
  const projection = allProjections().find((candidate) => candidate.name === name)
  if (projection === undefined) throw new Fault('invalid', `there is no projection ${name}`)
  const head = until ?? (await stores.journal.store.head())
  const line = progressLine(machine)
  const runner = runServing(runTools(machine, stores), projection, {
    standBy: true,
    onProgress: ({ applied }) => line.show(applied === 0 ? '' : `${name}: ${String(applied)} events told`),
  })
  try {
    await stores.views.open(name, projection.version, tablesOf(projection))
    for (let before = runner.position(); !(await runner.reached(head, STALL_MS)); before = runner.position()) {
      if (runner.position() === before) throw new Fault('unavailable', `the projection ${name} does not move; try again, or rebuild it`)
    }
  } finally {
    line.end()
    await runner.stop()
  }
}
