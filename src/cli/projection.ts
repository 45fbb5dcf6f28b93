import { allProjections } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { lagOf, lagText } from './lag.ts'
import { sayJson, table } from './output.ts'
import { generationVerbs } from './projection-generations.ts'
import type { Args, ExitCode, Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { inGeneration, openStandings, standingOf } from '../../projections/generations.ts'
import type { Runnable } from '../../projections/runnable.ts'
import { PARKED, tablesOf } from '../../projections/tell.ts'

const looked = async ({ clock }: Machine, { views, journal }: Stores, projection: Runnable, generation: number) => {
  const { name, version } = inGeneration(projection, generation)
  const { every } = views
  await every.open(name, version, tablesOf(projection))
  const position = await every.position(name)
  const lag = await lagOf(journal.store, projection, position, clock.now())
  return { generation, position: position ?? null, lag, parked: await every.count(name, PARKED) }
}

const rowOf = async (machine: Machine, stores: Stores, projection: Runnable) => {
  const { serving, other } = await standingOf(stores.views.every, projection)
  return {
    projection: projection.name,
    version: projection.version,
    ...(await looked(machine, stores, projection, serving)),
    beside: other === undefined ? null : { is: other.is, ...(await looked(machine, stores, projection, other.generation)) },
  }
}

/** As people say it; the leading zeroes of a position are for ordering. */
const positionText = (position: string | null): string => position?.replace(/^0+(?=\d)/, '') ?? '-'

const list = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    await openStandings(stores.views.every)
    const rows = []
    for (const projection of allProjections()) rows.push(await rowOf(machine, stores, projection))
    if (args.json) sayJson(terminal, rows)
    else {
      const cells = rows.map(({ projection, version, generation, position, lag, parked, beside }) => [
        `${projection}@${String(version)}`,
        String(generation),
        positionText(position),
        lagText(lag),
        String(parked),
        beside === null ? '-' : `${String(beside.generation)} ${beside.is}, lag ${lagText(beside.lag)}`,
      ])
      terminal.out(table(terminal.columns, ['PROJECTION', 'SERVES', 'POSITION', 'LAG', 'PARKED', 'BESIDE'], cells))
    }
    return 0
  })

export const projectionVerbs: readonly Verb[] = [
  {
    name: 'projection list',
    operands: '',
    summary: 'what readers see, how far it is, and what stands beside',
    help: ['LAG counts the events that are not told yet, and the age of the oldest.'],
    run: list,
  },
  ...generationVerbs,
]
