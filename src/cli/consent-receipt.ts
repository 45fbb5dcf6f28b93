import type { Machine } from './context.ts'
import { idOf } from './consent-which.ts'
import { look, LOOKING, readLooker } from './look-options.ts'
import { complain, facts, say, sayJson } from './output.ts'
import { operand, required, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { consentHistory } from '../consents/history.ts'
import { dpvOf } from '../consents/dpv.ts'
import { receiptMoments, receiptOf, signReceipt } from '../consents/receipt.ts'
import { keysIn, verifyReceipt } from '../consents/verify-receipt.ts'
import { textOf } from '../text-of.ts'
import { brandOf } from '../ui/brand.ts'

const make = (machine: Machine, args: Args): Promise<ExitCode> => {
  const consent = idOf(args)
  const wanted = args.operands[1] === undefined ? undefined : Number(args.operands[1])
  if (wanted !== undefined && !Number.isSafeInteger(wanted)) throw new UsageError('REVISION is a number; see: esignet consent show')
  const looker = readLooker(args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal, clock, timers } = machine
    const { journal, states, settings } = stores
    await look(machine, stores, { ...looker, what: 'consent_receipt' })
    const moments = receiptMoments((await consentHistory(journal, consent)).moments)
    const revision = wanted ?? moments.at(-1)?.revision ?? -1
    const brand = brandOf(settings.brand ?? {}, settings.timeZone)
    const receipt = await receiptOf({ journal, states, settings, brand }, consent, revision)
    if (receipt === undefined) {
      complain(terminal, `no receipt is due for this: consent ${consent}, event ${String(revision)}`)
      return 1
    }
    if (args.flag('dpv')) {
      sayJson(terminal, dpvOf(receipt))
      return 0
    }
    const keys = await machine.keys(settings)
    const signed = await signReceipt({ journal, states, settings, clock, timers, keys }, receipt)
    if (args.json) sayJson(terminal, { receipt, signed })
    else terminal.out(`${signed}\n`)
    return 0
  })
}

const verify = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal, files } = machine
  const path = required(args, 'consent receipt verify', 'keys', 'FILE')
  const file = operand(args, 0)
  const keys = keysIn(await files.text(path))
  if (keys === undefined) throw new UsageError(`--keys: ${path} holds no set of keys (RFC 7517)`)
  const verdict = verifyReceipt(file === '-' ? await terminal.input() : await files.text(file), keys)
  if (args.json) sayJson(terminal, verdict)
  if (!verdict.ok) {
    if (!args.json) complain(terminal, verdict.problem)
    return 1
  }
  if (args.json) return 0
  const { receipt, issuer, kid } = verdict
  const last = (receipt['events'] as readonly { readonly [member: string]: unknown }[]).at(-1) ?? {}
  say(terminal, 'The receipt is whole, and was signed by the key that it names.')
  terminal.out(
    facts(terminal.columns, [
      ['issuer', issuer],
      ['key', kid],
      ['receipt', textOf(receipt['receipt_id'])],
      ['at', textOf(last['event_time'])],
      ['state', textOf(last['event_state'])],
    ]),
  )
  return 0
}

export const consentReceipt: readonly Verb[] = [
  {
    name: 'consent receipt',
    operands: 'ID [REVISION]',
    summary: 'a signed receipt (ISO/IEC TS 27560) of a consent given, changed or withdrawn',
    help: ['Without REVISION: of what happened last. Revisions are in: esignet consent show'],
    options: { dpv: { type: 'boolean' }, ...LOOKING.options },
    optionHelp: { dpv: 'unsigned, in the Data Privacy Vocabulary (JSON-LD)', ...LOOKING.optionHelp },
    run: make,
  },
  {
    name: 'consent receipt verify',
    operands: 'FILE|-',
    summary: 'check a receipt with the published keys alone, without a network',
    help: ['The keys are at /.well-known/receipt-keys.json of the issuer: save them once.'],
    options: { keys: { type: 'string' } },
    optionHelp: { keys: 'file with the published keys' },
    run: verify,
  },
]
