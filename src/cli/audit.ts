import { join } from 'node:path'
import { Readable } from 'node:stream'
import { caughtUp } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { look, LOOKING, readLooker } from './look-options.ts'
import { readInstant } from './instants.ts'
import { complain, say, sayJson } from './output.ts'
import { required, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { exportAudit } from '../audit/export.ts'
import type { Findings } from '../audit/finding.ts'
import type { Bound } from '../audit/lines.ts'
import { AUDIT_LOG } from '../audit/records.ts'
import { verifyPackage } from '../audit/verify.mjs'
import { readCompact } from '../crypto/compact.ts'
import { textOf } from '../text-of.ts'
import { checkpoints } from '../deciders.ts'
import { load } from '../handle.ts'
import { Fault } from '../../domain/ports.ts'
import { CHECKPOINTS } from '../../domain/streams.ts'
import { verifyAuditLog } from '../audit/verify.ts'

const boundOf = ({ clock }: Machine, args: Args, option: string): Bound | undefined => {
  const text = args.text(option)
  if (text === undefined) return undefined
  return /^\d{1,15}$/.test(text) ? { n: Number(text) } : { at: readInstant(clock, option, text) }
}

/** A signed statement of ours, characters. */
const STATEMENT_CHARS_MAX = 20_000

/** Whoever exports with other settings than the broker's would name another log than the one that its checkpoints name. */
const warnOfAnotherName = async ({ terminal }: Machine, stores: Stores): Promise<void> => {
  const { issuer } = stores.settings
  const { statement } = (await load(stores, checkpoints, CHECKPOINTS)).state
  const log = statement === undefined ? undefined : readCompact(statement, STATEMENT_CHARS_MAX)?.claims['log']
  if (log !== undefined && log !== issuer)
    complain(
      terminal,
      `the broker's checkpoints are of ${textOf(log)}, the package of ${issuer}: give the broker's own --config or ESIGNET_ISSUER`,
    )
}

const exportLog = (machine: Machine, args: Args): Promise<ExitCode> => {
  const folder = required(args, 'audit export', 'out', 'DIR')
  const looker = readLooker(args)
  const [from, to] = [boundOf(machine, args, 'from'), boundOf(machine, args, 'to')]
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal, files, clock, timers, verifier } = machine
    const auditKeys = await machine.auditKeys(stores.settings)
    await look(machine, stores, { ...looker, what: 'audit_log' })
    await caughtUp(machine, stores, AUDIT_LOG)
    await warnOfAnotherName(machine, stores)
    const request = { folder, at: clock.now(), ...(from && { from }), ...(to && { to }) }
    const manifest = await exportAudit({ ...stores, clock, timers, files, auditKeys, verifier }, request)
    if (args.json) sayJson(terminal, manifest)
    else say(terminal, `${String(manifest.count)} records are in ${folder}. Check them with: node ${join(folder, 'verify.mjs')}`)
    return 0
  })
}

const checkpoint = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal, files } = machine
    const { state } = await load(stores, checkpoints, CHECKPOINTS)
    const { statement, n, chain, position, signedAt, kid } = state
    if (statement === undefined) {
      complain(terminal, 'there is no checkpoint yet: a broker that runs signs one every ten seconds when the audit log has grown')
      return 1
    }
    const out = args.text('out')
    if (out !== undefined) await files.write(out, Readable.from([`${statement}\n`]))
    if (args.json) sayJson(terminal, { n, chain, position, at: signedAt, kid, statement })
    else if (out !== undefined) say(terminal, `The checkpoint over the first ${String(n)} records is in ${out}.`)
    else terminal.out(`${statement}\n`)
    return 0
  })

/** What was found, in one line; the same for the log and for an export. */
const verdict = ({ terminal }: Machine, { json }: Args, found: Findings & { readonly records: number }): ExitCode => {
  const { wrong, first, records } = found
  if (json) sayJson(terminal, found)
  if (first === undefined) {
    if (!json) say(terminal, `${String(records)} records hold: each has the digest of its event, none is missing, the chain is unbroken.`)
    return 0
  }
  const record = first.n === undefined ? '' : `record ${String(first.n)}`
  const event = first.stream === undefined ? '' : `event ${String(first.revision)} of ${first.stream}`
  const place = [record, event].filter((part) => part !== '').join(', ')
  complain(
    terminal,
    `wrong: ${place === '' ? '' : `${place}: `}${first.problem}; ${String(wrong)} wrong in all, ${String(records)} records read`,
  )
  return 1
}

/** What is no package, or cannot be compared with, is named. */
const verifyFolder = async (folder: string, since: string | undefined) => {
  try {
    return await verifyPackage(folder, since === undefined ? {} : { since: [since] })
  } catch (error) {
    throw new Fault('invalid', error instanceof Error ? error.message : 'the folder cannot be read', { cause: error })
  }
}

const verify = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const folder = args.text('dir')
  if (folder !== undefined) {
    if (args.text('data') !== undefined) throw new UsageError('--dir looks at an exported folder, --data at a broker: give one of them')
    const since = args.text('since')
    return verdict(machine, args, await verifyFolder(folder, since))
  }
  return withStores(machine, args, 'existing', async (stores) => {
    await caughtUp(machine, stores, AUDIT_LOG)
    return verdict(machine, args, await verifyAuditLog({ source: stores.journal.source, views: stores.views }))
  })
}

export const auditVerbs: readonly Verb[] = [
  {
    name: 'audit export',
    operands: '',
    summary: 'write the audit log into a signed folder that checks by itself',
    options: { out: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, ...LOOKING.options },
    optionHelp: {
      out: 'the folder; its files must not be there yet',
      from: 'from this record (a number) or instant on: 2026-11-24, 7d',
      to: 'up to this record or instant',
      ...LOOKING.optionHelp,
    },
    run: exportLog,
  },
  {
    name: 'audit checkpoint',
    operands: '',
    summary: 'the last signed checkpoint: keep it, and a cut or rewritten log shows',
    options: { out: { type: 'string' } },
    optionHelp: { out: 'the file; it must not be there yet' },
    run: checkpoint,
  },
  {
    name: 'audit verify',
    operands: '',
    summary: 'hold the audit log against the events, or an export against itself',
    help: ['Exit code 1: something is wrong; the first bad record is named.'],
    options: { dir: { type: 'string' }, since: { type: 'string' } },
    optionHelp: {
      dir: 'an exported folder, instead of the log',
      since: 'with --dir: a checkpoint or an older package that you hold, to compare with',
    },
    run: verify,
  },
]
