import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { openJournal } from '../../../src/journal.ts'
import { replayAll } from '../../../src/replay/replay-all.ts'
import { policy } from '../../support/given.ts'
import { logins, personOf, txOf, type Logins } from '../../support/logins.ts'
import { retold, storedIn } from '../../support/retold.ts'

describe('everything again (audit-and-operations 4.2, R1 and R3)', () => {
  const LOGINS = 30
  let made: Logins

  before(async () => {
    made = await logins(policy)
    for (let n = 0; n < LOGINS; n += 1) {
      await made.start(txOf(n), n % 2 === 0 ? 'bank' : 'shop')
      await made.choose(txOf(n), personOf(n % 7))
      if (n % 3 === 0) await made.prove(txOf(n), 'wrong')
      made.clock.pass(10_000)
      await made.prove(txOf(n), 'right')
      await made.agree(txOf(n))
      if (n % 5 > 0) await made.exchange(txOf(n))
    }
  })
  after(() => made.close())

  it('REPLAY-01: all streams of all kinds, counted; nothing differs', async () => {
    const all = await replayAll(made.journal)
    expect(all).to.include({ signIns: LOGINS, streams: LOGINS + 7, same: LOGINS + 7, different: 0, missing_input: 0, unreadable: 0 })
    expect(all.groups).to.deep.equal([])
    expect(all.decisions).to.be.greaterThan(LOGINS * 6)
  })

  it('REPLAY-01: differences are grouped by command and member, with the first of them whole', async () => {
    const store = await retold(made.store, (type, data) => {
      if (type === 'CodeIssued') return { ...data, issue: 2 }
      return type === 'AttemptCounted' ? { ...data, counters: { ...(data['counters'] as object), failures: 9 } } : data
    })
    const all = await replayAll(openJournal(store))
    expect(all).to.include({ different: LOGINS + 7, same: 0, ungrouped: 0 })
    expect(all.groups.map(({ kind, command, path, streams }) => [kind, command, path, streams])).to.deep.equal([
      ['transaction', 'IssueCode', 'data.issue', LOGINS],
      ['person', 'CountAttempt', 'data.counters.failures', 7],
    ])
    expect(all.groups[0]?.first).to.include({ recorded: 2, decided: 1 })
    expect(all.groups[0]?.examples).to.have.length(5)
    await store.close()
  })

  it('what cannot be read is told, and the others are replayed', async () => {
    const events = await storedIn(made.store)
    const damaged = {
      ...made.store,
      readAll: async () => ({
        events: events.map((event) => (event.stream.endsWith(txOf(3)) && event.revision === 2 ? { ...event, data: '{}' } : event)),
        next: undefined,
        end: true,
      }),
    }
    const all = await replayAll(openJournal(damaged))
    expect(all).to.include({ unreadable: 1, different: 0, same: LOGINS + 6 })
    expect(all.problems[0]?.stream).to.include(txOf(3))
  })

  it('REPLAY-03: one walk: every page is read once, every artefact once, and no stream by itself', async () => {
    const calls = { readAll: 0, readStream: 0, artefact: 0 }
    const { store } = made
    const counted = openJournal({
      ...store,
      readAll: (options) => {
        calls.readAll += 1
        return store.readAll(options)
      },
      readStream: (...options) => {
        calls.readStream += 1
        return store.readStream(...options)
      },
    })
    const artefact = (digest: string) => {
      calls.artefact += 1
      return counted.artefact(digest)
    }
    const events = (await storedIn(store)).length
    await replayAll({ ...counted, artefact })
    // The policy and two relying parties, each read from its own stream.
    expect(calls).to.deep.equal({ readAll: Math.floor(events / 512) + 1, readStream: 3, artefact: 3 })
  })

  it('says where it stands on the way', async () => {
    const told: number[] = []
    await replayAll(made.journal, ({ events }) => told.push(events))
    expect(told.at(-1)).to.equal((await storedIn(made.store)).length)
  })
})
