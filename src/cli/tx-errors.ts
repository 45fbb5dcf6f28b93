import { caughtUp } from './catch-up.ts'
import type { Machine } from './context.ts'
import { progressLine, say, sayJson, shortInstant, table } from './output.ts'
import { wantedOf } from './tx-find.ts'
import type { Args, ExitCode, Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { summariseErrors } from '../error-summary.ts'

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const wanted = wantedOf(machine, args)
  return withStores(machine, args, 'looking', async (stores) => {
    const { terminal } = machine
    await caughtUp(machine, stores, 'live')
    const line = progressLine(machine)
    const progress = (signIns: number): void => line.show(`${String(signIns)} sign-ins looked through`)
    const groups = await summariseErrors(stores.journal, stores.views, wanted, progress).finally(line.end)
    if (args.json) sayJson(terminal, groups)
    else if (groups.length === 0) say(terminal, 'Nothing went wrong.')
    else {
      const cells = groups.map(({ error, client, factor, signIns, recovered, persons, mostOfOne, first, last, example }) => [
        error.replaceAll('_', ' '),
        client,
        String(signIns),
        `${factor === null ? '' : `by ${factor}, `}${String(recovered)} went on to tokens; ${String(persons)} persons, at most ${String(mostOfOne)} of one; ${shortInstant(first)} to ${shortInstant(last)}; e.g. ${example}`,
      ])
      terminal.out(table(terminal.columns, ['ERROR', 'CLIENT', 'SIGN-INS', 'WHICH'], cells))
    }
    return 0
  })
}

export const txErrors: Verb = {
  name: 'tx errors',
  operands: '',
  summary: 'what went wrong, by error, relying party and factor',
  help: [
    'Where an incident begins: counts, in how many sign-ins of one person something',
    'happened at most (never who that is), and one sign-in to go on with.',
  ],
  options: {
    client: { type: 'string' },
    stage: { type: 'string' },
    factor: { type: 'string' },
    error: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
  },
  optionHelp: {
    client: 'at this relying party',
    stage: 'of sign-ins at this stage; see: esignet tx find --help',
    factor: 'by this factor',
    error: 'this error alone',
    since: 'started from then on: 2026-11-24, 2026-11-24T12:00Z, 30m, 2h, 7d',
    until: 'started before then',
  },
  run,
}
