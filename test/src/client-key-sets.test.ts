import { expect } from 'chai'
import { exportJWK, generateKeyPair } from 'jose'
import { before, beforeEach, describe, it } from 'mocha'
import type { ClientState } from '../../domain/client/client.ts'
import type { RemoteDocument } from '../../domain/ports.ts'
import { clientKeySets, type ClientKeySets, type KeySet } from '../../src/client-key-sets.ts'
import { keptLog, SHOP } from '../support/given.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'

const MINUTE_MS = 60_000
const { jwks: _none, ...shop } = SHOP
const URI = 'https://keys.example/jwks'

const published = (artefact = 'one', client = 'shop'): ClientState => ({
  registered: true,
  active: true,
  artefact,
  configuration: { ...shop, client_id: client, jwks_uri: URI },
})

describe('keys that a relying party publishes (attacks 11 and 12, rules 16 and 34)', () => {
  let first: object
  let second: object
  before(async () => {
    const made = async (kid: string): Promise<object> => ({ ...(await exportJWK((await generateKeyPair('ES256')).publicKey)), kid })
    first = await made('first')
    second = await made('second')
  })

  let clock: HandClock
  let log: ReturnType<typeof keptLog>
  let sets: ClientKeySets
  let fetched: string[]
  let answer: () => RemoteDocument | Promise<RemoteDocument>
  const document = (value: unknown): RemoteDocument => ({ ok: true, body: Buffer.from(JSON.stringify(value)) })
  const publish = (...keys: readonly unknown[]): void => {
    answer = () => document({ keys })
  }
  const fail = (): void => {
    answer = () => ({ ok: false, fault: 'unreachable' })
  }
  beforeEach(() => {
    clock = handClock()
    log = keptLog()
    fetched = []
    publish(first)
    const get = async (url: string): Promise<RemoteDocument> => {
      fetched.push(url)
      return answer()
    }
    sets = clientKeySets({ documents: { get }, clock, log })
  })

  const kidsOf = ({ verifying }: KeySet): readonly unknown[] => verifying.map(({ kid }) => kid)
  const ask = async (kid: string, client = published()): Promise<readonly unknown[]> =>
    kidsOf(await sets.of(client, ({ verifying }) => verifying.some((key) => key.kid === kid)))

  it('is fetched once, and served from the copy for ten minutes', async () => {
    expect(await ask('first')).to.deep.equal(['first'])
    clock.pass(10 * MINUTE_MS - 1)
    expect(await ask('first')).to.deep.equal(['first'])
    expect(fetched).to.deep.equal([URI])
    clock.pass(1)
    publish(second)
    expect(await ask('first'), 'a key that was taken out').to.deep.equal(['second'])
    expect(fetched).to.have.length(2)
  })

  it('an unknown kid is looked for at once, then once a minute, whoever makes them up (attack 12)', async () => {
    await ask('first')
    clock.pass(MINUTE_MS)
    publish(first, second)
    expect(await ask('second'), 'a rotation').to.deep.equal(['first', 'second'])
    for (let n = 0; n < 100; n += 1) expect(await ask(`made up ${n}`)).to.deep.equal(['first', 'second'])
    expect(fetched).to.have.length(2)
    for (let minute = 1; minute <= 5; minute += 1) {
      clock.pass(MINUTE_MS)
      for (let n = 0; n < 20; n += 1) await ask(`made up ${n}`)
      expect(fetched).to.have.length(2 + minute)
    }
  })

  it('of many who ask at once one fetches', async () => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    answer = async () => {
      await gate
      return document({ keys: [first] })
    }
    const asking = Array.from({ length: 50 }, (_none, n) => ask(n % 2 === 0 ? 'first' : `made up ${n}`))
    go()
    for (const kids of await Promise.all(asking)) expect(kids).to.deep.equal(['first'])
    expect(fetched).to.have.length(1)
  })

  it('fetches of all clients together are bounded, and others are served by what they have', async () => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    answer = async () => {
      await gate
      return document({ keys: [first] })
    }
    const asking = Array.from({ length: 40 }, (_none, n) => ask('first', published('one', `client${n}`)))
    await new Promise((done) => setImmediate(done))
    expect(fetched).to.have.length(16)
    go()
    await Promise.all(asking)
    publish(first)
    expect(await ask('first', published('one', 'client39')), 'whoever had to stand back is not cooled down').to.deep.equal(['first'])
  })

  it('the copy serves for a day while nobody answers, asked once a minute, and no longer', async () => {
    await ask('first')
    fail()
    clock.pass(10 * MINUTE_MS)
    for (let n = 0; n < 10; n += 1) expect(await ask('first')).to.deep.equal(['first'])
    expect(fetched).to.have.length(2)
    clock.pass(24 * 60 * MINUTE_MS - 10 * MINUTE_MS - 1)
    expect(await ask('first')).to.deep.equal(['first'])
    clock.pass(1)
    expect(await ask('first')).to.deep.equal([])
    expect(log.lines.at(-1)).to.deep.include({
      level: 'warn',
      event: 'client_keys_not_fetched',
      fields: { client: 'shop', reason: 'unreachable' },
    })
    clock.pass(MINUTE_MS)
    publish(second)
    expect(await ask('second')).to.deep.equal(['second'])
  })

  it('what is no set of keys, or holds none that may be used, changes nothing', async () => {
    await ask('first')
    const { d } = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)
    for (const wrong of [
      [],
      {},
      { keys: {} },
      { keys: [] },
      { keys: [null, 7, {}] },
      { keys: [{ ...second, d }] },
      { keys: Array(31).fill(second) },
    ]) {
      clock.pass(MINUTE_MS)
      answer = () => document(wrong)
      expect(await ask('second'), JSON.stringify(wrong).slice(0, 60)).to.deep.equal(['first'])
    }
    for (const body of [Buffer.from('no json'), Buffer.from([0xff, 0xfe])]) {
      clock.pass(MINUTE_MS)
      answer = () => ({ ok: true, body })
      expect(await ask('second')).to.deep.equal(['first'])
    }
  })

  it('of a set each key is looked at by itself (RFC 7517 §5, FAPI 2.0 §5.4.3)', async () => {
    const { d } = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)
    publish({ kty: 'oct', k: 'AAAA' }, { ...second, d }, { ...second, kid: 7 }, { ...first, use: 'enc' }, { kty: 'new' }, first, {
      ...second,
      kid: 'first',
    })
    expect(await ask('first')).to.deep.equal(['first', 'first'])
  })

  it('a changed registration counts at once: its own keys, and another place (rule 16)', async () => {
    await ask('first')
    const inline: ClientState = { ...published('two'), configuration: { ...shop, jwks: { keys: [second as never] } } }
    expect(await ask('second', inline)).to.deep.equal(['second'])
    publish(second)
    expect(await ask('second', published('three'))).to.deep.equal(['second'])
    expect(fetched).to.have.length(2)
  })

  it('a registration that changes while a fetch is under way does not get what belonged to the old one', async () => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    answer = async () => {
      await gate
      return document({ keys: [first] })
    }
    const old = ask('first', published('old'))
    publish(second)
    expect(await ask('second', published('new'))).to.deep.equal(['second'])
    go()
    await old
    expect(await ask('second', published('new'))).to.deep.equal(['second'])
    expect(fetched).to.have.length(2)
  })
})
