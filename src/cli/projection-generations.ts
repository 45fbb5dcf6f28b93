import { allProjections, caughtUp, runTools } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { duration } from './lag.ts'
import { readReason } from './look-options.ts'
import { complain, progressLine, say, sayJson } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { sha256 } from '../crypto/hash.ts'
import { orderSwitch } from '../steps/order-switch.ts'
import type { Position } from '../../domain/ports.ts'
import { millisecondsOf } from '../../domain/time.ts'
import { compare, type Compared, type Difference } from '../../projections/compare.ts'
import { openStandings, standingOf, type Other } from '../../projections/generations.ts'
import { catchUp, drop, rebuild, serve } from '../../projections/rebuild.ts'
import type { Runnable } from '../../projections/runnable.ts'

const projectionIn = (args: Args): Runnable => {
  const name = operand(args, 0)
  const projection = allProjections().find((candidate) => candidate.name === name)
  if (projection !== undefined) return projection
  throw new UsageError(
    `NAME is one of ${allProjections()
      .map((candidate) => candidate.name)
      .join(', ')}`,
  )
}

type Act = (stores: Stores, projection: Runnable) => Promise<ExitCode>

const withProjection = (machine: Machine, args: Args, act: Act): Promise<ExitCode> => {
  const projection = projectionIn(args)
  return withStores(machine, args, 'existing', async (stores) => {
    await openStandings(stores.views.every)
    return act(stores, projection)
  })
}

const numberOf = (position: Position | undefined): number => Number(/^\d+/.exec(position ?? '')?.[0] ?? Number.NaN)

/** Shows how fast it goes, and how long it still takes if it goes on so: positions grow with the events. */
const onward = (machine: Machine, { name }: Runnable, head: Position | undefined) => {
  const line = progressLine(machine)
  let first: { readonly ms: number; readonly at: number } | undefined
  const elapsedMs = (): number => Math.max(1, millisecondsOf(machine.clock.now()) - (first?.ms ?? 0))
  const perSecond = (applied: number): number => Math.round((applied * 1000) / elapsedMs())
  return {
    perSecond,
    end: line.end,
    show: ({ applied, position }: { readonly applied: number; readonly position: Position | undefined }): void => {
      const at = position === undefined ? 0 : numberOf(position)
      first ??= { ms: millisecondsOf(machine.clock.now()), at }
      const leftMs = (elapsedMs() * (numberOf(head) - at)) / (at - first.at)
      const left = Number.isFinite(leftMs) && leftMs >= 0 ? `, about ${duration(leftMs)} left` : ''
      line.show(`${name}: ${String(applied)} events told, ${String(perSecond(applied))} a second${left}`)
    },
  }
}

const build = (machine: Machine, args: Args): Promise<ExitCode> =>
  withProjection(machine, args, async (stores, projection) => {
    const { terminal } = machine
    const { name } = projection
    const progress = onward(machine, projection, await stores.journal.store.head())
    const built = await rebuild(runTools(machine, stores), projection, progress.show).finally(progress.end)
    const eventsPerS = progress.perSecond(built.applied)
    if (args.json) sayJson(terminal, { projection: name, ...built, eventsPerS })
    else
      say(
        terminal,
        `Generation ${String(built.generation)} of ${name} is built, ${String(built.applied)} events told now (${String(eventsPerS)} a second).`,
        `Readers still get the one before. Next: esignet projection compare ${name}`,
      )
    if (built.parked === 0) return 0
    complain(terminal, `${String(built.parked)} events could not be told and are parked`)
    return 1
  })

const told = ({ table, key, what, members }: Difference): string => {
  const row = `${table}: ${String(key)}`
  if (what === 'differs') return `${row} differs in ${members.join(', ')}`
  return `${row} is in the ${what === 'only_beside' ? 'one beside' : 'serving one'} alone`
}

const sayCompared = ({ terminal }: Machine, { serving, beside, tables, differences, first }: Compared): void => {
  for (const { table, rows, digests } of tables)
    say(
      terminal,
      `${table}: ${String(rows.serving)} rows in generation ${String(serving)} (${digests.serving})`,
      `${' '.repeat(table.length)}  ${String(rows.beside)} rows in generation ${String(beside)} (${digests.beside})`,
    )
  if (differences === 0) say(terminal, 'They are the same.')
  else complain(terminal, `${String(differences)} rows differ, for example:`)
  for (const difference of first) complain(terminal, told(difference))
}

