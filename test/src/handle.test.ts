import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Fault, type EventStore } from '../../domain/ports.ts'
import { attemptsStream, clientStream } from '../../domain/streams.ts'
import { genesisOf } from '../../src/chain.ts'
import { attemptCounters, clients, transactions } from '../../src/deciders.ts'
import { handle, load, stateCache, type Loaded } from '../../src/handle.ts'
import { at, configuration, digest, PERSON, policy, TRANSACTION } from '../domain/samples.ts'
import { rejected, wish } from '../domain/transaction/samples.ts'
import { faultOf } from '../support/fault-of.ts'
import { circumstances, command, issueCode, memoryStore, nextId, nodeOn, quickTimers, STREAM, typesIn } from './worlds.ts'

type Append = EventStore['append']

/** A store whose appends go through `intervene`, which may do them, refuse them, or both. */
const intervened = (store: EventStore, intervene: (append: () => ReturnType<Append>, batch: Parameters<Append>) => ReturnType<Append>) => {
  const batches: Parameters<Append>[] = []
  const append: Append = async (...batch) => {
    batches.push(batch)
    return intervene(() => store.append(...batch), batch)
  }
  return { store: { ...store, append }, batches }
}

const conflict = (): Fault => new Fault('conflict', 'somebody else was faster', { actual: 0 })
const ambiguous = (): Fault => new Fault('ambiguous', 'the answer was lost')

/** Lets everything that is under way elsewhere go on. */
const elsewhere = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('handle', () => {
  it('loads, decides and appends, and answers the state after it', async () => {
    const store = memoryStore()
    const node = nodeOn(store)
    const started = await command(node, wish('StartAuthorization'))
    expect(started.revision).to.equal(0)
    expect(started.state.stage).to.equal('started')
    expect(started.events.map((event) => event.type)).to.deep.equal(['AuthorizationStarted'])
    expect(started).to.not.have.property('refusal')
    expect(await typesIn(store)).to.deep.equal(['AuthorizationStarted'])
  })

  it('a refusal without facts appends nothing', async () => {
    const store = memoryStore()
    const refused = await command(nodeOn(store), wish('OpenAuthorization'))
    expect(refused).to.include({ refusal: 'transaction_unknown', revision: -1 })
    expect((await store.readStream(STREAM)).exists).to.equal(false)
  })

  it('a refusal with facts records them and refuses, in one append', async () => {
    const store = memoryStore()
    const node = nodeOn(store)
    const pin = wish('RequestFactor', { factor: 'pin' })
    for (const step of [wish('StartAuthorization'), wish('OpenAuthorization'), pin, ...rejected(2)]) await command(node, step)
    await command(node, wish('AttemptFactor', { factor: 'pin' }))
    const { store: watched, batches } = intervened(store, (append) => append())
    const third = await command(nodeOn(watched), wish('RejectFactor', { attempt: 3 }))
    expect(third.refusal).to.equal('attempts_exhausted')
    expect(third.state.stage).to.equal('failed')
    expect(batches.map(([, , events]) => events.map((event) => event.type))).to.deep.equal([['FactorRejected', 'AuthorizationFailed']])
  })
})

describe('handle on a conflict', () => {
  const conflicts = async (times: number) => {
    let left = times
    const { store, batches } = intervened(memoryStore(), (append) => {
      left -= 1
      return left >= 0 ? Promise.reject(conflict()) : append()
    })
    const fault = await faultOf(() => command(nodeOn(store), wish('StartAuthorization')))
    return { fault, appends: batches.length, types: await typesIn(store) }
  }

  it('rule 5: decides again, at most three times', async () => {
    expect(await conflicts(1)).to.deep.equal({ fault: 'none', appends: 2, types: ['AuthorizationStarted'] })
    expect(await conflicts(3)).to.deep.equal({ fault: 'none', appends: 4, types: ['AuthorizationStarted'] })
    expect(await conflicts(4)).to.deep.equal({ fault: 'conflict', appends: 4, types: [] })
  })

  it('rule 5: decides on what the other one recorded', async () => {
    const store = memoryStore()
    const other = nodeOn(store)
    await command(other, wish('StartAuthorization'))
    let first = true
    const { store: slow } = intervened(store, async (append) => {
      if (first) {
        first = false
        await command(other, wish('OpenAuthorization', { browser: digest('faster') }))
      }
      return append()
    })
    const late = await command(nodeOn(slow), wish('OpenAuthorization'))
    expect(late.refusal).to.equal('wrong_browser')
    expect(await typesIn(store)).to.deep.equal(['AuthorizationStarted', 'AuthorizationOpened'])
  })

  it('other faults are not decided again', async () => {
    for (const code of ['unavailable', 'invalid', 'closed', 'corrupt'] as const) {
      const { store, batches } = intervened(memoryStore(), () => Promise.reject(new Fault(code, 'no')))
      expect(await faultOf(() => command(nodeOn(store), wish('StartAuthorization')))).to.equal(code)
      expect(batches).to.have.length(1)
    }
  })
})

