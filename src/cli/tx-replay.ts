import type { Machine, Stores } from './context.ts'
import { complain, progressLine, say, sayJson, table } from './output.ts'
import { streamOf } from './streams.ts'
import { stringify } from './text.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import type { Difference } from '../replay/difference.ts'
import { replayAll, type ReplayedAll } from '../replay/replay-all.ts'
import { replay } from '../replay/replay.ts'
import type { Progress } from '../replay/walk.ts'

/** Streams that cannot be read, told one by one; the others are counted. */
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

/** Where a walk through the log stands, and how fast it goes. */
export const walked = (machine: Machine): { readonly show: Progress; readonly end: () => void } => {
  const line = progressLine(machine)
  return {
    show: ({ signIns, events, at }) => line.show(`${String(signIns)} sign-ins, ${String(events)} events, until ${at?.slice(0, 16) ?? ''}`),
    end: line.end,
  }
}

const sayGroups = ({ terminal }: Machine, { groups, missing, problems }: ReplayedAll): void => {
  if (groups.length > 0) {
    const cells = groups.map(({ kind, streams, first, examples }) => [kind, String(streams), `${told(first)}; e.g. ${examples[0] ?? ''}`])
    terminal.out(table(terminal.columns, ['KIND', 'STREAMS', 'FIRST DIFFERENCE'], cells))
  }
  for (const { what, streams, example } of missing) say(terminal, `Missing in ${String(streams)} streams: ${what}; e.g. ${example}`)
  for (const { stream, problem } of problems.slice(0, TOLD_MAX)) say(terminal, `${stream}: ${problem}`)
}

const all = async (machine: Machine, { journal }: Stores, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const line = walked(machine)
  const replayed = await replayAll(journal, line.show).finally(line.end)
  const { streams, signIns, decisions, same, different, missing_input: missing, unreadable } = replayed
  if (args.json) sayJson(terminal, replayed)
  else {
    sayGroups(machine, replayed)
    say(
      terminal,
      `${String(streams)} streams, ${String(signIns)} of them sign-ins; ${String(decisions)} decisions were made again.`,
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
  optionHelp: { all: 'everything that was ever decided, instead of ID; differences are grouped' },
  run: (machine, args) => {
    if (args.flag('all') === args.operands.length > 0) throw new UsageError('usage: esignet tx replay ID, or: esignet tx replay --all')
    return withStores(machine, args, 'looking', (stores) => (args.flag('all') ? all(machine, stores, args) : one(machine, stores, args)))
  },
}
