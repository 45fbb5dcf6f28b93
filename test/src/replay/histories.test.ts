import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import type { Json } from '../../../domain/ports.ts'
import { kindOf } from '../../../domain/streams.ts'
import type { Recorded } from '../../../projections/projection.ts'
import { COMMAND_VERSIONS, documentDefaults } from '../../../schemas/check.ts'
import { decode } from '../../../src/codec.ts'
import { rulesOfStream } from '../../../src/deciders.ts'
import type { Journal } from '../../../src/journal.ts'
import { replay, type Replayed } from '../../../src/replay/replay.ts'
import rules from '../../streams/rules/rules.json' with { type: 'json' }

type History = {
  readonly description: string
  readonly stream: string
  readonly events: readonly { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string }[]
}
type Members = { readonly [member: string]: Json }

const FOLDER = join(import.meta.dirname, '../../streams')
const histories = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as History] as const)

const isMembers = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null takes a member away. */
const merged = (base: Members, over: Members): Members =>
  Object.fromEntries(
    Object.entries({ ...base, ...over }).flatMap(([name, value]) => {
      if (value === null) return []
      const before = base[name]
      return [[name, isMembers(before) && isMembers(value) && name in over ? merged(before, value) : value]]
    }),
  )

const decoded = ({ stream, events }: History): readonly Recorded[] => {
  let before: string | undefined
  return events.map((event, revision) => {
    const recorded = decode({ ...event, stream, revision, position: String(revision + 1) }, before)
    before = recorded.digest
    return recorded
  })
}

const POLICY = documentDefaults('policy') as Members

/** The policy of a history, and a relying party that may ask for what is asked in it. */
const replayed = (name: string, history: History, change: (event: Recorded) => Recorded = (event) => event): Promise<Replayed> => {
  const own = (rules.histories as Readonly<Record<string, Members>>)[name] ?? {}
  const policy = merged(merged(POLICY, rules.policy), own)
  const events = decoded(history)
  const asked = events[0]?.data ?? {}
  const claims = Array.isArray(asked['claims']) ? (asked['claims'] as readonly { readonly name: string }[]) : []
  const client = {
    ...(rules.client as { readonly [member: string]: Json }),
    client_id: asked['client'] ?? 'shop',
    redirect_uris: [asked['redirectUri'] ?? ''],
    claims: claims.map((claim) => claim.name),
    scope: Array.isArray(asked['scopes']) ? asked['scopes'].join(' ') : 'openid',
  }
  const journal = {
    read: async () => events.map((event) => change({ ...event, rules: { policy: 'policy', client: 'client' } })),
    artefact: async (digest: string) => (digest === 'policy' ? policy : client),
  }
  return replay(journal as unknown as Journal, history.stream)
}

describe('REPLAY-01 and REPLAY-05: recorded histories of every version are decided today as they were recorded', () => {
  for (const [name, history] of histories)
    it(`${name}: ${history.description}`, async () => {
      const { verdict, difference, missing } = await replayed(name, history)
      // A history that was recorded under other rules says so in test/streams/rules/rules.json.
      expect({ verdict, difference, missing }).to.deep.equal({ verdict: 'same', difference: undefined, missing: undefined })
    })

  it('every command that a decider takes was given in one of them', () => {
    const given = new Set(
      histories.flatMap(([, history]) =>
        decoded(history).map(({ kind, command }) => (command === undefined ? '' : `${kind}/${command.type}`)),
      ),
    )
    const decided = new Set(
      histories.filter(([, { stream }]) => rulesOfStream(stream) !== undefined).map(([, { stream }]) => kindOf(stream)),
    )
    const missing = Object.entries(COMMAND_VERSIONS).flatMap(([kind, types]) =>
      decided.has(kind as never)
        ? Object.keys(types)
            .filter((type) => !given.has(`${kind}/${type}`))
            .map((type) => `${kind}/${type}`)
        : [],
    )
    expect(missing).to.deep.equal([])
  })

  it('each of them bites: an event of another type is a difference, wherever it stands', async () => {
    for (const [name, history] of histories) {
      if (rulesOfStream(history.stream) === undefined) continue
      const last = history.events.length - 1
      const { verdict, difference } = await replayed(name, history, (event) =>
        event.revision === last ? { ...event, type: 'SomethingElse' } : event,
      )
      expect({ name, verdict, at: difference?.revision }).to.deep.equal({ name, verdict: 'different', at: last })
    }
  })
})
