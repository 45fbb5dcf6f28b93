import { allProjections, runTools } from './catch-up.ts'
import type { Machine } from './context.ts'
import { complain, progressLine, say, sayJson, table } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { rebuild } from '../../projections/rebuild.ts'
import { PARKED, tablesOf } from '../../projections/tell.ts'

const list = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async ({ views, journal }) => {
    const { terminal } = machine
    const rows = []
    for (const projection of allProjections()) {
      const { name, version } = projection
      await views.open(name, version, tablesOf(projection))
      const position = await views.position(name)
      const head = await journal.store.head()
      rows.push({
        projection: name,
        version,
        position: position ?? null,
        behind: position !== head,
        parked: await views.count(name, PARKED),
      })
    }
    if (args.json) sayJson(terminal, rows)
    else {
      const cells = rows.map((row) => [
        row.projection,
        String(row.version),
        row.behind ? 'behind' : 'at the head',
        String(row.parked),
        row.position ?? '-',
      ])
      terminal.out(table(terminal.columns, ['PROJECTION', 'VERSION', 'STATE', 'PARKED', 'POSITION'], cells))
    }
    return 0
  })

const build = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const name = operand(args, 0)
  const projection = allProjections().find((candidate) => candidate.name === name)
  if (projection === undefined) {
    const names = allProjections().map((candidate) => candidate.name)
    throw new UsageError(`NAME is one of ${names.join(', ')}`)
  }
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const line = progressLine(machine)
    const result = await rebuild(runTools(machine, stores), projection, ({ applied }) =>
      line.show(`${name}: ${String(applied)} events told`),
    ).finally(line.end)
    if (args.json) sayJson(terminal, { projection: name, ...result })
    else say(terminal, `Projection ${name} is rebuilt from ${String(result.applied)} events.`)
    if (result.parked === 0) return 0
    complain(terminal, `${String(result.parked)} events could not be told and are parked`)
    return 1
  })
}

export const projectionVerbs: readonly Verb[] = [
  { name: 'projection list', operands: '', summary: 'what readers see, and how far it is', run: list },
  {
    name: 'projection rebuild',
    operands: 'NAME',
    summary: 'forget the rows and tell every event again',
    help: ['Readers see it grow meanwhile. A broker that runs stands by.'],
    run: build,
  },
]
