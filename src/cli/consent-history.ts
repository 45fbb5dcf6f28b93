import type { Machine } from './context.ts'
import { readInstant } from './instants.ts'
import { look, LOOKING, readLooker } from './look-options.ts'
import { complain, printable, shortInstant } from './output.ts'
import { required, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { consentLines } from '../consents/lines.ts'

const KEY_BYTES = 32

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal, clock, chance } = machine
  const client = required(args, 'consent history', 'client', 'CLIENT')
  const looker = readLooker(args)
  const instants = (['from', 'to'] as const).map((option) => [option, args.text(option)] as const)
  const period = Object.fromEntries(
    instants.flatMap(([option, text]) => (text === undefined ? [] : [[option, readInstant(clock, option, text)]])),
  ) as { readonly from?: string; readonly to?: string }
  return withStores(machine, args, 'existing', async (stores) => {
    await look(machine, stores, { ...looker, what: 'consent_history', client, ...period })
    let lines = 0
    for await (const line of consentLines(stores.journal.store, { client, ...period }, chance.bytes(KEY_BYTES))) {
      lines += 1
      const { at, agreement, what, by, agreed } = line
      const names = agreed === undefined ? '' : [...agreed.claims, ...agreed.verified_claims].join(', ')
      const plain = `${shortInstant(at)}  ${agreement}  ${[what.replaceAll('_', ' '), by && `by ${by}`, names].filter(Boolean).join('  ')}`
      terminal.out(`${printable(args.json ? JSON.stringify(line) : plain)}\n`)
    }
    if (lines === 0) complain(terminal, 'nothing is recorded in this period')
    return 0
  })
}

export const consentHistoryVerb: Verb = {
  name: 'consent history',
  operands: '',
  summary: 'what happened to the consents towards a relying party; never who gave them',
  help: [
    'One line an event, as they are read; with --json one JSON text a line.',
    'An agreement is named by a key made for this answer. Fields: ops/consent.md.',
  ],
  options: { client: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, ...LOOKING.options },
  optionHelp: {
    client: 'towards this relying party',
    from: 'from then on: 2026-11-24, 2026-11-24T12:00Z, 30m, 2h, 7d',
    to: 'until then',
    ...LOOKING.optionHelp,
  },
  run,
}
