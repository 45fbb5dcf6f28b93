import type { Machine, Stores } from './context.ts'
import { complain, progressLine, say, sayJson } from './output.ts'
import { streamOf } from './streams.ts'
import { stringify } from './text.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { replay, type Difference, type Replayed } from '../replay.ts'
import { Fault, type Json, type Position } from '../../domain/ports.ts'

const PAGE_EVENTS = 1024
/** Differences told one by one; the others are counted. */
const TOLD_MAX = 20

const told = ({ revision, command, path, recorded, decided }: Difference): string =>
  `event ${String(revision)} (${command}), ${path}: recorded ${stringify(recorded)}, today ${stringify(decided)}`

const one = async (machine: Machine, { journal }: Stores, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const id = operand(args, 0)
  const stream = streamOf(id)
  if ((await journal.last(stream)) === undefined) {
    complain(terminal, `there is no ${id}; look for sign-ins with: esignet tx find`)
    return 1
  }
  const replayed = await replay(journal, stream)
  if (args.json) sayJson(terminal, replayed)
  else if (replayed.difference !== undefined) say(terminal, `Different: ${told(replayed.difference)}`)
  else if (replayed.missing !== undefined) complain(terminal, `cannot be replayed any more: ${replayed.missing} is missing`)
  else
    say(terminal, `Same: ${String(replayed.decisions)} decisions, ${String(replayed.events)} events, decided today as they were recorded.`)
  return replayed.verdict === 'same' ? 0 : replayed.verdict === 'different' ? 1 : 3
}

/** Every sign-in, found by its first event, so that no projection is needed. */
async function* transactions({ journal }: Stores): AsyncGenerator<string> {
  for (let after: Position | undefined; ;) {
    const filter = { types: ['AuthorizationStarted'] }
    const page = await journal.store.readAll({ filter, max: PAGE_EVENTS, ...(after !== undefined && { after }) })
    for (const event of page.events) yield event.stream
    if (page.end || page.next === undefined) return
    after = page.next
  }
}

type Counted = { same: number; different: number; missing_input: number; unreadable: number }

const attempt = async ({ journal }: Stores, stream: string, known: Map<string, Json | undefined>): Promise<Replayed | string> => {
  try {
    return await replay(journal, stream, known)
  } catch (error) {
    if (error instanceof Fault && error.code === 'corrupt') return error.message
    throw error
  }
}

const all = async (machine: Machine, stores: Stores, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const counted: Counted = { same: 0, different: 0, missing_input: 0, unreadable: 0 }
  const found: (Replayed | { readonly stream: string; readonly problem: string })[] = []
  const known = new Map<string, Json | undefined>()
  const line = progressLine(machine)
  let done = 0
  for await (const stream of transactions(stores)) {
    const replayed = await attempt(stores, stream, known)
    counted[typeof replayed === 'string' ? 'unreadable' : replayed.verdict] += 1
    if (typeof replayed === 'string') found.push({ stream, problem: replayed })
    else if (replayed.verdict === 'different') found.push(replayed)
    done += 1
    if (done % 100 === 0) line.show(`${String(done)} replayed`)
    found.splice(TOLD_MAX)
  }
  line.end()
  const { same, different, missing_input: missing, unreadable } = counted
  if (args.json) sayJson(terminal, { ...counted, found })
  else {
    for (const row of found) {
      const what = 'problem' in row ? row.problem : row.difference === undefined ? '' : told(row.difference)
      say(terminal, `${row.stream}: ${what}`)
    }
    say(
      terminal,
      `${String(same)} same, ${String(different)} different, ${String(missing)} with missing input, ${String(unreadable)} unreadable.`,
    )
  }
  return different + unreadable > 0 ? 1 : 0
}

export const txReplay: Verb = {
  name: 'tx replay',
  operands: '[ID]',
  summary: "run today's rules over what was recorded, and compare",
  help: [
    'Nothing is written and nobody is asked. Exit code 1: the rules decide otherwise',
    'today; the first difference is named. 3: what the decision read is gone.',
  ],
  options: { all: { type: 'boolean' } },
  optionHelp: { all: 'every sign-in there is, instead of ID' },
  run: (machine, args) => {
    if (args.flag('all') === args.operands.length > 0) throw new UsageError('usage: esignet tx replay ID, or: esignet tx replay --all')
    return withStores(machine, args, 'existing', (stores) => (args.flag('all') ? all(machine, stores, args) : one(machine, stores, args)))
  },
}
