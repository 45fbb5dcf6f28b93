import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { Fault, type EventStore, type StoredEvent } from '../../domain/ports.ts'
import { canonical } from '../../domain/canonical.ts'
import { artefactStream, clientStream, consentStream } from '../../domain/streams.ts'
import { genesisOf, sealMetadata } from '../../src/chain.ts'
import { sha256, uuidv5 } from '../../src/crypto/hash.ts'
import { consents } from '../../src/deciders.ts'
import { handle } from '../../src/handle.ts'
import { decode, type Batch } from '../../src/codec.ts'
import { openJournal } from '../../src/journal.ts'
import type { SourceMessage } from '../../projections/projection.ts'
import { at, configuration, digest, policy, standing, TRANSACTION } from '../domain/samples.ts'
import { faultOf } from '../support/fault-of.ts'
import { circumstances, issueCode, memoryStore, nextId, nodeOn, STREAM } from './worlds.ts'

const CLIENT = clientStream('clinic')
const restated = { client: 'clinic', configuration, artefact: digest('artefact') }

/** A decision of two facts. */
const batch = (members: Partial<Batch> = {}): Batch => ({
  stream: CLIENT,
  revision: -1,
  previous: genesisOf(CLIENT),
  facts: [
    { type: 'ClientRegistered', data: { ...restated, active: true } },
    { type: 'ClientDeactivated', data: { ...restated, active: false } },
  ],
  command: { type: 'RegisterClient', at: at(0), client: 'clinic', configuration, artefact: digest('artefact') } as Batch['command'],
  commandId: '00000000-0000-4000-8000-000000000000',
  correlation: 'clinic',
  causation: 'request-1',
  rules: { policy: digest('policy') },
  ...members,
})

/** A store that serves other events than it holds. */
const tampered = (store: EventStore, change: (events: readonly StoredEvent[]) => readonly StoredEvent[]): EventStore => ({
  ...store,
  readStream: async (stream, options) => {
    const slice = await store.readStream(stream, options)
    return { ...slice, events: change(slice.events) }
  },
})

