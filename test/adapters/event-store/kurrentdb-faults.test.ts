import { status } from '@grpc/grpc-js'
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { backOffMs } from '../../../adapters/event-store/kurrentdb/calls.ts'
import { troubleOf } from '../../../adapters/event-store/kurrentdb/troubles.ts'
import { type EventStore, Fault, type FaultCode, type Log } from '../../../domain/ports.ts'
import { anEvent, events, fails, pause, until } from '../../contracts/event-store.ts'
import { ERRORS, serviceError } from '../../support/kurrentdb/script.ts'
import { type StandIn, standIn, TLS } from '../../support/kurrentdb/server.ts'
import { BUDGET_MS, openKurrentDb } from './kurrentdb-tools.ts'
import { silent, temporaryFolder } from './tools.ts'

/** What a call may take beyond its budget before it counts as one that does not settle. */
const SLACK_MS = 2000

/** Fails with one of the codes, within the budget. */
const settles = async (codes: readonly FaultCode[], work: () => Promise<unknown>): Promise<void> => {
  const start = performance.now()
  const code = await work().then(
    () => 'no fault',
    (error: unknown) => (error instanceof Fault ? error.code : 'no fault of the port'),
  )
  expect(codes).to.include(code)
  expect(performance.now() - start).to.be.below(BUDGET_MS + SLACK_MS)
}