describe('rule 31: fifty redemptions at once (oidc-security 2.9 case 4)', () => {
  const redemptions = (nodes: readonly ReturnType<typeof nodeOn>[], seen: number) =>
    Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const node = nodes[index % nodes.length]!
        for (let turn = 0; turn < index % 3; turn += 1) await elsewhere()
        return command(node, wish('ExchangeToken', { accessTokenDigest: digest(`token${String(index)}_`), seen }))
      }),
    )

  for (const nodeCount of [1, 5])
    it(`on ${String(nodeCount)} node(s): one success, 49 refusals, one TokenExchanged, no CodeReplayed`, async () => {
      const store = memoryStore()
      const { revision } = await issueCode(nodeOn(store))
      const nodes = Array.from({ length: nodeCount }, () => nodeOn(store))
      const answers = await redemptions(nodes, revision)
      const winners = answers.filter(({ refusal }) => refusal === undefined)
      expect(winners).to.have.length(1)
      expect(answers.filter(({ refusal }) => refusal === 'code_spent')).to.have.length(49)
      const types = await typesIn(store)
      expect(types.filter((type) => type === 'TokenExchanged')).to.have.length(1)
      expect(types).to.not.include('CodeReplayed')
      expect(types).to.have.length(revision + 2)
      // The token of the one who won is the one that is honoured.
      expect(winners[0]?.state.exchange?.accessTokenDigest).to.equal(answers[0]?.state.exchange?.accessTokenDigest)
    })

  it('fifty presentations that begin afterwards record one CodeReplayed', async () => {
    const store = memoryStore()
    const node = nodeOn(store)
    const { revision } = await issueCode(node)
    await command(node, wish('ExchangeToken', { seen: revision }))
    const answers = await redemptions([node, nodeOn(store)], revision + 1)
    expect(new Set(answers.map(({ refusal }) => refusal))).to.deep.equal(new Set(['code_spent']))
    expect((await typesIn(store)).filter((type) => type === 'CodeReplayed')).to.have.length(1)
    expect((await command(node, wish('ReleaseUserinfo'))).refusal).to.equal('token_revoked')
  })
})

describe('rule 13: a withdrawal that races', () => {
  it('with consent, code, exchange and release: whoever is first, nothing follows AccessRevoked', async () => {
    const later = [wish('RecordConsent'), wish('IssueCode'), wish('ExchangeToken'), wish('ReleaseUserinfo')]
    for (let turns = 0; turns < 12; turns += 1) {
      const store = memoryStore()
      const node = nodeOn(store)
      const before = [wish('StartAuthorization'), wish('OpenAuthorization'), wish('RequestFactor', { factor: 'pin' })]
      const proof = [wish('AttemptFactor', { factor: 'pin' }), wish('ConfirmFactor')]
      for (const step of [...before, ...proof]) await command(node, step)
      const going = (async () => {
        for (const step of later) await command(node, step)
      })()
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve().then(() => undefined)
      for (let turn = 0; turn < turns / 3; turn += 1) await elsewhere()
      await Promise.all([going, command(nodeOn(store), wish('RevokeAccess'))])
      expect((await typesIn(store)).at(-1)).to.equal('AccessRevoked')
    }
  })
})