const faultIn = async (act: () => Promise<unknown>): Promise<Fault> => {
  try {
    await act()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('no fault')
}

describe('what the journal writes', () => {
  it('REG-07: a consent that cites a notice which is kept nowhere is refused, and nothing is written', async () => {
    const node = nodeOn(memoryStore())
    const CONSENT = consentStream(digest('consent'))
    const wish = { type: 'GiveConsent', at: at(0), standing, transaction: TRANSACTION, liveUntil: at(900) } as const
    expect(await faultOf(() => handle(node, consents, CONSENT, wish, circumstances(undefined)))).to.equal('invalid')
    expect(await node.journal.read(CONSENT)).to.deep.equal([])
    const notice = await node.journal.keepArtefact('notice', { version: '3', markup: ['<h1>Do you agree?</h1>'] }, at(0), nextId())
    const told = { ...standing, notice: { ...standing.notice, digest: notice } }
    await handle(node, consents, CONSENT, { ...wish, standing: told }, circumstances(undefined))
    expect(await node.journal.read(CONSENT)).to.have.length(1)
  })

  it('rule 4: the first event carries the command; each its place, its origin and the digests of the rules', async () => {
    const journal = openJournal(memoryStore())
    const [first, second] = await journal.append(batch())
    expect(first?.command).to.deep.equal({
      type: 'RegisterClient',
      version: 1,
      body: { at: at(0), client: 'clinic', configuration, artefact: digest('artefact') },
    })
    expect(second).to.not.have.property('command')
    const common = { at: at(0), correlation: 'clinic', causation: 'request-1', commandId: batch().commandId, count: 2 }
    expect(first).to.deep.include({ ...common, index: 0, revision: 0, rules: { policy: digest('policy') }, kind: 'client' })
    expect(second).to.deep.include({ ...common, index: 1, revision: 1, rules: { policy: digest('policy') }, kind: 'client' })
  })

  it('rule 5: an event id is UUIDv5 of the command id, the stream and the index', async () => {
    const events = await openJournal(memoryStore()).append(batch())
    expect(events.map((event) => event.id)).to.deep.equal([0, 1].map((index) => uuidv5(batch().commandId, `${CLIENT}#${String(index)}`)))
  })

  it('rule 7: each event chains to the one before it, the first to the name of its stream', async () => {
    const [first, second] = await openJournal(memoryStore()).append(batch())
    expect(first?.previous).to.equal(genesisOf(CLIENT))
    expect(second?.previous).to.equal(first?.digest)
  })

  it('what is answered is what is read', async () => {
    const journal = openJournal(memoryStore())
    const appended = await journal.append(batch())
    const withoutPosition = (events: typeof appended) => events.map(({ position: _position, ...event }) => event)
    expect(withoutPosition(await journal.read(CLIENT))).to.deep.equal(withoutPosition(appended))
    expect(await journal.last(CLIENT)).to.deep.include({ revision: 1, digest: appended[1]?.digest })
    expect(await journal.last('client-nobody')).to.equal(undefined)
    expect(await journal.read('client-nobody')).to.deep.equal([])
  })

  it('rule 5: the identical batch again is answered as the first time', async () => {
    const journal = openJournal(memoryStore())
    const first = await journal.append(batch())
    const second = await journal.append(batch())
    expect(second).to.deep.equal(first)
    expect(await journal.read(CLIENT)).to.have.length(2)
  })

  it('rule 4: a command or an event that no schema describes is invalid, and nothing is recorded', async () => {
    const store = memoryStore()
    const journal = openJournal(store)
    const wrong: readonly Partial<Batch>[] = [
      { command: { type: 'EraseEverything', at: at(0) } },
      { command: { type: 'ActivateClient', at: 'yesterday', client: 'clinic' } as Batch['command'] },
      { command: { type: 'ActivateClient', at: at(0), client: 'clinic', secret: 'x' } as Batch['command'] },
      // A command of another kind of stream.
      { command: { type: 'ExtendTime', at: at(0) } },
      { facts: [{ type: 'ClientForgotten', data: {} }] },
      { facts: [{ type: 'ClientRegistered', data: { ...restated, active: 'yes' } }] },
      { facts: [{ type: 'ClientRegistered', data: { ...restated, active: true, secret: 'x' } }] },
      { facts: [{ type: 'TimeExtended', data: { extension: 1, deadline: at(1) } }] },
      { stream: 'walletKey-x' },
      { stream: 'nothing' },
    ]
    for (const members of wrong) expect(await faultOf(() => journal.append(batch(members)))).to.equal('invalid')
    expect(await store.head()).to.equal(undefined)
  })

  it('rule 1: a fault names the place, never what was found there', async () => {
    const canary = 'CANARY-7f3a'
    const journal = openJournal(memoryStore())
    const facts = [{ type: 'ClientRegistered', data: { ...restated, active: canary, [canary]: canary } }]
    expect((await faultIn(() => journal.append(batch({ facts })))).message).to.not.include(canary)
    const command = { type: 'ActivateClient', at: canary, client: canary, [canary]: canary } as Batch['command']
    expect((await faultIn(() => journal.append(batch({ command })))).message).to.not.include(canary)
  })

  it('a stream of more events than one page is read whole, and from any revision', async () => {
    const journal = openJournal(memoryStore())
    let previous = genesisOf(CLIENT)
    const fact = (index: number) => ({
      type: index % 2 === 0 ? 'ClientActivated' : 'ClientDeactivated',
      data: { ...restated, active: index % 2 === 0 },
    })
    for (let block = 0; block < 11; block += 1) {
      const facts = Array.from({ length: 100 }, (_, index) => fact(index))
      const events = await journal.append(batch({ facts, previous, revision: block * 100 - 1, commandId: nextId() }))
      previous = events.at(-1)?.digest ?? previous
    }
    const all = await journal.read(CLIENT)
    expect(all.map((event) => event.revision)).to.deep.equal(Array.from({ length: 1100 }, (_, index) => index))
    expect(await journal.read(CLIENT, 1090, all[1089]?.digest)).to.have.length(10)
    expect(await journal.read(CLIENT, 1100)).to.have.length(0)
  })
})

describe('rule 7: what was edited is never served', () => {
  const login = async (): Promise<EventStore> => {
    const store = memoryStore()
    await issueCode(nodeOn(store))
    return store
  }

  const expectCorrupt = async (store: EventStore, revision: number): Promise<void> => {
    const fault = await faultIn(() => openJournal(store).read(STREAM))
    expect(fault.code).to.equal('corrupt')
    expect(fault.message).to.include(`event ${String(revision)} of stream ${STREAM}`)
  }

  const replaced = (text: string, index: number, by: string): string => text.slice(0, index) + by + text.slice(index + 1)

  it('one changed character of data, metadata, type or id: corrupt, naming stream and revision', async () => {
    const store = await login()
    const { events } = await store.readStream(STREAM)
    const member = fc.constantFrom('data' as const, 'metadata' as const, 'type' as const, 'id' as const)
    const place = fc.tuple(
      fc.nat({ max: events.length - 1 }),
      member,
      fc.nat(),
      fc.constantFrom('a', 'Z', '0', '}', '"', ' ', '\u0000', 'é'),
    )
    await fc.assert(
      fc.asyncProperty(place, async ([revision, name, offset, by]) => {
        const text = events[revision]?.[name] ?? ''
        const index = offset % text.length
        if (text[index] === by) return
        const edit = (event: StoredEvent) => (event.revision === revision ? { ...event, [name]: replaced(text, index, by) } : event)
        await expectCorrupt(
          tampered(store, (served) => served.map(edit)),
          revision,
        )
      }),
      { numRuns: 400 },
    )
  })

  it('an edit with a digest made anew shows at the next event', async () => {
    const store = await login()
    const forge = (event: StoredEvent): StoredEvent => {
      if (event.revision !== 1) return event
      const data = event.data.replace(digest('browser'), digest('thief'))
      const { digest: _old, ...metadata } = JSON.parse(event.metadata) as { previous: string; digest: string }
      const { text } = sealMetadata({ ...event, data, previous: metadata.previous, metadata: JSON.stringify(metadata) })
      return { ...event, data, metadata: text }
    }
    await expectCorrupt(
      tampered(store, (events) => events.map(forge)),
      2,
    )
  })

  it('two events swapped, one dropped, one told twice, one of another stream', async () => {
    const store = await login()
    const renumbered = (events: readonly StoredEvent[]) => events.map((event, revision) => ({ ...event, revision }))
    const swapped = (events: readonly StoredEvent[]) =>
      events.map((event, index) => events[index === 2 ? 3 : index === 3 ? 2 : index] ?? event)
    const dropped = (events: readonly StoredEvent[]) => events.filter((event) => event.revision !== 2)
    const doubled = (events: readonly StoredEvent[]) => events.flatMap((event) => (event.revision === 2 ? [event, event] : [event]))
    await expectCorrupt(tampered(store, swapped), 3)
    await expectCorrupt(
      tampered(store, (events) => renumbered(swapped(events))),
      2,
    )
    await expectCorrupt(tampered(store, dropped), 3)
    await expectCorrupt(
      tampered(store, (events) => renumbered(dropped(events))),
      2,
    )
    await expectCorrupt(tampered(store, doubled), 2)
    await expectCorrupt(
      tampered(store, (events) => renumbered(doubled(events))),
      3,
    )
    await expectCorrupt(
      tampered(store, (events) => events.slice(1)),
      1,
    )
    const moved = 'authorization-tx_zzzzzzzzzzzzzzzzzzzzzzzz'
    const fault = await faultIn(() =>
      openJournal(tampered(store, (events) => events.map((event) => ({ ...event, stream: moved })))).read(STREAM),
    )
    expect(fault.code).to.equal('corrupt')
  })

  it('a top-up that does not follow what the reader knows', async () => {
    const store = await login()
    const events = await openJournal(store).read(STREAM)
    expect(await faultOf(() => openJournal(store).read(STREAM, 3, events[1]?.digest))).to.equal('corrupt')
    expect(await openJournal(store).read(STREAM, 3, events[2]?.digest)).to.have.length(events.length - 3)
  })

  it('the last event of a stream that restates its state', async () => {
    const store = memoryStore()
    await openJournal(store).append(batch())
    const edit = (event: StoredEvent) => ({ ...event, data: event.data.replace('"active":false', '"active":true') })
    expect(await faultOf(() => openJournal(tampered(store, (events) => events.map(edit))).last(CLIENT))).to.equal('corrupt')
  })

  it('rule 1: the fault names the place, never what was found there', async () => {
    const store = await login()
    const canary = 'CANARY-7f3a'
    const edit = (event: StoredEvent) => ({ ...event, data: JSON.stringify({ [canary]: canary }) })
    const fault = await faultIn(() => openJournal(tampered(store, (events) => events.map(edit))).read(STREAM))
    expect(fault.message).to.not.include(canary)
  })
})

describe('what the journal cannot read', () => {
  /** An event as somebody else's code would have written it, with a sound digest. */
  const foreign = (members: {
    readonly type?: string
    readonly data?: string
    readonly version?: number
    readonly stream?: string
  }): StoredEvent => {
    const stream = members.stream ?? CLIENT
    const previous = genesisOf(stream)
    const metadata = JSON.stringify({
      at: at(0),
      version: members.version ?? 1,
      $correlationId: 'clinic',
      $causationId: 'request-1',
      commandId: nextId(),
      index: 0,
      count: 1,
      rules: {},
      previous,
    })
    const data = members.data ?? JSON.stringify({ ...restated, active: true })
    const event = { stream, revision: 0, id: nextId(), type: members.type ?? 'ClientRegistered', data }
    return { ...event, position: '1', metadata: sealMetadata({ ...event, previous, metadata }).text }
  }

  it('reads what is sound', () => {
    expect(decode(foreign({}))).to.include({ type: 'ClientRegistered', version: 1, recordedVersion: 1 })
  })

  it('data that is no object, or not what the schema says, is damage', async () => {
    for (const event of [foreign({ data: '[]' }), foreign({ data: '{"client":"clinic"}' })])
      expect(await faultOf(() => decode(event))).to.equal('corrupt')
  })

  it('rule 9: a newer version, an unknown type or kind on an unbroken chain is for a newer program: not now, and nothing is wrong', async () => {
    const later = [foreign({ version: 2 }), foreign({ type: 'ClientForgotten' }), foreign({ stream: 'walletKey-x' })]
    for (const event of later) {
      expect(await faultOf(() => decode(event))).to.equal('unavailable')
      // A changed byte is damage, whoever recorded it.
      expect(await faultOf(() => decode({ ...event, data: event.data.replace('clinic', 'clinik') }))).to.equal('corrupt')
    }
  })

  it('rule 37: the source tells it as unreadable with a digest of its bytes, and goes on', async () => {
    const store = memoryStore()
    const strange = foreign({ type: 'ClientForgotten', data: '{"secret":"CANARY"}' })
    await store.append(CLIENT, 'no_stream', [strange])
    const stream = clientStream('other')
    await openJournal(store).append(batch({ stream, previous: genesisOf(stream), commandId: nextId() }))
    const told: SourceMessage[] = []
    await new Promise<void>((resolve) => {
      const subscription = openJournal(store).source.subscribe({}, (message) => {
        told.push(message)
        if (message.kind === 'caughtUp') void subscription.stop().then(resolve)
      })
    })
    const kinds = told.flatMap((message) => (message.kind === 'event' || message.kind === 'unreadable' ? [message.kind] : []))
    expect(kinds).to.deep.equal(['unreadable', 'event', 'event'])
    const first = told.find((message) => message.kind === 'unreadable')
    expect(first?.event).to.include({ type: 'ClientForgotten', stream: CLIENT, revision: 0 })
    expect(first?.event).to.include({ bytesDigest: sha256(`${strange.data}\n${strange.metadata}`) })
    expect(JSON.stringify(told)).to.not.include('CANARY')
  })
})

describe('rule 6: artefacts', () => {
  const notice = { version: '1', language: 'en', sentences: ['We share your name.'] }

  it('are kept once under their own digest, whatever the order of their members', async () => {
    const store = memoryStore()
    const journal = openJournal(store)
    const one = await journal.keepArtefact('notice', notice, at(0), nextId())
    const again = await journal.keepArtefact(
      'notice',
      { language: 'en', sentences: ['We share your name.'], version: '1' },
      at(9),
      nextId(),
    )
    expect(one).to.equal(sha256(canonical(notice)))
    expect(again).to.equal(one)
    expect((await store.readStream(artefactStream(one))).events).to.have.length(1)
    expect(await journal.artefact(one)).to.deep.equal(notice)
  })

  it('twenty at once keep one', async () => {
    const store = memoryStore()
    const journals = [openJournal(store), openJournal(store)]
    const kept = await Promise.all(
      Array.from({ length: 20 }, (_, index) => journals[index % 2]!.keepArtefact('policy', { ...policy }, at(0), nextId())),
    )
    expect(new Set(kept).size).to.equal(1)
    expect((await store.readStream(artefactStream(kept[0]!))).events).to.have.length(1)
  })

  it('one that is not there is not there', async () => {
    expect(await openJournal(memoryStore()).artefact(digest('nothing'))).to.equal(undefined)
  })

  it('one whose content does not give its name is corrupt', async () => {
    const journal = openJournal(memoryStore())
    const stream = artefactStream(digest('another'))
    await journal.append(
      batch({
        stream,
        previous: genesisOf(stream),
        facts: [{ type: 'ArtefactKept', data: { kind: 'notice', content: notice } }],
        command: { type: 'KeepArtefact', at: at(0) },
      }),
    )
    expect(await faultOf(() => journal.artefact(digest('another')))).to.equal('corrupt')
  })

  it('other faults of the store come through', async () => {
    const store = memoryStore()
    const full: EventStore = { ...store, append: () => Promise.reject(new Fault('unavailable', 'full')) }
    expect(await faultOf(() => openJournal(full).keepArtefact('notice', notice, at(0), nextId()))).to.equal('unavailable')
  })

  it('correlation is the transaction of the act, where there is one', async () => {
    const journal = openJournal(memoryStore())
    const [event] = await journal.append(batch({ correlation: TRANSACTION }))
    expect(event?.correlation).to.equal(TRANSACTION)
  })
})
