import { expect } from 'chai'
import fc from 'fast-check'
import { after, describe, it } from 'mocha'
import { transactionStream } from '../../../domain/streams.ts'
import { changedClient, changedPolicy, UnfitChangeError } from '../../../src/replay/changes.ts'
import { whatIfAll } from '../../../src/replay/what-if-all.ts'
import { whatIfOne } from '../../../src/replay/what-if-one.ts'
import { endOf } from '../../../src/replay/course.ts'
import { transactions } from '../../../src/deciders.ts'
import { fold } from '../../../domain/decider.ts'
import type { Policy, TransactionEvent } from '../../../schemas/generated.ts'
import { policy } from '../../support/given.ts'
import { logins, personOf, txOf, type Hidden, type Logins } from '../../support/logins.ts'

const withLimits = (limits: Partial<Policy['limits']>): Policy => ({ ...policy, limits: { ...policy.limits, ...limits } })

/** How the logins of a world really ended. */
const endsIn = async ({ journal }: Logins, count: number): Promise<readonly string[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const events = (await journal.read(transactionStream(txOf(n)))) as unknown as readonly TransactionEvent[]
      return endOf(fold(transactions.decider, events), events.at(-1)).words
    }),
  )

describe('what if (audit-and-operations 4.2, R2)', () => {
  const open: Logins[] = []
  const world = async (under: Policy = policy): Promise<Logins> => {
    const made = await logins(under)
    open.push(made)
    return made
  }
  after(() => Promise.all(open.map((made) => made.close())))

  /** A login in which the second proof is right. */
  const second = async (made: Logins, tx: string, person: string): Promise<void> => {
    await made.start(tx)
    await made.choose(tx, person)
    await made.prove(tx, 'wrong')
    made.clock.pass(2000)
    await made.prove(tx, 'right')
    await made.agree(tx)
    await made.exchange(tx)
  }

  it('R2: a change that changes nothing leads to the same end, step by step', async () => {
    const made = await world()
    await second(made, txOf(0), personOf(0))
    const same = await whatIfOne(made.journal, txOf(0), { policy: changedPolicy({}) })
    expect(same).to.include({ otherwise: false, assumed: 0 })
    expect(same.steps.every(({ recorded, changed }) => recorded.join() === changed.join())).to.equal(true)
    expect(same.state).to.deep.equal([])
  })

  it('R2: another policy: the step where it parts, why, and what follows from it', async () => {
    const made = await world()
    await second(made, txOf(0), personOf(0))
    const stricter = await whatIfOne(made.journal, txOf(0), { policy: changedPolicy({ limits: { attemptsMax: 1 } }) })
    expect(stricter.recorded).to.deep.equal({ words: 'signed in', signedIn: true })
    expect(stricter.changed).to.deep.equal({ words: 'failed: attempts exhausted', signedIn: false })
    expect(stricter.step).to.deep.include({
      command: 'RejectFactor',
      changed: ['FactorRejected', 'AuthorizationFailed'],
      refusal: 'attempts_exhausted',
    })
    expect(stricter.guesses).to.deep.equal({ recorded: 2, changed: 1 })
    expect(stricter.state.find(({ member }) => member === 'stage')).to.deep.include({ from: 'exchanged', to: 'failed' })
  })

  it('R2: another verdict, another clock, another configuration', async () => {
    const made = await world()
    await second(made, txOf(0), personOf(0))
    const verdict = await whatIfOne(made.journal, txOf(0), { verdicts: new Map([[2, 'wrong' as const]]) })
    expect(verdict.changed.signedIn).to.equal(false)
    expect(verdict.step).to.deep.include({ command: 'ConfirmFactor', changedCommand: 'RejectFactor' })
    const accepted = await whatIfOne(made.journal, txOf(0), { verdicts: new Map([[1, 'accepted' as const]]) })
    expect(accepted.steps.find(({ changedCommand }) => changedCommand === 'ConfirmFactor')?.changed).to.deep.equal(['Authenticated'])
    const late = await whatIfOne(made.journal, txOf(0), { shift: { seconds: policy.lifetimes.beforeAuthenticationS, from: 2 } })
    expect(late.changed.words).to.equal('time ran out before authentication')
    const client = { redirect_uris: ['https://elsewhere.example/cb'] }
    const moved = await whatIfOne(made.journal, txOf(0), { client: changedClient('shop', client) })
    expect(moved.step).to.include({ revision: 0, refusal: 'redirect_uri_not_registered' })
    expect((await whatIfOne(made.journal, txOf(0), { client: changedClient('other', client) })).otherwise).to.equal(false)
  })

  it('a limit of the person works through the counters: one login from where they stood, all of them from the beginning', async () => {
    const made = await world(withLimits({ unknown: { ...policy.limits.unknown, free: 1 } }))
    await made.start(txOf(0))
    await made.choose(txOf(0), personOf(0))
    await made.prove(txOf(0), 'wrong')
    await made.prove(txOf(0), 'wrong')
    await made.start(txOf(1))
    await made.choose(txOf(1), personOf(0))
    made.clock.pass(6000)
    await made.prove(txOf(1), 'right')
    await made.agree(txOf(1))
    await made.exchange(txOf(1))
    const longer = { policy: changedPolicy({ limits: { unknown: { firstWaitS: 60 } } }) }
    // The path was closed for five seconds before this login began, and stays so: no more is known from the one alone.
    expect(await whatIfOne(made.journal, txOf(1), longer)).to.include({ otherwise: false })
    const all = await whatIfAll(made.journal, longer, {})
    expect(all).to.include({ otherwise: 1, lost: 1 })
    expect(all.groups[0]).to.deep.include({ step: 'ConfirmFactor', refusal: 'factor_limited', examples: [txOf(1)] })
    // A wait that a login's own failures would have caused shows in the one too.
    await made.start(txOf(2))
    await made.choose(txOf(2), personOf(1))
    await made.prove(txOf(2), 'wrong')
    await made.prove(txOf(2), 'wrong')
    made.clock.pass(6000)
    await made.prove(txOf(2), 'right')
    const own = await whatIfOne(made.journal, txOf(2), longer)
    expect(own.step).to.deep.include({ command: 'ConfirmFactor', changedCommand: 'RejectFactor', refusal: 'attempts_exhausted' })
    expect(own.guesses).to.deep.equal({ recorded: 3, changed: 2 })
  })

  it('R2: a proof that was refused unseen is taken to be wrong under a laxer limit, and counted as assumed', async () => {
    const made = await world(withLimits({ unknown: { ...policy.limits.unknown, free: 1 } }))
    await made.start(txOf(0))
    await made.choose(txOf(0), personOf(0))
    for (let n = 0; n < 3; n += 1) await made.prove(txOf(0), 'right')
    await made.start(txOf(1))
    await made.choose(txOf(1), personOf(1))
    for (let n = 0; n < 3; n += 1) await made.prove(txOf(1), 'wrong')
    const lax = await whatIfOne(made.journal, txOf(1), { policy: changedPolicy({ limits: { unknown: { free: 10 } } }) })
    expect(lax).to.include({ assumed: 1 })
    expect(lax.guesses).to.deep.equal({ recorded: 2, changed: 3 })
  })

  it('REPLAY-04: rules that are not there any more are missing input, never an exception', async () => {
    const made = await world()
    await second(made, txOf(0), personOf(0))
    const poor = { ...made.journal, artefact: async () => undefined }
    expect((await whatIfOne(poor, txOf(0), {})).missing).to.be.a('string')
    expect(await whatIfAll(poor, {}, {})).to.include({ signIns: 1, missing: 1, otherwise: 0 })
  })

  it('a policy that no broker would take is refused, with what is wrong', async () => {
    const made = await world()
    await second(made, txOf(0), personOf(0))
    const unfit = whatIfOne(made.journal, txOf(0), { policy: changedPolicy({ limits: { attemptsMax: 0 } }) })
    expect(await unfit.catch((error: unknown) => error)).to.be.instanceOf(UnfitChangeError)
  })
})

