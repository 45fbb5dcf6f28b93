import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { fold } from '../../domain/decider.ts'
import type { NewEvent } from '../../domain/ports.ts'
import { idOf, kindOf, PLUGIN_STREAMS } from '../../domain/streams.ts'
import type { Recorded } from '../../projections/projection.ts'
import { checkCommand, checkEvent, COMMAND_VERSIONS, EVENT_VERSIONS } from '../../schemas/check.ts'
import { upcast, upcastCommand } from '../../schemas/upcast.ts'
import {
  attemptCounters,
  checkpoints,
  clients,
  consents,
  deployments,
  looks,
  notices,
  pluginOpenings,
  signingKeys,
  transactions,
  trustedDevices,
  erasures,
  denials,
  parkedActs,
  switchings,
} from '../../src/deciders.ts'
import type { StreamRules } from '../../src/handle.ts'
import { decode } from '../../src/codec.ts'
import { openJournal } from '../../src/journal.ts'
import { faultOf } from '../support/fault-of.ts'
import { memoryStore } from '../src/worlds.ts'

/** A history as it was recorded: the bytes of every event, and some members of the state that it leaves. */
type History = {
  readonly description: string
  readonly stream: string
  readonly events: readonly NewEvent[]
  readonly leaves: object
}

const FOLDER = import.meta.dirname
const read = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(FOLDER, ...path), 'utf8')) as unknown
// Files of this folder, written by our own code; what is wrong in one fails a test.
const histories = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, read(name) as History] as const)

const stored = ({ stream, events }: History) =>
  events.map((event, revision) => ({ ...event, stream, revision, position: String(revision + 1) }))

const decoded = (history: History): readonly Recorded[] => {
  let before: string | undefined
  return stored(history).map((event) => {
    const recorded = decode(event, before)
    before = recorded.digest
    return recorded
  })
}

const foldAll = <State, Command, Rules, Event>({ decider }: StreamRules<State, Command, Rules, Event>, history: History): State =>
  // Each event was checked against the schema of its type.
  fold(decider, decoded(history) as unknown as readonly Event[])

/** The state that a history leaves, whatever kind of stream it is. */
const stateOf = (history: History): unknown => {
  switch (kindOf(history.stream)) {
    case 'transaction':
      return foldAll(transactions, history)
    case 'consent':
      return foldAll(consents, history)
    case 'client':
      return foldAll(clients, history)
    case 'person':
      if (idOf(history.stream).endsWith('.notices')) return foldAll(notices, history)
      if (history.stream.endsWith('.erasure')) return foldAll(erasures, history)
      return idOf(history.stream).endsWith('.devices') ? foldAll(trustedDevices, history) : foldAll(attemptCounters, history)
    case 'signing-key':
      return foldAll(signingKeys, history)
    case 'deployment':
      return history.stream.startsWith(PLUGIN_STREAMS) ? foldAll(pluginOpenings, history) : foldAll(deployments, history)
    case 'look':
      return foldAll(looks, history)
    case 'denial':
      return foldAll(denials, history)
    case 'parked':
      return foldAll(parkedActs, history)
    case 'projection':
      return foldAll(switchings, history)
    case 'checkpoint':
      return foldAll(checkpoints, history)
    case 'artefact':
    case undefined:
      return decoded(history).at(-1)?.data
  }
}

describe('rule 9: recorded histories of every version fold for ever', () => {
  for (const [name, history] of histories) {
    it(`${name}: ${history.description}`, () => {
      const state = stateOf(history)
      if (Array.isArray(history.leaves)) expect(state).to.deep.equal(history.leaves)
      else expect(state).to.deep.include(history.leaves)
    })
  }

  it('every event type that was ever recorded stands in one of them', () => {
    const seen = new Set(histories.flatMap(([, { stream, events }]) => events.map(({ type }) => `${kindOf(stream) ?? ''}/${type}`)))
    const missing = Object.entries(EVENT_VERSIONS).flatMap(([kind, types]) =>
      Object.keys(types)
        .map((type) => `${kind}/${type}`)
        .filter((type) => !seen.has(type)),
    )
    expect(missing).to.deep.equal([])
  })

  it('rule 7: their digests hold, and a changed byte in any of them shows', async () => {
    for (const [, history] of histories) {
      const events = history.events.map((event, index) =>
        index === 0 ? { ...event, data: event.data.replace(/(?<=.)[a-z]/, 'ø') } : event,
      )
      expect(await faultOf(() => decoded({ ...history, events }))).to.equal('corrupt')
    }
  })

  it('a store that is given them again serves them as they were', async () => {
    for (const [name, history] of histories) {
      const store = memoryStore()
      await store.append(history.stream, 'no_stream', history.events)
      const withoutPosition = (events: readonly Recorded[]) => events.map(({ position: _position, ...event }) => event)
      expect(withoutPosition(await openJournal(store).read(history.stream)), name).to.deep.equal(withoutPosition(decoded(history)))
    }
  })
})

describe('rule 4: an example of every event and every command, in every version', () => {
  type Versions = Readonly<Record<string, Readonly<Record<string, number>>>>

  const names = (versions: Versions): readonly string[] =>
    Object.entries(versions).flatMap(([kind, types]) =>
      Object.entries(types).flatMap(([type, last]) =>
        Array.from({ length: last }, (_, index) => `${kind}/${type}.v${String(index + 1)}.json`),
      ),
    )

  const parts = (name: string) => {
    const [, kind = '', type = '', version = ''] = /^([\w-]+)\/(\w+)\.v(\d+)\.json$/.exec(name) ?? []
    return { kind: kind as keyof typeof EVENT_VERSIONS, type, version: Number(version) }
  }

  const problemsOf = (checked: { readonly ok: true } | { readonly ok: false; readonly problems: readonly string[] }): readonly string[] =>
    checked.ok ? [] : checked.problems

  it('is kept, and nothing else', () => {
    const kept = readdirSync(join(FOLDER, 'examples')).flatMap((kind) =>
      readdirSync(join(FOLDER, 'examples', kind)).map((file) => `${kind}/${file}`),
    )
    expect(kept.sort()).to.deep.equal([...names(EVENT_VERSIONS), ...names(COMMAND_VERSIONS)].sort())
  })

  for (const name of names(EVENT_VERSIONS))
    it(`event ${name} is brought to the present and valid`, () => {
      const { kind, type, version } = parts(name)
      const data = upcast(kind, type, version, read('examples', name) as { readonly [member: string]: unknown })
      const present = (EVENT_VERSIONS as Versions)[kind]?.[type] ?? 0
      expect(problemsOf(checkEvent(kind, type, present, data))).to.deep.equal([])
    })

  for (const name of names(COMMAND_VERSIONS))
    it(`command ${name} is brought to the present and valid`, () => {
      const { kind, type, version } = parts(name)
      const body = upcastCommand(kind, type, version, read('examples', name) as { readonly [member: string]: unknown })
      expect(problemsOf(checkCommand(kind, { ...body, type }))).to.deep.equal([])
    })
})
