import { allProjections, runTools } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { complain, progressLine, say, sayJson } from './output.ts'
import { required, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { exportEvents, verifyEvents } from '../audit/events.ts'
import { importEvents } from '../audit/import.ts'
import type { Findings } from '../audit/finding.ts'
import { AUDIT_LOG } from '../audit/records.ts'
import { verifyAuditLog } from '../audit/verify.ts'
import { beginDeliveriesHere } from '../reactors/deliveries.ts'
import { drop } from '../../projections/rebuild.ts'
import { tablesOf } from '../../projections/tell.ts'

const exportAll = (machine: Machine, args: Args): Promise<ExitCode> => {
  const path = required(args, 'events export', 'out', 'FILE')
  return withStores(machine, args, 'existing', async ({ journal }) => {
    const { terminal, files } = machine
    const line = progressLine(machine)
    const written = await exportEvents(journal.store, files, path, (events) => line.show(`${String(events)} events written`)).finally(
      line.end,
    )
    if (args.json) sayJson(terminal, written)
    else say(terminal, `${String(written.events)} events are in ${path} (SHA-256 ${written.sha256}, content ${written.content}).`)
    return 0
  })
}

const importAll = (machine: Machine, args: Args): Promise<ExitCode> => {
  const path = required(args, 'events import', 'in', 'FILE')
  return withStores(machine, args, 'new', async (stores) => {
    const { journal, views } = stores
    const { terminal, files, timers } = machine
    const line = progressLine(machine)
    const progress = {
      compared: (events: number): void => line.show(`${String(events)} events compared`),
      appended: (events: number): void => line.show(`${String(events)} events appended`),
    }
    const beginning = async (): Promise<void> => {
      for (const projection of allProjections()) {
        await drop(runTools(machine, stores), projection)
        await views.open(projection.name, projection.version, tablesOf(projection))
        await views.drop(projection.name)
      }
    }
    const { store } = journal
    const imported = await importEvents({ store, timers, progress, beginning }, () => files.pull(path)).finally(line.end)
    await beginDeliveriesHere(store, timers)
    if (args.json) sayJson(terminal, imported)
    else {
      const { events, appended, content } = imported
      say(terminal, `The store holds the ${String(events)} events of ${path}, ${String(appended)} of them new (content ${content}).`)
    }
    return 0
  })
}

/**
 * Two events of different streams that changed places leave every stream whole: the audit log remembers the order. It is taken as far
 * as it goes, and not led on first over events that may have been changed.
 */
const orderFindings = async ({ journal, views }: Stores): Promise<Findings | undefined> => {
  const log = allProjections().find(({ name }) => name === AUDIT_LOG)
  if (log === undefined) return undefined
  await views.open(log.name, log.version, tablesOf(log))
  const { wrong, first } = await verifyAuditLog({ source: journal.source, views })
  return first && { wrong, first: { ...first, problem: `the audit log remembers it otherwise: ${first.problem}` } }
}

const verify = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const line = progressLine(machine)
    const alone = await verifyEvents(stores.journal.store, (events) => line.show(`${String(events)} events checked`)).finally(line.end)
    const verdict = { ...alone, ...(alone.first === undefined && (await orderFindings(stores))) }
    const { wrong, first, events, streams } = verdict
    if (args.json) sayJson(terminal, verdict)
    if (first === undefined) {
      if (!args.json) say(terminal, `${String(events)} events in ${String(streams)} streams hold.`)
      return 0
    }
    const position = first.position === undefined ? '' : `position ${first.position}, `
    const event = first.stream === undefined ? 'the log' : `event ${String(first.revision)} of ${first.stream}`
    complain(terminal, `wrong: ${position}${event}: ${first.problem}; ${String(wrong)} wrong in all, ${String(events)} events read`)
    return 1
  })

const backup = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const path = required(args, 'events backup', 'to', 'FILE')
  const { terminal } = machine
  const line = progressLine(machine)
  const share = (done: number, total: number): string => (total === 0 ? '' : `${String(Math.floor((100 * done) / total))} % copied`)
  const position = await machine.backup(args.opening, path, (done, total) => line.show(share(done, total))).finally(line.end)
  if (args.json) sayJson(terminal, { file: path, position: position ?? null })
  else say(terminal, `The events up to position ${position ?? '(none)'} are in ${path}.`, 'Keys are not in it: back them up apart.')
  return 0
}

export const eventVerbs: readonly Verb[] = [
  {
    name: 'events export',
    operands: '',
    summary: 'write every event into a file, one JSON text a line',
    options: { out: { type: 'string' } },
    optionHelp: { out: 'the file; it must not be there yet' },
    run: exportAll,
  },
  {
    // That it was refused is recorded nowhere: the store it is about holds the beginning of the export, and nothing else.
    name: 'events import',
    operands: '',
    summary: 'bring an export into the store of the settings',
    help: [
      'What is there already must be the beginning of the export: run it again to go',
      'on after an interruption. No broker may run on the store. Ids, order and',
      'metadata are kept; at the end everything is read back and compared, and the',
      'content digest is the one that the export printed.',
    ],
    options: { in: { type: 'string' } },
    optionHelp: { in: 'the file that `events export` wrote' },
    run: importAll,
  },
  {
    name: 'events verify',
    operands: '',
    summary: 'read every event and check digests, schemas and order',
    help: [
      'The order is held against the audit log too, as far as that goes.',
      'Exit code 1: something is wrong; the first wrong event is named.',
    ],
    run: verify,
  },
  {
    name: 'events backup',
    operands: '',
    summary: 'copy the events into one file, also while the broker runs',
    options: { to: { type: 'string' } },
    optionHelp: { to: 'the file; it must not be there yet' },
    run: backup,
  },
]
