import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe as suite, it } from 'mocha'
import type { Change, EventStore, Position, ReadModel, Row, StoredEvent } from '../../../domain/ports.ts'
import { auditLog } from '../../../projections/audit-log.ts'
import { exportEvents, verifyEvents } from '../../../src/audit/events.ts'
import { verifyAuditLog } from '../../../src/audit/verify.ts'
import { systemFiles } from '../../../src/cli/files.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { openJournal } from '../../../src/journal.ts'
import { describe, finish, given, signIn, told, TX, type Given } from '../../support/given.ts'

/** A store whose file somebody edited. */
const tampered = (store: EventStore, change: (event: StoredEvent) => StoredEvent | undefined): EventStore => {
  const all = (events: readonly StoredEvent[]): readonly StoredEvent[] => events.flatMap((event) => change(event) ?? [])
  return {
    ...store,
    readAll: async (options) => {
      const page = await store.readAll(options)
      return { ...page, events: all(page.events) }
    },
    readStream: async (stream, options) => {
      const slice = await store.readStream(stream, options)
      return { ...slice, events: all(slice.events) }
    },
    subscribe: (options, handler) =>
      store.subscribe(options, (message) => {
        if (message.kind !== 'event') return handler(message)
        const event = change(message.event)
        return event === undefined ? undefined : handler({ kind: 'event', event })
      }),
  }
}

const edited = (event: StoredEvent): StoredEvent =>
  event.type === 'Authenticated' ? { ...event, data: event.data.replace('"pin"', '"otp"') } : event

suite('audit log and events, checked', () => {
  let world: Given
  let folder: string
  let events: number

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-audit-'))
    world = await given()
    await world.register()
    await signIn(world)
    await finish(world)
    const messages = await world.all()
    events = messages.filter((message) => message.kind === 'event').length
    await told(auditLog({ hash: sha256, describe }), world.views).given(messages)
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await world.close()
  })

  const source = (change: Parameters<typeof tampered>[1]) => openJournal(tampered(world.store, change)).source
  /** The audit log with rows that somebody edited. */
  const views = (change: (row: Row) => Row | undefined): ReadModel => ({
    ...world.views,
    list: async (...args) =>
      (await world.views.list(...args)).flatMap((row) => {
        const now = change(row)
        return now === undefined ? [] : [now]
      }),
  })

  it('audit verify: the log that the projection wrote holds', async () => {
    const verdict = await verifyAuditLog({ source: world.journal.source, views: world.views })
    expect(verdict).to.include({ wrong: 0, events, records: events })
    expect(verdict.last.n).to.equal(events)
  })

  it('audit verify: an edited event no longer has the digest of its record', async () => {
    const verdict = await verifyAuditLog({ source: source(edited), views: world.views })
    expect(verdict.wrong).to.be.greaterThan(0)
    expect(verdict.first).to.include({ stream: `authorization-${TX}` })
    expect(verdict.first?.problem).to.include('its bytes do not give its digest')
  })

  it('audit verify: a removed event leaves a record without one', async () => {
    const verdict = await verifyAuditLog({
      source: source((event) => (event.type === 'CodeIssued' ? undefined : event)),
      views: world.views,
    })
    expect(verdict.first).to.include({ problem: 'it has no event' })
  })

  it('audit verify: a record that was removed, changed or moved is named', async () => {
    const removed = await verifyAuditLog({
      source: world.journal.source,
      views: views((row) => (row['n'] === 6 ? undefined : row)),
    })
    expect(removed.first).to.include({ n: 7, problem: 'it follows record 5: records between them are missing' })
    const changed = await verifyAuditLog({
      source: world.journal.source,
      views: views((row) => (row['n'] === 6 ? { ...row, digest: sha256('x') } : row)),
    })
    expect(changed.first).to.include({ n: 6, problem: 'its chain does not follow from its digest' })
    const dated = await verifyAuditLog({
      source: world.journal.source,
      views: views((row) => (row['n'] === 6 ? { ...row, at: '2020-01-01T00:00:00.000Z' } : row)),
    })
    expect(dated).to.deep.include({ wrong: 1 })
    expect(dated.first).to.include({ n: 6, problem: 'its instant is not that of the event' })
  })

  it('events verify: everything that the journal wrote holds', async () => {
    const verdict = await verifyEvents(world.store, () => undefined)
    expect(verdict).to.include({ wrong: 0, events, last: await world.store.head() })
    expect(verdict.streams).to.be.greaterThan(3)
  })

  it('events verify: one flipped letter is named by position, stream and revision, and counted once', async () => {
    const verdict = await verifyEvents(tampered(world.store, edited), () => undefined)
    expect(verdict).to.include({ wrong: 1, events })
    expect(verdict.first).to.include({ stream: `authorization-${TX}`, problem: 'its bytes do not give its digest' })
  })

  it('events verify: a removed event is a gap in positions, in its stream, and at its end', async () => {
    const middle = await verifyEvents(
      tampered(world.store, (event) => (event.type === 'CodeIssued' ? undefined : event)),
      () => undefined,
    )
    expect(middle.wrong).to.be.at.least(2)
    expect(middle.first?.problem).to.include('before it is missing')
    const hidden = await verifyEvents(
      {
        ...world.store,
        readAll: async (options) => {
          const page = await world.store.readAll(options)
          return { ...page, events: page.events.filter((event) => event.type !== 'TransactionClosed') }
        },
      },
      () => undefined,
    )
    expect(hidden.wrong).to.equal(2)
    expect(hidden.first?.problem).to.equal('the total order ends before it')
    const cut = await verifyEvents(
      tampered(world.store, (event) => (event.type === 'ConsentGiven' && event.stream.startsWith('consent-') ? undefined : event)),
      () => undefined,
    )
    expect(cut.wrong).to.be.greaterThan(0)
  })

  it('events verify: what is recorded under a forged digest breaks the chain at the next event', async () => {
    let first: Position | undefined
    const verdict = await verifyEvents(
      tampered(world.store, (event) => {
        if (event.type !== 'FactorRequested') return event
        first ??= event.position
        return { ...event, metadata: event.metadata.replace(/"digest":"[^"]*"\}$/, `"digest":"${sha256('forged')}"}`) }
      }),
      () => undefined,
    )
    expect(verdict.first?.position).to.equal(first)
    expect(verdict.wrong).to.equal(2)
  })

  it('events export: data and metadata byte for byte', async () => {
    const path = join(folder, 'events.jsonl')
    expect(await exportEvents(world.store, systemFiles, path, () => undefined)).to.include({ events })
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const { events: stored } = await world.store.readAll({ max: 4096 })
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal(stored.map((event) => ({ ...event })))
  })

  it('an unreadable event is in the log with the digest of its bytes, and the log says that it cannot be trusted', async () => {
    const log = auditLog({ hash: sha256, describe })
    const other = await given(tampered(world.store, edited))
    const view = told(log, other.views)
    const changes: Change[] = []
    await view.given(await other.all())
    expect(changes).to.deep.equal([])
    const verdict = await verifyAuditLog({ source: other.journal.source, views: other.views })
    expect(verdict).to.include({ wrong: 1, records: events })
    await other.views.close()
  })
})
