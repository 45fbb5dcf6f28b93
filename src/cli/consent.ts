import { caughtUp } from './catch-up.ts'
import { consentHistoryVerb } from './consent-history.ts'
import { consentNotice } from './consent-notice.ts'
import { consentReceipt } from './consent-receipt.ts'
import { consentShow } from './consent-show.ts'
import { findWhich, readWhich, WHICH } from './consent-which.ts'
import type { Machine } from './context.ts'
import { ACTING, readActing } from './look-options.ts'
import { complain, say, sayJson, table } from './output.ts'
import type { Args, ExitCode, Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { withdrawConsent } from '../steps/withdraw.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import type { ConsentRow } from '../../projections/consents.ts'

const ROWS_MAX = 1000

/** Nothing is recorded when an agreement runs out, so the clock says it. */
const statusOf = (machine: Machine, { status, expires_at: expiresAt }: ConsentRow): string =>
  status === 'given' && expiresAt <= machine.clock.now() ? 'expired' : status

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

const SAID: Partial<Record<RefusalCode, string>> = {
  consent_unknown: 'is not there; see: esignet consent list',
  consent_withdrawn: 'is withdrawn already',
}

const withdraw = (machine: Machine, args: Args): Promise<ExitCode> => {
  const which = readWhich(args)
  const acting = readActing(args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal, chance, clock } = machine
    const { consents } = await findWhich(machine, stores, which)
    const deciding = await machine.deciding(stores)
    const refusals = new Map<string, RefusalCode | undefined>()
    for (const consent of consents) {
      const id = chance.uuid()
      const withdrawal = { consent, id, causation: id, at: clock.now() }
      refusals.set(consent, await withdrawConsent(deciding, withdrawal, { by: 'operator', ...acting }))
    }
    const done = [...refusals].filter(([, refusal]) => refusal === undefined).map(([consent]) => consent)
    if (args.json) sayJson(terminal, { withdrawn: done })
    else if (done.length > 0) say(terminal, 'The consent is withdrawn: every code and token that rested on it is dead.')
    if (done.length > 0) return 0
    for (const [consent, refusal] of refusals)
      complain(terminal, `consent ${consent} ${(refusal && SAID[refusal]) ?? `was refused: ${String(refusal)}`}`)
    if (refusals.size === 0) complain(terminal, 'nothing is recorded: no agreement was ever given')
    return 1
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
  consentShow,
  consentHistoryVerb,
  consentNotice,
  ...consentReceipt,
  {
    name: 'consent withdraw',
    acts: true,
    operands: '[ID]',
    summary: 'withdraw a consent; its codes and tokens die',
    help: ['esignet consent withdraw --person - --client CLIENT'],
    options: { ...WHICH.options, ...ACTING.options },
    optionHelp: { ...WHICH.optionHelp, ...ACTING.optionHelp },
    run: withdraw,
  },
]
