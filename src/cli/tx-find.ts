import { caughtUp } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { readInstant } from './instants.ts'
import { look, LOOKING, readLooker } from './look-options.ts'
import { progressLine, shortInstant, streamedJson, streamedTable } from './output.ts'
import { AMONG, personOn } from './person-on.ts'
import { UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { correlated, findTransactions, ofPerson, positionOfFirstSince, transactionsWith, type Wanted } from '../find-transactions.ts'
import { isTransaction } from '../crypto/ids.ts'
import type { Stage } from '../../domain/transaction/state.ts'
import { transactionStream } from '../../domain/streams.ts'
import type { LiveRow } from '../../projections/live.ts'

export const LIMIT_DEFAULT = 20
const ALL = 'all'

const STAGES: Readonly<Record<Exclude<Stage, 'none'>, string>> = {
  started: 'waits for a browser',
  opened: 'waits for a proof',
  authenticated: 'waits for consent',
  consented: 'waits for the claims',
  code_issued: 'waits for the relying party',
  exchanged: 'tokens live',
  revoked: 'consent was withdrawn',
  failed: 'failed',
  expired: 'time ran out',
  closed: 'over',
}

export const readLimit = (text: string | undefined): number => {
  const limit = text === undefined ? LIMIT_DEFAULT : text === ALL ? Infinity : Number(text)
  if (limit !== Infinity && (!Number.isSafeInteger(limit) || limit < 1)) throw new UsageError('--limit: a number from 1, or all')
  return limit
}

const WORD = /^[a-z0-9_]{1,64}$/
const REFERENCE = /^[A-Z0-9]{4}$/
const CORRELATION = /^[A-Za-z0-9_.:-]{8,100}$/

const checked = (args: Args, option: string, pattern: RegExp, what: string): string | undefined => {
  const text = args.text(option)
  if (text !== undefined && !pattern.test(text)) throw new UsageError(`--${option}: ${what}`)
  return text
}

/** Which sign-ins, as the command line says it. */
export const wantedOf = ({ clock }: Machine, args: Args): Wanted => {
  const [client, stage, since, until] = ['client', 'stage', 'since', 'until'].map(args.text)
  if (stage !== undefined && !Object.hasOwn(STAGES, stage)) throw new UsageError(`--stage: one of ${Object.keys(STAGES).join(', ')}`)
  const factor = checked(args, 'factor', WORD, 'a word: otp, pin, password, ...')
  const error = checked(args, 'error', WORD, 'a word, as it is recorded: wrong, limited, unavailable, ...')
  const reference = checked(args, 'reference', REFERENCE, 'the four characters that the page shows')
  return {
    ...(client !== undefined && { client }),
    ...(stage !== undefined && { stage }),
    ...(factor !== undefined && { factor }),
    ...(error !== undefined && { error }),
    ...(reference !== undefined && { reference }),
    ...(since !== undefined && { since: readInstant(clock, 'since', since) }),
    ...(until !== undefined && { until: readInstant(clock, 'until', until) }),
  }
}

/** Whose logins: by the identifier on standard input, or the same person's as one login's. Both are looks, and recorded before anything is shown. */
const personFor = async (machine: Machine, stores: Stores, args: Args, { client }: Wanted): Promise<string | undefined> => {
  const looker = readLooker(args)
  const same = args.text('same-person-as')
  if (same !== undefined && !isTransaction(same)) throw new UsageError('--same-person-as: a transaction')
  const refIn = async (transaction: string): Promise<string | undefined> => {
    const events = await stores.journal.read(transactionStream(transaction))
    return events.map(({ data }) => data['person']).find((person) => typeof person === 'string')
  }
  const person = same === undefined ? (await personOn(machine, stores, args.text('id-system')))?.person.ref : await refIn(same)
  const narrowed = { ...(client !== undefined && { client }), ...(person !== undefined && { person }) }
  await look(machine, stores, { ...looker, what: 'sign_ins', ...narrowed })
  return person
}

const source = async (machine: Machine, stores: Stores, args: Args, wanted: Wanted): Promise<AsyncGenerator<LiveRow>> => {
  const { journal, views } = stores
  const correlation = checked(args, 'correlation', CORRELATION, 'the id of a request, an event, a command, a consent or a transaction')
  if (correlation === undefined && !isAboutPerson(args)) return findTransactions(views, wanted)
  const person = isAboutPerson(args) ? await personFor(machine, stores, args, wanted) : undefined
  if (isAboutPerson(args) && person === undefined) return none()
  const after = wanted.since === undefined ? undefined : await positionOfFirstSince(views, wanted.since)
  const line = progressLine(machine)
  const matches = person === undefined ? correlated(correlation ?? '') : ofPerson(person)
  return transactionsWith(journal, views, matches, { ...wanted, ...(after !== undefined && { after }) }, (events) =>
    line.show(`${String(events)} events looked through`),
  )
}

const isAboutPerson = (args: Args): boolean => args.flag('person') || args.text('same-person-as') !== undefined

const stageOf = ({ stage, errors }: LiveRow): string =>
  errors.length === 0 ? stage : `${stage}: ${errors.join(', ').replaceAll('_', ' ')}`

const HEADS = ['STARTED (UTC)', 'TRANSACTION', 'CLIENT', 'STAGE'] as const

export async function* first<Row>(rows: AsyncGenerator<Row>, limit: number): AsyncGenerator<Row> {
  let told = 0
  for await (const row of rows) {
    yield row
    told += 1
    if (told >= limit) return
  }
}

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const wanted = wantedOf(machine, args)
  const limit = readLimit(args.text('limit'))
  return withStores(machine, args, isAboutPerson(args) ? 'existing' : 'looking', async (stores) => {
    const { terminal } = machine
    await caughtUp(machine, stores, 'live')
    const rows = first(await source(machine, stores, args, wanted), limit)
    if (args.json) await streamedJson(terminal, rows, ({ started: _started, position: _position, ...row }) => row)
    else
      await streamedTable(terminal, { heads: HEADS, empty: 'No transaction was found.' }, rows, (row) => [
        shortInstant(row.started_at),
        row.transaction,
        row.client,
        stageOf(row),
      ])
    return 0
  })
}