describe('handle when it is unknown whether an append happened', () => {
  it('rule 5: sends the identical batch again; what had happened is there once', async () => {
    const store = memoryStore()
    let lost = 2
    const { store: lossy, batches } = intervened(store, async (append) => {
      const appended = await append()
      lost -= 1
      if (lost >= 0) throw ambiguous()
      return appended
    })
    const timers = quickTimers()
    const started = await command(nodeOn(lossy, timers), wish('StartAuthorization'))
    expect(started.state.stage).to.equal('started')
    expect(batches).to.have.length(3)
    expect(batches[1]).to.deep.equal(batches[0])
    expect(batches[2]).to.deep.equal(batches[0])
    expect(await typesIn(store)).to.deep.equal(['AuthorizationStarted'])
    expect(timers.slept).to.have.length(2)
  })

  it('rule 5: what had not happened happens then', async () => {
    let lost = 1
    const { store } = intervened(memoryStore(), async (append) => {
      lost -= 1
      if (lost >= 0) throw ambiguous()
      return append()
    })
    await command(nodeOn(store), wish('StartAuthorization'))
    expect(await typesIn(store)).to.deep.equal(['AuthorizationStarted'])
  })

  it('gives up after four tries, and says so', async () => {
    const { store, batches } = intervened(memoryStore(), () => Promise.reject(ambiguous()))
    const timers = quickTimers()
    expect(await faultOf(() => command(nodeOn(store, timers), wish('StartAuthorization')))).to.equal('ambiguous')
    expect(batches).to.have.length(4)
    expect(timers.slept).to.deep.equal([50, 100, 150])
  })

  it('decides again when somebody else was faster meanwhile', async () => {
    const store = memoryStore()
    const other = nodeOn(store)
    await command(other, wish('StartAuthorization'))
    let first = true
    const { store: lossy } = intervened(store, async (append) => {
      if (!first) return append()
      first = false
      await command(other, wish('OpenAuthorization'))
      throw ambiguous()
    })
    const late = await command(nodeOn(lossy), wish('OpenAuthorization'))
    expect(late).to.not.have.property('refusal')
    expect(late.events).to.have.length(0)
    expect(await typesIn(store)).to.deep.equal(['AuthorizationStarted', 'AuthorizationOpened'])
  })
})

