import { caughtUp } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { readInstant } from './instants.ts'
import { say, sayJson, shortInstant, table } from './output.ts'
import { UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import type { Instant } from '../../domain/ports.ts'
import type { Stage } from '../../domain/transaction/state.ts'
import type { LiveRow } from '../../projections/live.ts'

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 10_000
const PAGE_ROWS = 1000

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

type Wanted = {
  readonly client?: string
  readonly stage?: string
  readonly since?: Instant
  readonly until?: Instant
  readonly limit: number
}

const readLimit = (text: string | undefined): number => {
  const limit = text === undefined ? LIMIT_DEFAULT : Number(text)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new UsageError(`--limit: a number from 1 to ${String(LIMIT_MAX)}`)
  return limit
}

const wantedOf = ({ clock }: Machine, args: Args): Wanted => {
  const [client, stage, since, until] = ['client', 'stage', 'since', 'until'].map(args.text)
  if (stage !== undefined && !Object.hasOwn(STAGES, stage)) throw new UsageError(`--stage: one of ${Object.keys(STAGES).join(', ')}`)
  return {
    ...(client !== undefined && { client }),
    ...(stage !== undefined && { stage }),
    ...(since !== undefined && { since: readInstant(clock, 'since', since) }),
    ...(until !== undefined && { until: readInstant(clock, 'until', until) }),
    limit: readLimit(args.text('limit')),
  }
}

/** The newest first. */
const find = async ({ views }: Stores, { client, stage, since, until, limit }: Wanted): Promise<readonly LiveRow[]> => {
  const found: LiveRow[] = []
  const where = { ...(client !== undefined && { client }), ...(stage !== undefined && { stage }) }
  for (let after = until; found.length < limit;) {
    const asked = Math.min(PAGE_ROWS, limit - found.length)
    const page = await views.list('live', 'transactions', {
      where,
      orderBy: 'started',
      descending: true,
      limit: asked,
      ...(after !== undefined && { after }),
    })
    // The projection wrote them in this shape.
    const rows = (page as unknown as readonly LiveRow[]).filter((row) => since === undefined || row.started_at >= since)
    found.push(...rows)
    if (rows.length < asked) return found
    after = rows.at(-1)?.started
  }
  return found
}

const stageOf = ({ stage, failure }: LiveRow): string => (failure === null ? stage : `${stage}: ${failure.replaceAll('_', ' ')}`)

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const wanted = wantedOf(machine, args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    await caughtUp(machine, stores, 'live')
    const rows = await find(stores, wanted)
    if (args.json)
      sayJson(
        terminal,
        rows.map(({ started: _started, ...row }) => row),
      )
    else if (rows.length === 0) say(terminal, 'No transaction was found.')
    else {
      const cells = rows.map((row) => [shortInstant(row.started_at), row.transaction, row.client, stageOf(row)])
      terminal.out(table(terminal.columns, ['STARTED (UTC)', 'TRANSACTION', 'CLIENT', 'STAGE'], cells))
    }
    return 0
  })
}

export const txFind: Verb = {
  name: 'tx find',
  operands: '',
  summary: 'sign-ins, newest first',
  help: ['Stages:', ...Object.entries(STAGES).map(([stage, words]) => `  ${stage.padEnd(13)} ${words}`)],
  options: {
    client: { type: 'string' },
    stage: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
    limit: { type: 'string' },
  },
  optionHelp: {
    client: 'of this relying party',
    stage: 'at this stage',
    since: 'started from then on: 2026-11-24, 2026-11-24T12:00Z, 30m, 2h, 7d',
    until: 'started before then',
    limit: `at most so many (default ${String(LIMIT_DEFAULT)})`,
  },
  run,
}