async function* none(): AsyncGenerator<LiveRow> {
  // Nobody of that name ever signed in.
}

export const txFind: Verb = {
  name: 'tx find',
  operands: '',
  summary: 'sign-ins, newest first',
  help: [
    'What one person did is found with --person (the identifier comes on standard',
    'input) or --same-person-as; both are recorded, with who looked and why. There is',
    'no index of persons: these, and --correlation, look through the log from --since',
    'on, and tell the oldest first.',
    '',
    'Stages:',
    ...Object.entries(STAGES).map(([stage, words]) => `  ${stage.padEnd(13)} ${words}`),
  ],
  options: {
    client: { type: 'string' },
    stage: { type: 'string' },
    factor: { type: 'string' },
    error: { type: 'string' },
    reference: { type: 'string' },
    correlation: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
    limit: { type: 'string' },
    person: { type: 'boolean' },
    'same-person-as': { type: 'string' },
    ...AMONG.options,
    ...LOOKING.options,
  },
  optionHelp: {
    client: 'of this relying party',
    stage: 'at this stage',
    factor: 'by this factor',
    error: 'where this went wrong, also where it went on: wrong, limited, unavailable, ...',
    reference: 'with these four characters on the page',
    correlation: 'of which something bears this id: of a request, an event, a consent',
    since: 'started from then on: 2026-11-24, 2026-11-24T12:00Z, 30m, 2h, 7d',
    until: 'started before then',
    limit: `at most so many (default ${String(LIMIT_DEFAULT)}), or all`,
    person: 'of the person whose identifier is on standard input',
    'same-person-as': 'of the person of this transaction',
    ...AMONG.optionHelp,
    ...LOOKING.optionHelp,
  },
  run,
}