describe('rule 16: cached states', () => {
  /** Remembers where reads begin. */
  const watched = (store: EventStore) => {
    const reads: number[] = []
    const readStream: EventStore['readStream'] = async (stream, options = {}) => {
      reads.push(options.from ?? 0)
      return store.readStream(stream, options)
    }
    return { store: { ...store, readStream }, reads }
  }

  it('are topped up before use, and only from the next revision', async () => {
    const { store, reads } = watched(memoryStore())
    const one = nodeOn(store)
    const other = nodeOn(store)
    await command(one, wish('StartAuthorization'))
    await command(other, wish('OpenAuthorization'))
    reads.length = 0
    const { state, revision } = await load(one, transactions, STREAM)
    expect({ stage: state.stage, revision, reads }).to.deep.equal({ stage: 'opened', revision: 1, reads: [1] })
  })

  it('a refusal that was decided on one is decided again on a fresh read', async () => {
    const { store, reads } = watched(memoryStore())
    const one = nodeOn(store)
    const other = nodeOn(store)
    await command(one, wish('StartAuthorization'))
    await command(other, wish('OpenAuthorization'))
    reads.length = 0
    const requested = await command(one, wish('RequestFactor'))
    expect(requested).to.not.have.property('refusal')
    expect(reads).to.deep.equal([0])
  })

  it('a decision that appends needs no read before it: the append names its revision', async () => {
    const { store, reads } = watched(memoryStore())
    const one = nodeOn(store)
    await command(one, wish('StartAuthorization'))
    reads.length = 0
    await command(one, wish('OpenAuthorization'))
    expect(reads).to.deep.equal([])
  })

  it('what appends nothing is decided again on a fresh read, though nothing was refused', async () => {
    const { store, reads } = watched(memoryStore())
    const one = nodeOn(store)
    await command(one, wish('StartAuthorization'))
    await command(one, wish('OpenAuthorization'))
    reads.length = 0
    expect((await command(one, wish('OpenAuthorization'))).events).to.deep.equal([])
    expect(reads).to.deep.equal([0])
  })

  it('a refusal that was decided on a whole read is not read again', async () => {
    const { store, reads } = watched(memoryStore())
    await command(nodeOn(store), wish('StartAuthorization'))
    reads.length = 0
    expect((await command(nodeOn(store), wish('RecordConsent'))).refusal).to.equal('step_out_of_order')
    expect(reads).to.deep.equal([0])
  })

  it('a stale one that was granted meets the expected revision, and is decided again', async () => {
    const store = memoryStore()
    const one = nodeOn(store)
    const other = nodeOn(store)
    await command(one, wish('StartAuthorization'))
    await command(other, wish('OpenAuthorization', { browser: digest('faster') }))
    expect((await command(one, wish('OpenAuthorization'))).refusal).to.equal('wrong_browser')
  })

  it('a stream that restates its state is read by its last event, then from the next on', async () => {
    const { store, reads } = watched(memoryStore())
    const node = nodeOn(store)
    const stream = attemptsStream(PERSON, 'unknown')
    const attempt = { type: 'CountAttempt', path: 'unknown', factor: 'pin', transaction: TRANSACTION } as const
    for (const second of [0, 1, 2]) await handle(node, attemptCounters, stream, { ...attempt, at: at(second) }, circumstances({ policy }))
    const { state, revision } = await load(nodeOn(store), attemptCounters, stream)
    expect(state.failures).to.equal(3)
    expect(revision).to.equal(2)
    reads.length = 0
    expect((await load(node, attemptCounters, stream)).state.failures).to.equal(3)
    expect(reads).to.deep.equal([3])
  })

  it('a deactivated client is seen at once by every node', async () => {
    const store = memoryStore()
    const one = nodeOn(store)
    const stream = clientStream('clinic')
    const register = { type: 'RegisterClient', at: at(0), client: 'clinic', configuration, artefact: digest('artefact') } as const
    await handle(one, clients, stream, register, circumstances(undefined))
    expect((await load(one, clients, stream)).state.active).to.equal(true)
    await handle(nodeOn(store), clients, stream, { type: 'DeactivateClient', at: at(1), client: 'clinic' }, circumstances(undefined))
    expect((await load(one, clients, stream)).state.active).to.equal(false)
  })

  it('the cache is bounded: the one that was used longest ago makes room', () => {
    const cache = stateCache(2)
    const loaded: Loaded<string> = { state: 'x', revision: 0, digest: genesisOf('authorization-a') }
    for (const name of ['a', 'b', 'a', 'c']) cache.set(name, loaded)
    expect([cache.get('a'), cache.get('b'), cache.get('c')].map((entry) => entry !== undefined)).to.deep.equal([true, false, true])
    cache.delete('a')
    expect(cache.get('a')).to.equal(undefined)
  })

  it('what failed leaves no cached state behind', async () => {
    const store = memoryStore()
    const { store: broken } = intervened(store, () => Promise.reject(new Fault('unavailable', 'full')))
    await command(nodeOn(store), wish('StartAuthorization'))
    const node = nodeOn(broken)
    await faultOf(() => command(node, wish('OpenAuthorization')))
    expect(node.states.get(STREAM)).to.equal(undefined)
  })
})

describe('what handle lets through', () => {
  it('rule 4: a command that its schema does not describe is invalid, and nothing is recorded', async () => {
    const store = memoryStore()
    const secret = { ...wish('StartAuthorization'), state: 'a secret' } as ReturnType<typeof wish<'StartAuthorization'>>
    expect(await faultOf(() => command(nodeOn(store), secret))).to.equal('invalid')
    expect(await typesIn(store)).to.deep.equal([])
  })

  it('rule 5: event ids follow from the command id, so a repetition is recognised', async () => {
    const id = nextId()
    const stores = [memoryStore(), memoryStore()]
    const started = await Promise.all(stores.map((store) => command(nodeOn(store), wish('StartAuthorization'), id)))
    expect(started[0]?.events[0]?.id).to.equal(started[1]?.events[0]?.id)
    expect(started[0]?.events[0]?.digest).to.equal(started[1]?.events[0]?.digest)
  })
})
