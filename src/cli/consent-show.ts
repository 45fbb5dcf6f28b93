import { findWhich, readWhich, WHICH } from './consent-which.ts'
import type { Machine } from './context.ts'
import { readInstant } from './instants.ts'
import { look, LOOKING, readLooker } from './look-options.ts'
import { complain, facts, say, sayJson, shortInstant, table } from './output.ts'
import type { Args, ExitCode, Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { consentHistory } from '../consents/history.ts'
import { answerOf } from '../consents/tell.ts'
import { answerAt, type ConsentMoment } from '../../domain/consent/history.ts'

type Told = ReturnType<typeof answerOf>

const namesOf = (names: readonly string[]): string => names.join(', ') || '(none)'

const instant = (at: string | null | undefined): string => (at === null || at === undefined ? '-' : `${shortInstant(at)} UTC`)

const WHO: Readonly<Record<string, string>> = { self: 'the person', operator: 'the operator', service: 'a service' }

const whoIn = ({ withdrawal, transaction }: Pick<ConsentMoment, 'withdrawal' | 'transaction'>): string => {
  if (withdrawal === undefined) return transaction === undefined ? '' : `in ${transaction}`
  const { by, actor, case: reference, service } = withdrawal
  const names = [actor, service, reference !== undefined && `case ${reference}`].filter((name) => typeof name === 'string')
  return `by ${WHO[by] ?? by}${names.length > 0 ? ` (${names.join(', ')})` : ''}`
}

const wordsOf = (moment: Told['history'][number]): string => `${moment.what.replaceAll('_', ' ')} ${whoIn(moment)}`.trim()

const agreedRows = (agreed: NonNullable<Told['agreed']>): readonly (readonly [string, string])[] => [
  ['claims', namesOf(agreed.claims)],
  ...(agreed.verified_claims.length > 0 ? [['verified claims', namesOf(agreed.verified_claims)] as const] : []),
  ['needed', namesOf(agreed.needed)],
  ['refused', namesOf([...agreed.refused, ...agreed.refused_scopes])],
  ['scopes', namesOf(agreed.scopes)],
  ['purpose', agreed.purpose ?? '(none)'],
  ['notice', `version ${agreed.notice.version}, ${agreed.notice.language}, ${agreed.notice.digest}`],
  ['given', `${instant(agreed.given_at)} by ${agreed.given_by} in ${agreed.given_in}`],
]

const print = ({ terminal }: Machine, told: Told): void => {
  const { agreed, history } = told
  say(terminal, `${told.valid ? 'VALID' : 'NOT VALID'} at ${instant(told.at)}: ${told.status}`)
  terminal.out(
    facts(terminal.columns, [
      ['consent', told.consent],
      ['client', told.client ?? '-'],
      ...(agreed === undefined ? [] : agreedRows(agreed)),
      ['stands until', instant(told.until)],
      ['used', `${told.uses === 1 ? 'once' : `${String(told.uses)} times`}, last ${instant(told.last_use?.at)}`],
      ['releases until', instant(told.releases_until)],
      ['then', told.next === null ? 'nothing more' : `${instant(told.next.at)}: ${wordsOf(told.next)}`],
    ]),
  )
  if (history.length === 0) return
  say(terminal, '')
  const rows = history.map((moment) => [shortInstant(moment.at), moment.status, wordsOf(moment)])
  terminal.out(table(terminal.columns, ['AT (UTC)', 'STATUS', 'WHAT'], rows))
}

const show = (machine: Machine, args: Args): Promise<ExitCode> => {
  const which = readWhich(args)
  const looker = readLooker(args)
  const wanted = args.text('at')
  const at = wanted === undefined ? machine.clock.now() : readInstant(machine.clock, 'at', wanted)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const { consents, person } = await findWhich(machine, stores, which)
    // Recorded before anything is shown, also where nothing is found: that nobody agreed is an answer about a person too.
    const looked = { ...looker, what: 'consent_at_an_instant', to: at }
    await look(machine, stores, { ...looked, ...('client' in which && which), ...(person !== undefined && { person }) })
    const histories = await Promise.all(
      consents.map(async (consent) => ({ consent, history: await consentHistory(stores.journal, consent) })),
    )
    const known = histories.filter(({ history }) => history.moments.length > 0)
    const told = known.map(({ consent, history }) => answerOf(consent, answerAt(history, at)))
    if (args.json) sayJson(terminal, told)
    else for (const one of told) print(machine, one)
    if (told.length > 0) return 0
    complain(terminal, 'nothing is recorded: no agreement was ever given or refused')
    return 1
  })
}

export const consentShow: Verb = {
  name: 'consent show',
  operands: '[ID]',
  summary: 'was consent valid at an instant, for what, on which notice',
  help: [
    'esignet consent show --person - --client CLIENT --at 2026-11-24T12:00Z',
    'Exit code 0: something is recorded, valid or not. Fields: ops/consent.md.',
  ],
  options: { ...WHICH.options, at: { type: 'string' }, ...LOOKING.options },
  optionHelp: { ...WHICH.optionHelp, at: 'as it was then (default: now)', ...LOOKING.optionHelp },
  run: show,
}
