import { readInput } from './client.ts'
import { complain, say, sayJson } from './output.ts'
import { operand, required, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import type { Machine } from './context.ts'
import { withStores } from './with-stores.ts'
import { exportCase, importCase, readCase } from '../case-file.ts'
import { isTransaction } from '../crypto/ids.ts'
import { transactionStream } from '../../domain/streams.ts'

async function* whole(text: string): AsyncGenerator<string> {
  yield text
}

const exportOne = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal, files, clock } = machine
  const id = operand(args, 0)
  if (!isTransaction(id)) throw new UsageError('ID is a transaction: tx_ and 24 characters')
  const path = required(args, 'tx export ID', 'out', 'FILE')
  return withStores(machine, args, 'looking', async ({ journal }) => {
    if ((await journal.last(transactionStream(id))) === undefined) {
      complain(terminal, `there is no ${id}; look for sign-ins with: esignet tx find`)
      return 1
    }
    const told = await exportCase(journal, id, clock.now())
    const { sha256 } = await files.write(path, whole(`${JSON.stringify(told, undefined, 1)}\n`))
    const counts = { transaction: id, events: told.events.length, artefacts: told.artefacts.length, sha256 }
    if (args.json) sayJson(terminal, { ...counts, holds: told.holds })
    else
      say(
        terminal,
        `${id}, ${String(counts.events)} events and ${String(counts.artefacts)} artefacts, is in ${path} (SHA-256 ${sha256}).`,
        told.holds,
      )
    return 0
  })
}

const importOne = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const folder = required(args, 'tx import FILE', 'data', 'DIR')
  const told = readCase(await readInput(machine, operand(args, 0)))
  return withStores(machine, args, 'new', async ({ journal }) => {
    await importCase(journal.store, told)
    const { transaction, events, exportedAt } = told
    if (args.json) sayJson(terminal, { transaction, events: events.length, exportedAt })
    else
      say(
        terminal,
        `${transaction}, ${String(events.length)} events, holds and is in ${folder}.`,
        `Go on with: esignet tx show ${transaction} --data ${folder}`,
      )
    return 0
  })
}

export const txCaseVerbs: readonly Verb[] = [
  {
    name: 'tx export',
    operands: 'ID',
    summary: 'write one sign-in into a file, with the rules that it was decided under',
    help: [
      'It holds no claim value, no identifier that a person knows and no secret, and',
      'says so itself. The counters of the person stay here.',
    ],
    options: { out: { type: 'string' } },
    optionHelp: { out: 'the file; it must not be there yet' },
    run: exportOne,
  },
  {
    name: 'tx import',
    operands: 'FILE|-',
    summary: 'check an exported sign-in and put it into a folder for cases',
    help: ['--data names a folder of its own, never that of a broker. Exit code 1: the file', 'is not what was exported.'],
    run: importOne,
  },
]
