import { caughtUp } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { complain, facts, say, sayJson, shortInstant, table } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { withdrawConsent } from '../steps/withdraw.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import type { ConsentRow } from '../../projections/consents.ts'

const ROWS_MAX = 1000

const idOf = (args: Args): string => {
  const id = operand(args, 0)
  if (!/^[A-Za-z0-9_-]{43}$/.test(id)) throw new UsageError('ID has 43 characters; see: esignet consent list')
  return id
}

/** Nothing is recorded when an agreement runs out, so the clock says it. */
const statusOf = (machine: Machine, { status, expires_at: expiresAt }: ConsentRow): string =>
  status === 'given' && expiresAt <= machine.clock.now() ? 'expired' : status

const rowOf = async ({ views }: Stores, id: string): Promise<ConsentRow | undefined> =>
  // The projection wrote it in this shape.
  (await views.get('consents', 'consents', id)) as unknown as ConsentRow | undefined

const list = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    await caughtUp(machine, stores, 'consents')
    const client = args.text('client')
    const found = await stores.views.list('consents', 'consents', {
      ...(client !== undefined && { where: { client } }),
      orderBy: 'given_at',
      descending: true,
      limit: ROWS_MAX,
    })
    const rows = (found as unknown as readonly ConsentRow[]).map((row) => ({ ...row, status: statusOf(machine, row) }))
    if (args.json) sayJson(terminal, rows)
    else if (rows.length === 0) say(terminal, 'No consent is recorded.')
    else {
      // The id is what the other commands take, so it stands whole: only the last column is ever broken.
      const cells = rows.map((row) => [row.consent, row.status, row.given_at.slice(0, 10), row.client])
      terminal.out(table(terminal.columns, ['CONSENT', 'STATUS', 'GIVEN', 'CLIENT'], cells))
      if (rows.length === ROWS_MAX) complain(terminal, `only the newest ${String(ROWS_MAX)} are shown; narrow it with --client`)
    }
    return 0
  })

const namesOf = (names: readonly string[]): string => names.join(', ') || '(none)'

const show = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const id = idOf(args)
    await caughtUp(machine, stores, 'consents')
    const row = await rowOf(stores, id)
    if (row === undefined) {
      complain(terminal, `there is no consent ${id}; see: esignet consent list`)
      return 1
    }
    const status = statusOf(machine, row)
    if (args.json) sayJson(terminal, { ...row, status })
    else {
      const { notice } = row
      terminal.out(
        facts(terminal.columns, [
          ['consent', row.consent],
          ['client', row.client],
          ['status', status],
          ['claims', namesOf(row.claims)],
          ['refused', namesOf(row.refused)],
          ['scopes', namesOf(row.scopes)],
          ['purpose', row.purpose ?? '(none)'],
          ['notice', `version ${notice.version}, ${notice.language}, ${notice.digest}`],
          ['given', `${shortInstant(row.given_at)} by ${row.by}`],
          ['expires', shortInstant(row.expires_at)],
          ['withdrawn', row.withdrawn_at === null ? '-' : shortInstant(row.withdrawn_at)],
          ['used', `${String(row.uses)} times, last ${shortInstant(row.used_at)}`],
        ]),
      )
    }
    return 0
  })

const SAID: Partial<Record<RefusalCode, string>> = {
  consent_unknown: 'is not there; see: esignet consent list',
  consent_withdrawn: 'is withdrawn already',
}

const withdraw = (machine: Machine, args: Args): Promise<ExitCode> => {
  const consent = idOf(args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal, chance, clock } = machine
    const id = chance.uuid()
    const refusal = await withdrawConsent(await machine.deciding(stores), { consent, id, causation: id, at: clock.now() }, 'operator')
    if (refusal !== undefined) {
      complain(terminal, `consent ${consent} ${SAID[refusal] ?? `was refused: ${refusal}`}`)
      return 1
    }
    await caughtUp(machine, stores, 'consents')
    if (args.json) sayJson(terminal, await rowOf(stores, consent))
    else say(terminal, 'The consent is withdrawn: every code and token that rested on it is dead.')
    return 0
  })
}

export const consentVerbs: readonly Verb[] = [
  {
    name: 'consent list',
    operands: '',
    summary: 'consents, newest first; never who gave them',
    options: { client: { type: 'string' } },
    optionHelp: { client: 'towards this relying party' },
    run: list,
  },
  { name: 'consent show', operands: 'ID', summary: 'what was agreed to, on which notice, until when', run: show },
  { name: 'consent withdraw', operands: 'ID', summary: 'withdraw a consent; its codes and tokens die', run: withdraw },
]