describe('what would this limit have done (audit-and-operations 4.2, R3)', () => {
  /** What somebody does next in one of a few logins, of one of two persons. */
  type Act = { readonly tx: number; readonly hidden: Hidden; readonly waitS: number; readonly untold?: boolean }
  const LOGINS = 5

  /** `done` tells which acts left a trace. */
  const play = async (under: Policy, acts: readonly Act[]): Promise<Logins & { readonly done: readonly boolean[] }> => {
    const made = await logins(under)
    for (let n = 0; n < LOGINS; n += 1) {
      await made.start(txOf(n), n === 0 ? 'bank' : 'shop')
      await made.choose(txOf(n), personOf(n % 2))
    }
    const done: boolean[] = []
    for (const { tx, hidden, waitS, untold } of acts) {
      made.clock.pass(waitS * 1000)
      const isDone = untold !== true && (await made.prove(txOf(tx), hidden))
      done.push(isDone)
      if (!isDone) continue
      await made.agree(txOf(tx))
      await made.exchange(txOf(tx))
    }
    return { ...made, done }
  }

  const acts = fc.array(
    fc.record({
      tx: fc.nat({ max: LOGINS - 1 }),
      hidden: fc.constantFrom<Hidden>('right', 'wrong', 'wrong', 'unavailable'),
      waitS: fc.constantFrom(0, 1, 4, 20),
    }),
    { maxLength: 16 },
  )
  const stricter = fc.record({
    attemptsMax: fc.integer({ min: 1, max: 3 }),
    free: fc.integer({ min: 1, max: 3 }),
    firstWaitS: fc.integer({ min: 5, max: 60 }),
  })

  it('property: under any stricter policy each login ends as it really ends under that policy', async function () {
    this.timeout(60_000)
    await fc.assert(
      fc.asyncProperty(acts, stricter, async (given, { attemptsMax, ...unknown }) => {
        const asRecorded = await play(policy, given)
        // What somebody tried at a login that was over stands nowhere: no replay can know of it.
        const told = given.map((act, n) => ({ ...act, untold: asRecorded.done[n] === false }))
        const really = await play(withLimits({ attemptsMax, unknown: { ...policy.limits.unknown, ...unknown } }), told)
        const changes = { policy: changedPolicy({ limits: { attemptsMax, unknown } }) }
        const [before, after_] = [await endsIn(asRecorded, LOGINS), await endsIn(really, LOGINS)]
        const { otherwise, groups, assumed } = await whatIfAll(asRecorded.journal, changes, {})
        // Only where nobody had to guess what the ID system would have said is the answer a fact.
        if (assumed === 0) expect(otherwise).to.equal(before.filter((end, n) => end !== after_[n]).length)
        for (const { recorded, changed, examples } of assumed === 0 ? groups : [])
          for (const example of examples) {
            const n = Number.parseInt(example.slice(-1), 32)
            expect([recorded, changed]).to.deep.equal([before[n], after_[n]])
          }
        await asRecorded.close()
        await really.close()
      }),
      { numRuns: 40 },
    )
  })

  it('sums, groups by relying party, step and reason, and hours; a window and one relying party', async () => {
    const made = await logins(policy)
    for (let n = 0; n < 6; n += 1) {
      const tx = txOf(n)
      await made.start(tx, n < 2 ? 'bank' : 'shop')
      await made.choose(tx, personOf(n))
      await made.prove(tx, 'wrong')
      await made.prove(tx, n === 5 ? 'wrong' : 'right')
      await made.agree(tx)
      if (n < 4) await made.exchange(tx)
      made.clock.pass(1_800_000)
      await made.expire(tx)
    }
    const changes = { policy: changedPolicy({ limits: { attemptsMax: 1 } }) }
    const all = await whatIfAll(made.journal, changes, {})
    expect(all).to.include({ signIns: 6, otherwise: 6, lost: 4, won: 0, assumed: 0, missing: 0, unreadable: 0 })
    expect(all.guesses).to.deep.equal({ recorded: 12, changed: 6 })
    expect(all.clients).to.deep.equal([
      { client: 'shop', signIns: 4, otherwise: 4, lost: 2 },
      { client: 'bank', signIns: 2, otherwise: 2, lost: 2 },
    ])
    expect(all.groups.map(({ client, recorded, signIns }) => `${client} ${recorded} ${String(signIns)}`)).to.have.members([
      'bank signed in 2',
      'shop signed in 2',
      'shop time ran out before redemption 1',
      'shop time ran out before authentication 1',
    ])
    expect(
      all.groups.every(
        ({ step, refusal, changed }) =>
          `${step} ${refusal ?? ''} ${changed}` === 'RejectFactor attempts_exhausted failed: attempts exhausted',
      ),
    ).to.equal(true)
    expect(all.hours.map(({ signIns }) => signIns)).to.deep.equal([2, 2, 2])
    const window = { since: '2026-11-24T13:00:00.000Z', until: '2026-11-24T14:00:00.000Z' }
    expect(await whatIfAll(made.journal, changes, window)).to.include({ signIns: 2, otherwise: 2 })
    expect(await whatIfAll(made.journal, changes, { client: 'bank' })).to.include({ signIns: 2, otherwise: 2 })
    await made.close()
  })
})
