import { allProjections, caughtUp } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { readDuration } from './instants.ts'
import { duration } from './lag.ts'
import { complain, progressLine, streamedJson, streamedTable } from './output.ts'
import { first, LIMIT_DEFAULT, readLimit } from './tx-find.ts'
import type { Args, ExitCode, Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { stuckLogins, stuckProjections, type Stuck } from '../stuck.ts'
import { measuredLimits, sameLimits } from '../stuck-limits.ts'
import type { StepName } from '../login-steps.ts'
import { Fault } from '../../domain/ports.ts'

const AWAITED: Readonly<Record<StepName, string>> = {
  open: 'no browser came for a pushed request',
  prove: 'the person proves nothing',
  consent: 'the person does not decide',
  redeem: 'the relying party does not fetch its tokens',
  send: 'the ID system was asked to send a code, and nobody says whether it did',
  verify: 'the ID system was given a proof, and gave no verdict',
  release: 'the person agreed, and the ID system has not released anything',
}

const sentence = ({ rules, step, projection }: Stuck): string => {
  const awaited = step === null ? '' : AWAITED[step]
  switch (rules[0]) {
    case 'projection_behind':
      return `${String(projection)} has not told what happened then: see projection list`
    case 'end_without_record':
      return 'it is over, and the audit log does not know it'
    case 'not_ended':
      return 'its time ran out, and nobody ended it: no broker runs, or its reactors do not'
    case 'consent_without_token':
      return `the person agreed, and no token came of it${awaited === '' ? '' : `: ${awaited}`}`
    case 'unreadable':
      return 'its events cannot be trusted: see events verify'
    case 'effect_without_end':
    case 'silent':
      return awaited
  }
}

const why = (stuck: Stuck): string => {
  const { client, limitS } = stuck
  const limit = limitS === 0 ? '' : ` (limit ${duration(limitS * 1000)})`
  return `${client === null ? '' : `${client}: `}${sentence(stuck)}${limit}`
}

async function* found(machine: Machine, stores: Stores, olderS: number | undefined): AsyncGenerator<Stuck> {
  const { journal, views } = stores
  const now = machine.clock.now()
  // Before this process tells anything itself.
  yield* stuckProjections({ journal, views, projections: allProjections() }, now)
  try {
    await caughtUp(machine, stores, 'live')
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'unavailable') throw error
    complain(machine.terminal, `${error.message}; what follows is what it knew before`)
  }
  const line = progressLine(machine)
  const show = (what: string) => (logins: number) => line.show(`${String(logins)} sign-ins ${what}`)
  try {
    const limits = olderS === undefined ? await measuredLimits(journal, views, show('measured')) : sameLimits(olderS)
    yield* stuckLogins({ journal, views }, limits, now, show('looked at'))
  } finally {
    line.end()
  }
}

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const older = args.text('older')
  const olderS = older === undefined ? undefined : readDuration('older', older)
  const limit = readLimit(args.text('limit'))
  return withStores(machine, args, 'looking', async (stores) => {
    const { terminal } = machine
    let count = 0
    const counted = async function* (): AsyncGenerator<Stuck> {
      for await (const stuck of first(found(machine, stores, olderS), limit)) {
        count += 1
        yield stuck
      }
    }
    if (args.json) await streamedJson(terminal, counted(), (stuck) => stuck)
    else
      await streamedTable(terminal, { heads: ['WHAT', 'FOR', 'WHY'], empty: 'Nothing is stuck.' }, counted(), (stuck) => [
        stuck.transaction ?? `projection ${String(stuck.projection)}`,
        duration(stuck.forS * 1000),
        why(stuck),
      ])
    if (count === limit && !args.json) complain(terminal, `only the first ${String(limit)} are shown; see --limit`)
    return count === 0 ? 0 : 1
  })
}

export const txStuck: Verb = {
  name: 'tx stuck',
  operands: '',
  summary: 'sign-ins and projections that wait for longer than they should',
  help: [
    'A step is stuck when it lasts longer than one in a thousand of its kind did in',
    'the newest sign-ins; where too few are known, 120 s for a person or a relying',
    'party and 15 s for the ID system. So are: a consent without a token after 10',
    'minutes, a sign-in that nobody ended when its time ran out, one that is over',
    'and missing in the audit log, a projection that is 30 s behind. Ends with 1',
    'where there is any.',
  ],
  options: { older: { type: 'string' }, limit: { type: 'string' } },
  optionHelp: {
    older: 'steps that last longer than this, whatever is usual: 90s, 2m, 1h',
    limit: `at most so many (default ${String(LIMIT_DEFAULT)}), or all`,
  },
  run,
}