const compareVerb = (machine: Machine, args: Args): Promise<ExitCode> =>
  withProjection(machine, args, async (stores, projection) => {
    // Two rows are only to be compared where both have told the same events.
    await caughtUp(machine, stores, projection.name)
    const compared = await compare(runTools(machine, stores), projection, sha256)
    if (args.json) sayJson(machine.terminal, { projection: projection.name, ...compared })
    else sayCompared(machine, compared)
    return compared.differences === 0 ? 0 : 1
  })

/** Makes the other generation serve. It is brought to the head before, so that readers are not set back. */
const point = (machine: Machine, args: Args, how: 'switch' | 'rollback'): Promise<ExitCode> => {
  const reason = readReason(args)
  const wanted: Other['is'] = how === 'switch' ? 'built' : 'previous'
  return withProjection(machine, args, async (stores, projection) => {
    const { terminal, clock, chance, account, timers } = machine
    const { journal, states, views } = stores
    const { name, version } = projection
    const { serving, other } = await standingOf(views.every, projection)
    if (other?.is !== wanted) {
      complain(
        terminal,
        how === 'switch'
          ? `there is no built generation beside; see: esignet projection rebuild ${name}`
          : 'no generation of before is kept',
      )
      return 1
    }
    const tools = runTools(machine, stores)
    const progress = onward(machine, projection, await journal.store.head())
    await catchUp(tools, projection, other.generation, await journal.store.head(), progress.show).finally(progress.end)
    const order = { projection: name, version, from: serving, to: other.generation, how, reason }
    await orderSwitch({ journal, states, timers, actor: account }, { id: chance.uuid(), at: clock.now(), ...order })
    await serve(tools, projection, other)
    await caughtUp(machine, stores, name)
    if (args.json) sayJson(terminal, order)
    else
      say(
        terminal,
        `Readers of ${name} get generation ${String(other.generation)} now. Generation ${String(serving)} is kept:`,
        `\`esignet projection ${how === 'switch' ? 'rollback' : 'switch'} ${name} --reason WORDS\` goes to it again.`,
      )
    return 0
  })
}

const dropVerb = (machine: Machine, args: Args): Promise<ExitCode> =>
  withProjection(machine, args, async (stores, projection) => {
    const { terminal } = machine
    const { serving, other } = await standingOf(stores.views.every, projection)
    await drop(runTools(machine, stores), projection)
    if (args.json) sayJson(terminal, { projection: projection.name, serving, dropped: other?.generation ?? null })
    else
      say(
        terminal,
        other === undefined
          ? `Nothing stands beside generation ${String(serving)} of ${projection.name}.`
          : `Generation ${String(other.generation)} of ${projection.name} is gone; ${String(serving)} serves.`,
      )
    return 0
  })

const ORDER = { options: { reason: { type: 'string' } }, optionHelp: { reason: 'why, in words without digits; recorded' } } as const

export const generationVerbs: readonly Verb[] = [
  {
    name: 'projection rebuild',
    operands: 'NAME',
    summary: 'tell every event again, beside the rows that serve',
    help: [
      'Readers keep what they have. What was interrupted is gone on with. A generation',
      'that was kept from before makes room for the new one.',
    ],
    run: build,
  },
  {
    name: 'projection compare',
    operands: 'NAME',
    summary: 'hold the serving rows against those beside them',
    help: ['Exit code 1: rows differ. Keys and members are named, never a value.'],
    run: compareVerb,
  },
  {
    name: 'projection switch',
    acts: true,
    operands: 'NAME',
    summary: 'give readers the rows that were built beside',
    help: ['A broker that runs goes on with them within two seconds. What served is kept.'],
    ...ORDER,
    run: (machine, args) => point(machine, args, 'switch'),
  },
  {
    name: 'projection rollback',
    acts: true,
    operands: 'NAME',
    summary: 'give readers the rows back that served before',
    ...ORDER,
    run: (machine, args) => point(machine, args, 'rollback'),
  },
  {
    name: 'projection drop',
    operands: 'NAME',
    summary: 'destroy the rows that stand beside the serving ones',
    run: dropVerb,
  },
]
