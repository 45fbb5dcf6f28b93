import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { memoryEventStore } from '../../adapters/event-store/memory/memory-event-store.ts'
import { Fault, type Position } from '../../domain/ports.ts'
import { transactionStream } from '../../domain/streams.ts'
import { timeline, waits } from '../../projections/timeline.ts'
import type { EventSource } from '../../projections/projection.ts'
import { exportCase, importCase, readCase } from '../../src/case-file.ts'
import { diffTransactions } from '../../src/diff-transactions.ts'
import { followEvents } from '../../src/follow-events.ts'
import { openJournal } from '../../src/journal.ts'
import { replay } from '../../src/replay/replay.ts'
import { faultOf } from '../support/fault-of.ts'
import { describe as words, policy, systemTimers } from '../support/given.ts'
import { handClock } from '../support/hand-clock.ts'
import { logins, personOf, txOf, type Logins } from '../support/logins.ts'

describe('look at sign-ins (audit-and-operations 4.3)', () => {
  let made: Logins
  const [quick, slow, lost] = [txOf(0), txOf(1), txOf(2)] as const

  const login = async (tx: string, waitMs: number, proofs: readonly ('wrong' | 'right')[]): Promise<void> => {
    const { clock } = made
    await made.start(tx)
    clock.pass(waitMs)
    await made.choose(tx, personOf(1))
    for (const proof of proofs) {
      clock.pass(waitMs)
      await made.prove(tx, proof)
    }
    await made.agree(tx)
    clock.pass(700)
    await made.exchange(tx)
  }
  before(async () => {
    made = await logins(policy)
    await login(quick, 1000, ['right'])
    await login(slow, 4000, ['wrong', 'right'])
    await login(lost, 1000, ['wrong', 'wrong', 'wrong'])
  })
  after(() => made.close())

  it('show: how long each step took, and who waited for whom', async () => {
    const rows = timeline(words, await made.journal.read(transactionStream(slow)))
    expect(rows.find(({ type }) => type === 'FactorRequested')).to.include({ tookMs: 4000, waitedFor: 'person' })
    expect(waits(rows)).to.deep.equal([
      { who: 'person', ms: 12_000 },
      { who: 'relying party', ms: 700 },
    ])
  })

  it('show: that time ran out is waiting for whose move it was; a close is waiting for nobody', async () => {
    await made.start(txOf(3))
    made.clock.pass(3_600_000)
    await made.expire(txOf(3))
    await made.expire(quick)
    expect(timeline(words, await made.journal.read(transactionStream(txOf(3)))).at(-1)).to.include({ who: 'broker', waitedFor: 'person' })
    expect(timeline(words, await made.journal.read(transactionStream(quick))).at(-1)).to.include({ waitedFor: null })
  })

  it('diff: two sign-ins side by side, without what is of each alone', async () => {
    const diff = await diffTransactions(made.journal, words, { stream: transactionStream(slow) }, { stream: transactionStream(lost) })
    expect(diff?.rules).to.deep.equal([])
    const only = (side: 'a' | 'b') =>
      diff?.course.filter((pair) => pair[side] !== undefined && pair[side === 'a' ? 'b' : 'a'] === undefined).map(({ type }) => type)
    expect(only('a')).to.include.members(['Authenticated', 'ConsentGiven', 'CodeIssued', 'TokenExchanged'])
    expect(only('b')).to.include('AuthorizationFailed')
    expect(diff?.state.find(({ path }) => path === 'stage')).to.deep.equal({ path: 'stage', a: 'exchanged', b: 'failed' })
    expect(diff?.state.map(({ path }) => path)).not.to.include('browser')
    expect(await diffTransactions(made.journal, words, { stream: 'authorization-x' }, { stream: transactionStream(lost) })).to.equal(
      undefined,
    )
  })

  it('diff: two points of one, and rules that were changed between two', async () => {
    const stream = transactionStream(slow)
    const diff = await diffTransactions(made.journal, words, { stream, until: 2 }, { stream, until: 4 })
    expect(diff?.state.find(({ path }) => path === 'attempts')).to.deep.equal({ path: 'attempts', a: 0, b: 1 })
    const other = await logins({ ...policy, limits: { ...policy.limits, attemptsMax: 5 } }, made.store)
    await other.start(txOf(9))
    const changed = await diffTransactions(made.journal, words, { stream }, { stream: transactionStream(txOf(9)) })
    expect(changed?.rules).to.deep.equal([{ path: 'policy.limits.attemptsMax', a: 3, b: 5 }])
  })

  describe('export and import', () => {
    const elsewhere = () => memoryEventStore({ clock: handClock(), timers: systemTimers })

    it('a case holds the bytes, replays elsewhere, and says what is not in it', async () => {
      const told = await exportCase(made.journal, slow, made.clock.now())
      expect(told.holds).to.include('No claim value, no identifier')
      const store = elsewhere()
      for (let times = 0; times < 2; times += 1) await importCase(store, readCase(JSON.parse(JSON.stringify(told))))
      const journal = openJournal(store)
      expect(await replay(journal, transactionStream(slow))).to.include({ verdict: 'same' })
      const before_ = (await made.store.readStream(transactionStream(slow))).events.map(({ position: _position, ...event }) => event)
      expect((await store.readStream(transactionStream(slow))).events.map(({ position: _position, ...event }) => event)).to.deep.equal(
        before_,
      )
      await store.close()
    })

    it('whatever is changed in it is noticed', async () => {
      const told = await exportCase(made.journal, slow, made.clock.now())
      const text = JSON.stringify(told)
      const changed = [
        text.replace('"attempt\\":1', '"attempt\\":2'),
        text.replace('exported', 'Exported'),
        JSON.stringify({ ...told, events: told.events.slice(0, -1) }),
        JSON.stringify({ ...told, artefacts: told.artefacts.map((kept) => ({ ...kept, digest: told.head })) }),
      ]
      for (const one of changed) expect(await faultOf(() => readCase(JSON.parse(one)))).to.be.oneOf(['corrupt', 'invalid'])
      for (const one of [null, {}, { format: 'esignet-case' }, []]) expect(await faultOf(() => readCase(one))).to.equal('invalid')
    })

    it("a broker's own store takes none, and nobody that is not there is exported", async () => {
      const told = await exportCase(made.journal, slow, made.clock.now())
      expect(await faultOf(() => importCase(made.store, told))).to.equal('invalid')
      expect(await faultOf(() => exportCase(made.journal, txOf(99), made.clock.now()))).to.equal('invalid')
    })
  })

  describe('tail', () => {
    it('goes on behind the last event after a connection broke: nothing twice, nothing left out', async () => {
      const { source } = made.journal
      let connections = 0
      /** Breaks after every fourth event, twice. */
      const breaking: EventSource = {
        head: source.head,
        subscribe: (options, handler) => {
          connections += 1
          if (connections > 2) return source.subscribe(options, handler)
          let left = 4
          return source.subscribe(options, async (message) => {
            if (message.kind === 'event' && (left -= 1) < 0) throw new Fault('unavailable', 'the connection is gone')
            await handler(message)
          })
        },
      }
      const whole = (await made.store.readAll({ filter: { streamPrefixes: ['authorization-'] }, max: 1024 })).events.map(
        ({ position }) => position,
      )
      const stopping = new AbortController()
      const seen: Position[] = []
      const problems: string[] = []
      await followEvents({
        source: breaking,
        timers: { sleep: async () => undefined },
        stopping: stopping.signal,
        after: undefined,
        take: ({ event }) => {
          seen.push(event.position)
          if (seen.length === whole.length) stopping.abort()
        },
        lost: (problem) => problems.push(problem),
      })
      expect(seen).to.deep.equal(whole)
      expect(problems).to.deep.equal(['the connection is gone', 'the connection is gone'])
    })

    it('waits longer each time it finds nobody, and a bug is no lost connection', async () => {
      const stopping = new AbortController()
      const waited: number[] = []
      const away: EventSource = {
        head: made.journal.source.head,
        subscribe: () => ({ stop: async () => undefined, ended: Promise.reject(new Fault('unavailable', 'away')) }),
      }
      const common = { timers: { sleep: async () => undefined }, stopping: stopping.signal, after: undefined, take: () => undefined }
      const lost = (_problem: string, ms: number): void => {
        waited.push(ms)
        if (waited.length === 9) stopping.abort()
      }
      await followEvents({ ...common, source: away, lost })
      expect(waited).to.deep.equal([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
      const broken: EventSource = {
        ...away,
        subscribe: () => ({ stop: async () => undefined, ended: Promise.reject(new TypeError('a bug')) }),
      }
      const ended = await followEvents({ ...common, stopping: new AbortController().signal, source: broken, lost: () => undefined }).catch(
        (error: unknown) => error,
      )
      expect(ended).to.be.instanceOf(TypeError)
    })
  })
})