describe('event store: kurrentdb, faults of the client and of the server (event-store 3 and 4.1)', function () {
  this.timeout(60_000)
  let server: StandIn
  let store: EventStore
  const more: (() => Promise<void> | void)[] = []
  const opened = async (...given: Parameters<typeof openKurrentDb>): Promise<EventStore> => {
    const one = await openKurrentDb(...given)
    more.push(() => one.close())
    return one
  }
  beforeEach(async () => {
    server = await standIn()
    store = await openKurrentDb({ connection: server.connection })
  })
  afterEach(async () => {
    for (const close of more.splice(0)) await close()
    await store.close()
    server.stop()
  })
  const count = async (stream: string): Promise<number> => (await store.readStream(stream)).events.length

  describe('an append whose answer is lost', () => {
    it('F1 is ambiguous, within its budget, where the server never answers', async () => {
      server.script.next('append', { kind: 'silent' }, 50)
      await settles(['ambiguous'], () => store.append('s', 'no_stream', events(1)))
    })

    it('F1 is sent again, the same, on a new client after a timer of its own', async () => {
      server.script.next('append', { kind: 'silent' })
      expect((await store.append('s', 'no_stream', events(2))).revision).to.equal(1)
      expect(server.script.count('append')).to.equal(2)
      expect(server.script.clients()).to.equal(2)
      expect(await count('s')).to.equal(2)
    })

    it('33 is kept once where the server kept it and then said nothing, reset, or timed out', async () => {
      for (const as of ['silence', 'reset', 'timeout'] as const) {
        const batch = events(2)
        server.script.next('append', { kind: 'lost', as })
        const appended = await store.append(as, 'no_stream', batch)
        expect(appended.revision).to.equal(1)
        expect((await store.readStream(as)).events.map(({ id }) => id)).to.deep.equal(batch.map(({ id }) => id))
        expect(appended.position).to.equal((await store.readStream(as)).events.at(-1)?.position)
      }
    })

    it('33 is kept once where the answer comes late, to a client that is given up, and a read too is asked again', async () => {
      server.script.next('append', { kind: 'late', ms: BUDGET_MS / 2 })
      expect((await store.append('s', 'no_stream', events(2))).revision).to.equal(1)
      expect(server.script.count('append')).to.equal(2)
      server.script.next('read', { kind: 'late', ms: BUDGET_MS / 2 })
      expect(await count('s')).to.equal(2)
      expect(server.script.count('read')).to.equal(2)
    })

    it('is looked up where the next answer is a conflict: ours is a success', async () => {
      const batch = events(2)
      server.script.next('append', { kind: 'lost', as: 'timeout' })
      server.script.next('append', { kind: 'lost', as: 'conflict' })
      const appended = await store.append('s', 'no_stream', batch)
      expect(appended).to.deep.equal({ revision: 1, position: (await store.readStream('s')).events[1]?.position })
      expect(await count('s')).to.equal(2)
    })

    it("is looked up where the next answer is a conflict: somebody else's is a conflict", async () => {
      server.script.next('append', { kind: 'fail', error: ERRORS.timeout })
      const lost = store.append('s', 'no_stream', events(2))
      server.log.append('s', 'no_stream', [
        { id: anEvent().id, type: 'Other', contentType: 'application/octet-stream', data: new Uint8Array(), metadata: new Uint8Array() },
      ])
      expect((await fails('conflict', () => lost)).actual).to.equal(0)
    })

    it('F2 is sent again where the connection ends under it', async () => {
      server.script.next('append', { kind: 'silent' })
      const appending = store.append('s', 'no_stream', events(1))
      await pause(100)
      server.stop()
      await server.start()
      expect((await appending).revision).to.equal(0)
      expect(await count('s')).to.equal(1)
    })
  })

  describe('a server that cannot be reached', () => {
    it('F3 settles every call where connections are accepted and nothing is said', async () => {
      const sockets = new Set<Socket>()
      const mute = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
      await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
      more.push(() => {
        for (const socket of sockets) socket.destroy()
        mute.close()
      })
      const { port } = mute.address() as { readonly port: number }
      const other = await opened({ connection: `esdb://127.0.0.1:${port}?tls=false` })
      await Promise.all([
        settles(['ambiguous', 'unavailable'], () => other.append('s', 'no_stream', events(1))),
        settles(['unavailable'], () => other.readStream('s')),
        settles(['unavailable'], () => other.head()),
      ])
    })

    it('F4 ends a read that is not answered, and reads again on a new client', async () => {
      await store.append('s', 'no_stream', events(1))
      server.script.next('read', { kind: 'silent' })
      expect((await store.readStream('s')).events).to.have.length(1)
      expect(server.script.clients()).to.equal(2)
      // Its client would be closed seconds later.
      await until(() => server.script.count('cancelled') === 1, 'the read to be given up at the server too', 3000)
      server.script.next('read', { kind: 'silent' }, 50)
      await settles(['unavailable'], () => store.readStream('s'))
    })

    it('F5 leaves the client of another server alone when one loses its server', async () => {
      const doomed = await standIn()
      const other = await opened({ connection: doomed.connection, budgetMs: 500 })
      doomed.script.next('append', { kind: 'silent' }, 20)
      const lost = Array.from({ length: 20 }, (_, n) => other.append(`s-${n}`, 'no_stream', events(1)).catch(() => 'lost'))
      const kept = Array.from({ length: 20 }, (_, n) => store.append(`s-${n}`, 'no_stream', events(1)))
      doomed.stop()
      expect((await Promise.all(kept)).map(({ revision }) => revision)).to.deep.equal(Array.from({ length: 20 }, () => 0))
      expect(await Promise.all(lost)).to.deep.equal(Array.from({ length: 20 }, () => 'lost'))
    })

    it('F5 has one client, however much is under way', async () => {
      const messages: string[] = []
      store.subscribe({}, ({ kind }) => void messages.push(kind))
      const appends = Array.from({ length: 20 }, (_, n) => store.append(`s-${n}`, 'no_stream', events(1)))
      await Promise.all([...appends, ...Array.from({ length: 20 }, (_, n) => store.readStream(`s-${n}`)), store.head()])
      await until(() => messages.filter((kind) => kind === 'event').length === 20, 'the subscription')
      expect(server.script.clients()).to.equal(1)
    })

    it('F6 refuses what would end the process inside the client, before the client sees it', async () => {
      const sick = [{ data: { a: 1n } }, { metadata: { a: 1n } }, { id: 'no-uuid' }, { type: '' }] as unknown as Parameters<typeof anEvent>
      for (const given of sick) await fails('invalid', () => store.append('s', 'no_stream', [anEvent(given)]))
      expect(server.script.count('append')).to.equal(0)
    })

    it('F7 finds a cluster of which no node was up at first', async () => {
      server.stop()
      const warnings: string[] = []
      const log: Log = { ...silent, warn: (event) => void warnings.push(event) }
      // A try has time for its discovery to fail, however busy the machine is.
      const clustered = await opened({ connection: server.cluster, budgetMs: 20_000 }, { log })
      const seen: string[] = []
      clustered.consume({ group: 'g', filter: { types: ['Happened'] } }, async ({ id }) => {
        seen.push(id)
        return { kind: 'done' }
      })
      const appending = clustered.append('s', 'no_stream', events(1))
      await until(() => warnings.includes('consume_waits'), 'the discovery to fail')
      await server.start()
      expect((await appending).revision).to.equal(0)
      await until(() => seen.length === 1, 'the consumer to find it', 30_000)
    })

    it('F8 refuses a connection string that makes the client lie, and says the revision of a conflict', async () => {
      await fails('invalid', () => openKurrentDb({ connection: `${server.connection}&throwOnAppendFailure=false` }))
      await store.append('s', 'no_stream', events(5))
      expect((await fails('conflict', () => store.append('s', 2, events(1)))).actual).to.equal(4)
    })

    it('F9 goes on after a kill and a restart within its budget, and is unavailable where there is none', async () => {
      await store.append('s', 'no_stream', events(1))
      server.stop()
      await settles(['unavailable'], () => store.append('s', 0, events(1)))
      const appending = store.append('s', 0, events(1))
      await pause(100)
      await server.start()
      expect((await appending).revision).to.equal(1)
      expect(await count('s')).to.equal(2)
    })

    it('F9 tells errors by their type, then by their code; of what has neither nobody knows whether it happened', () => {
      const told = (members: object): object => {
        const { kind, spoilsClient } = troubleOf(Object.assign(new Error(''), members))
        return { kind, spoilsClient }
      }
      expect(told({ type: 'not-leader', code: status.UNAVAILABLE })).to.deep.equal({ kind: 'refused', spoilsClient: false })
      expect(told({ code: status.UNAVAILABLE })).to.deep.equal({ kind: 'lost', spoilsClient: false })
      expect(told({ code: status.RESOURCE_EXHAUSTED })).to.deep.equal({ kind: 'invalid', spoilsClient: false })
      expect(told({})).to.deep.equal({ kind: 'lost', spoilsClient: true })
    })

    it('F10 loads the library that is configured, and says plainly that it is not installed', async () => {
      const fault = await fails('invalid', () => openKurrentDb({ connection: server.connection, client: 'kurrent' }))
      expect(fault.message).to.match(/@kurrent\/kurrentdb-client is not installed/)
    })

    it('F10 loads no other library beside it', async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'libraries.ts'), server.connection])
      expect(JSON.parse(stdout)).to.deep.equal({ imported: [], opened: ['@kurrent/kurrentdb-client'] })
    })
  })

  describe('an answer that decides', () => {
    it('is taken at once: a conflict on the first try is not tried again', async () => {
      await store.append('s', 'no_stream', events(1))
      expect((await fails('conflict', () => store.append('s', 'no_stream', events(1)))).actual).to.equal(0)
      expect(server.script.count('append')).to.equal(2)
    })

    it('32 is asked of the leader that a follower names', async () => {
      const leader = await standIn(server)
      more.push(() => leader.stop())
      server.script.next('append', { kind: 'notLeader', port: leader.port }, 50)
      expect((await store.append('s', 'no_stream', events(1))).revision).to.equal(0)
      expect(leader.script.count('append')).to.equal(1)
    })

    it('is a follower where one is preferred: it passes the append on', async () => {
      const leader = await standIn(server)
      more.push(() => leader.stop())
      const other = await opened({ connection: `${server.connection}&nodePreference=follower` })
      server.script.next('append', { kind: 'notLeader', port: leader.port })
      expect((await other.append('s', 'no_stream', events(1))).revision).to.equal(0)
      expect([server.script.count('append'), leader.script.count('append')]).to.deep.equal([1, 0])
    })

    it('32 is waited for while there is no leader or the server is not ready', async () => {
      const tooLarge = serviceError(status.RESOURCE_EXHAUSTED, 'RESOURCE_EXHAUSTED: Received message larger than max')
      for (const error of [ERRORS.noLeader, ERRORS.notReady, ERRORS.denied]) {
        server.script.next('append', { kind: 'fail', error }, 2)
        const name = `s-${String(error.details).length}`
        expect((await store.append(name, 'no_stream', events(1))).revision).to.equal(0)
      }
      server.script.next('append', { kind: 'fail', error: tooLarge })
      await fails('invalid', () => store.append('large', 'no_stream', events(1)))
    })

    it('is unavailable, not ambiguous, where every try was refused', async () => {
      server.script.next('append', { kind: 'fail', error: ERRORS.notReady }, 100)
      await settles(['unavailable'], () => store.append('s', 'no_stream', events(1)))
      // 40 ms, doubled each time up to a second, of which half is fixed.
      expect(server.script.count('append')).to.be.within(2, 12)
    })

    it('is waited for by each in a time of its own', () => {
      expect([1, 2, 3, 9].map((tries) => backOffMs(tries, () => 0))).to.deep.equal([40, 80, 160, 500])
      expect([1, 2, 3, 9].map((tries) => backOffMs(tries, () => 1))).to.deep.equal([80, 160, 320, 1000])
    })

    it('is ambiguous where any try was lost', async () => {
      server.script.next('append', { kind: 'lost', as: 'timeout' })
      server.script.next('append', { kind: 'fail', error: ERRORS.notReady }, 100)
      await settles(['ambiguous'], () => store.append('s', 'no_stream', events(1)))
    })
  })

  describe('TLS', () => {
    const folder = temporaryFolder()
    const credentialsFile = join(folder.path, 'credentials')
    before(() => writeFileSync(credentialsFile, 'esignet:secret\n', { mode: 0o600 }))
    after(() => folder.remove())
    const secured = async (advertised: string, certificates: string = TLS): Promise<StandIn> => {
      const one = await standIn(undefined, { advertised, folder: certificates })
      more.push(() => one.stop())
      return one
    }

    it('is spoken with nodes that are named, found by gossip too', async () => {
      const node = await secured('localhost')
      const single = await opened({ connection: node.connection, credentialsFile })
      expect((await single.append('s', 'no_stream', events(1))).revision).to.equal(0)
      const clustered = await opened({ connection: node.cluster, credentialsFile })
      expect((await clustered.append('s', 0, events(1))).revision).to.equal(1)
    })

    it('certificates that were renewed are read again, without a restart', async () => {
      const lay = (name: string): void => {
        copyFileSync(join(TLS, `${name}.pem`), join(folder.path, 'localhost.pem'))
        copyFileSync(join(TLS, `${name}-key.pem`), join(folder.path, 'localhost-key.pem'))
      }
      lay('localhost')
      const node = await secured('localhost', folder.path)
      const single = await opened({ connection: node.connection, credentialsFile })
      expect((await single.append('s', 'no_stream', events(1))).revision).to.equal(0)
      node.stop()
      lay('renewed')
      await node.start()
      expect((await single.append('s', 0, events(1))).revision).to.equal(1)
      expect(node.script.clients()).to.equal(2)
    })

    it('a password that was changed is read again, without a restart', async () => {
      const changing = join(folder.path, 'changing')
      writeFileSync(changing, 'esignet:old\n', { mode: 0o600 })
      const node = await secured('localhost')
      const single = await opened({ connection: node.connection, credentialsFile: changing })
      const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
      await single.append('s', 'no_stream', events(1))
      expect(node.script.authorization()).to.equal(basic('esignet:old'))
      writeFileSync(changing, 'esignet:new\n')
      node.script.next('append', { kind: 'fail', error: ERRORS.denied })
      expect((await single.append('s', 0, events(1))).revision).to.equal(1)
      expect(node.script.authorization()).to.equal(basic('esignet:new'))
    })

    it('with a node that advertises an IP address is refused at once, and says what to change', async () => {
      const node = await secured('127.0.0.1')
      const clustered = await opened({ connection: node.cluster, credentialsFile })
      for (const call of [() => clustered.head(), () => clustered.append('s', 'no_stream', events(1))])
        expect((await fails('unavailable', call)).message).to.match(/advertise its host name/)
      expect(node.script.count('append')).to.equal(0)
    })
  })

  describe('settings', () => {
    it('are refused where they would leak or would not do what they say, without repeating them', async () => {
      const wrong = [
        { connection: 'http://127.0.0.1' },
        { connection: 'esdb://admin:changeit@127.0.0.1:2113?tls=false' },
        { connection: 'esdb://localhost:2113?tls=true' },
        { connection: 'esdb://localhost:2113,127.0.0.1:2113?tls=true', credentialsFile: '/nowhere/credentials' },
        { connection: 'esdb://[::1]:2113', credentialsFile: '/nowhere/credentials' },
        { connection: 'esdb://127.0.0.1:2113?tls=false&tlsVerifyCert=false' },
      ]
      for (const settings of wrong) {
        const fault = await fails('invalid', () => openKurrentDb(settings))
        expect(fault.message).not.to.match(/changeit|127\.0\.0\.1/)
      }
      const missing = await opened({ connection: server.connection, credentialsFile: '/nowhere/credentials', budgetMs: 500 })
      await fails('unavailable', () => missing.head())
    })
  })
})
