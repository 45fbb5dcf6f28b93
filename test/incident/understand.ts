import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ErrorGroup } from '../../src/error-summary.ts'
import type { Case } from '../../src/case-file.ts'
import type { WhatIf } from '../../src/replay/course.ts'
import type { ReplayedAll } from '../../src/replay/replay-all.ts'
import type { WhatIfAll } from '../../src/replay/what-if-all.ts'
import type { LiveRow } from '../../projections/live.ts'
import type { TimelineRow } from '../../projections/timeline.ts'
import { runCli } from '../support/broker.ts'
import type { Truth } from './scenario.ts'

const LOOKING = ['--actor', 'j.doe', '--purpose', 'a person under attack', '--case', 'INC-7']

/**
 * An operator with nothing but the commands: finds each of the three things that went wrong, replays them, tries another policy over
 * all of it, and exports a case. `show` prints what people would read.
 */
export const understand = async (truth: Truth, show: (line: string, text: string) => void = () => undefined): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-understand-'))
  const { data } = truth.here
  const ran = async (args: readonly string[], codes: readonly number[], input?: string) => {
    const { code, out, err } = await truth.here.cli(args, input)
    expect(codes, `${args.join(' ')}: ${out}${err}`).to.include(code)
    return out
  }
  const json = async (args: readonly string[], codes: readonly number[] = [0]): Promise<unknown> =>
    JSON.parse(await ran([...args, '--json'], codes)) as unknown
  const read = async (args: readonly string[], codes: readonly number[] = [0]): Promise<void> =>
    show(args.join(' '), await ran(args, codes))
  const ids = async (args: readonly string[]): Promise<readonly string[]> =>
    ((await json(['tx', 'find', '--limit', 'all', ...args])) as readonly LiveRow[]).map(({ transaction }) => transaction)

  try {
    // What went wrong at all.
    await read(['tx', 'errors', '--since', '7d'])
    const groups = (await json(['tx', 'errors', '--since', '7d'])) as readonly ErrorGroup[]
    const group = (error: string, client: string): ErrorGroup => groups.find((found) => found.error === error && found.client === client)!

    // 1. The ID system did not answer: many persons, none of them often, at whatever relying party.
    const silent = group('unavailable', 'shop')
    const { unanswered, recovered } = truth
    expect(silent).to.include({ signIns: unanswered.length + recovered.length, recovered: recovered.length, mostOfOne: 1 })
    expect(await ids(['--error', 'unavailable'])).to.have.members([...unanswered, ...recovered])
    await read(['tx', 'show', silent.example])
    const rows = (await json(['tx', 'show', unanswered[0]!])) as readonly TimelineRow[]
    expect(rows.find(({ text }) => text.includes('unavailable'))).to.include({ who: 'ID system', waitedFor: 'ID system' })
    await ran(['tx', 'replay', unanswered[0]!], [0])
    const answered = (await json(['tx', 'what-if', unanswered[0]!, '--verdict', 'attempt=1:accepted'], [1])) as WhatIf
    expect(answered.steps.find(({ changedCommand }) => changedCommand === 'ConfirmFactor')?.changed).to.deep.equal(['Authenticated'])
    await read(['tx', 'diff', recovered[0]!, unanswered[0]!])

    // 2. A relying party with a wrong clock: all of its sign-ins, and the timeline says by how much.
    const clock = group('client_clock', 'clinic')
    expect(clock).to.include({ signIns: truth.wrongClock.length, recovered: 0 })
    expect(groups.filter(({ error }) => error === 'client_clock')).to.have.length(1)
    expect(await ids(['--error', 'before_redemption', '--client', 'clinic'])).to.have.members(truth.wrongClock)
    await read(['tx', 'show', clock.example])
    const told = ((await json(['tx', 'show', clock.example])) as readonly TimelineRow[]).find(({ type }) => type === 'ClientClockDiffered')
    expect(Number(/by (\d+) seconds/.exec(told?.text ?? '')?.[1])).to.be.closeTo(truth.secondsAhead, 30)

    // 3. One person under attack: few errors of many persons, many of one.
    const limited = groups.filter(({ error }) => error === 'limited')
    const guessed = truth.attacks.length + 1
    expect(limited.reduce((sum, { signIns }) => sum + signIns, 0)).to.be.greaterThan(truth.attacks.length / 2)
    expect(limited.every(({ persons }) => persons === 1)).to.equal(true)
    const same = await ids(['--same-person-as', limited[0]!.example, ...LOOKING])
    expect(same)
      .to.have.length(guessed)
      .and.have.members([...truth.attacks, truth.owner])
    const byId = JSON.parse(
      await ran(['tx', 'find', '--person', '--limit', 'all', '--json', '--config', truth.config, ...LOOKING], [0], truth.victim.id),
    ) as readonly LiveRow[]
    expect(byId.map(({ transaction }) => transaction)).to.deep.equal(same)
    await ran(['tx', 'find', '--person', '--json'], [2], truth.victim.id)
    await read(['tx', 'find', '--same-person-as', limited[0]!.example, '--limit', '5', ...LOOKING])

    // All of it replays, and another limit is tried over all of it.
    const replayed = (await json(['tx', 'replay', '--all'])) as ReplayedAll
    expect(replayed).to.include({ different: 0, missing_input: 0, unreadable: 0, same: replayed.streams })
    await read(['tx', 'replay', '--all'])
    const stricter = join(folder, 'stricter.json')
    writeFileSync(stricter, JSON.stringify({ limits: { unknown: { free: 1, firstWaitS: 600 } } }))
    const tried = (await json(['tx', 'what-if', '--all', '--since', '7d', '--policy', stricter], [0, 1])) as WhatIfAll
    const signIns = guessed + truth.signedIn.length + unanswered.length + recovered.length + truth.wrongClock.length
    expect(tried).to.include({ signIns, missing: 0, unreadable: 0, lost: 0 })
    // A path that was closed earlier is open again earlier: few proofs that were refused unseen would have been seen.
    expect(tried.assumed).to.be.lessThan(truth.attacks.length)
    expect(tried.guesses.changed).to.be.lessThan(tried.guesses.recorded)
    const lax = join(folder, 'hasty.json')
    writeFileSync(lax, JSON.stringify({ limits: { attemptsMax: 1 } }))
    const hasty = (await json(['tx', 'what-if', '--all', '--policy', lax], [1])) as WhatIfAll
    // Whom the limits of a person stopped after one guess anyway loses none.
    expect(hasty.guesses.changed).to.be.at.most(hasty.guesses.recorded)
    await read(['tx', 'what-if', '--all', '--since', '7d', '--policy', stricter], [0, 1])
    await read(['tx', 'what-if', '--all', '--since', '7d', '--policy', lax], [1])

    // The case leaves the house, and works elsewhere.
    const file = join(folder, 'case.json')
    const elsewhere = join(folder, 'cases')
    await read(['tx', 'export', clock.example, '--out', file])
    const text = readFileSync(file, 'utf8')
    for (const secret of [truth.victim.id, truth.victim.pin, 'Person ']) expect(text).not.to.include(secret)
    expect((JSON.parse(text) as Case).transaction).to.equal(clock.example)
    const imported = await runCli(['tx', 'import', file, '--data', elsewhere])
    expect(imported.code, imported.err).to.equal(0)
    expect(await runCli(['tx', 'replay', clock.example, '--data', elsewhere])).to.include({ code: 0 })
    expect((await runCli(['tx', 'import', file, '--data', data])).code).to.equal(2)
    writeFileSync(`${file}.changed`, text.replace('client_clock', 'client_cl0ck'))
    expect((await runCli(['tx', 'import', `${file}.changed`, '--data', elsewhere])).code).to.equal(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
