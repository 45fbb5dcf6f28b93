import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryKeyStore } from '../../../adapters/keys/memory/memory-key-store.ts'
import type { EventStore, KeyStore } from '../../../domain/ports.ts'
import { DEPLOYMENT_STREAM } from '../../../domain/streams.ts'
import { secretsOf } from '../../../src/compose-keys.ts'
import { readSettings } from '../../../src/config.ts'
import { stateCache } from '../../../src/handle.ts'
import { openJournal } from '../../../src/journal.ts'
import { knownEvents, startNode, type Starting } from '../../../src/steps/start-node.ts'
import { systemChance } from '../../support/chance.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { memoryStore, quickTimers, typesIn } from '../worlds.ts'

type Place = { readonly store: EventStore; readonly keys: KeyStore; readonly clock: HandClock }

const place = (): Place => ({ store: memoryStore(), keys: memoryKeyStore({ chance: systemChance }), clock: handClock() })

const node = async ({ store, keys, clock }: Place, given: object = {}): Promise<Starting> => {
  const read = readSettings(given, {}, 'tool', '/')
  if (!read.ok) throw new Error(read.problems.join('; '))
  return {
    ...{ journal: openJournal(store), states: stateCache(10), timers: quickTimers(), chance: systemChance },
    ...{ keys, clock, settings: read.settings, secrets: await secretsOf(keys) },
  }
}

const problemOf = async (start: Promise<void>): Promise<string> => {
  try {
    await start
    return 'it started'
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown'
  }
}

describe('a broker that starts says so, and is refused where it does not belong', () => {
  it('nodes with the same keys start one after the other and at once', async () => {
    const shared = place()
    await startNode(await node(shared), '1.0.0')
    const nodes = await Promise.all([node(shared), node(shared), node(shared)])
    await Promise.all(nodes.map((one) => startNode(one, '1.0.0')))
    expect(await typesIn(shared.store, DEPLOYMENT_STREAM)).to.have.length(4)
  })

  it('another key store on the same events is refused in words, and nothing is recorded', async () => {
    const shared = place()
    await startNode(await node(shared), '1.0.0')
    const stranger = await node({ ...shared, keys: memoryKeyStore({ chance: systemChance }) })
    expect(await problemOf(startNode(stranger, '1.0.0'))).to.contain('the keys of this machine are not those')
    expect(await typesIn(shared.store, DEPLOYMENT_STREAM)).to.have.length(1)
  })

  it('a clock that is behind is named', async () => {
    const shared = place()
    await startNode(await node(shared), '1.0.0')
    const late = await node({ ...shared, clock: handClock('2026-11-24T11:59:00.000Z') })
    expect(await problemOf(startNode(late, '1.0.0'))).to.contain('set the clock')
  })

  it('an older program is refused with what it cannot read, and let in by `besideNewer` (rule 9)', async () => {
    const shared = place()
    await startNode(await node(shared), '2.0.0', { ...knownEvents(), 'transaction/Future': 1 })
    expect(await problemOf(startNode(await node(shared), '1.0.0'))).to.match(/cannot read transaction\/Future: .*besideNewer/)
    await startNode(await node(shared, { besideNewer: true }), '1.0.0')
    expect(await problemOf(startNode(await node(shared), '1.0.0'))).to.contain('transaction/Future')
  })

  it('what is recorded says nothing of a key', async () => {
    const shared = place()
    const one = await node(shared)
    await startNode(one, '1.0.0')
    const { events } = await shared.store.readStream(DEPLOYMENT_STREAM)
    const text = events.map(({ data, metadata }) => data + metadata).join('')
    for (const secret of Object.values(one.secrets)) expect(text).to.not.contain(Buffer.from(secret).toString('base64url'))
    expect(text).to.not.contain(Buffer.from(await shared.keys.secret('deployment-check')).toString('base64url'))
  })
})
