import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryKeyStore } from '../../../adapters/keys/memory/memory-key-store.ts'
import type { EventStore, KeyStore, SigningAlgorithm } from '../../../domain/ports.ts'
import { stateCache } from '../../../src/handle.ts'
import { openJournal } from '../../../src/journal.ts'
import { isKeyPublished, pastKey, publishedKeys, ringOf, signerFor } from '../../../src/signing-keys.ts'
import { revokeKey, rotateKey, tendKeys, type Tending } from '../../../src/steps/tend-keys.ts'
import { systemChance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { memoryStore, quickTimers } from '../worlds.ts'

const ALG: SigningAlgorithm = 'ES256'
const ALGS = [ALG]
const LEAD_MS = 660_000
const TOKENS_MS = 3_660_000

type Shared = { readonly store: EventStore; readonly keys: KeyStore; readonly clock: HandClock }

const shared = (): Shared => ({ store: memoryStore(), keys: memoryKeyStore({ chance: systemChance }), clock: handClock() })

/** A process of its own on the stores that all share. `keys` of its own too, so that it has its own memory of them. */
const processOn = ({ store, keys, clock }: Shared): Tending => ({
  ...{ journal: openJournal(store), states: stateCache(100), keys: { ...keys }, clock },
  ...{ chance: systemChance, timers: quickTimers() },
})

const kidsOf = async (world: Tending): Promise<readonly string[]> => (await publishedKeys(world)).map(({ kid }) => kid)
const signing = async (world: Tending): Promise<string> => (await signerFor(world, ALG)).kid

/** What must hold whatever happened: one key signs and is published, nothing else can sign but what waits. */
const expectRest = async (world: Tending): Promise<void> => {
  const kid = await signing(world)
  expect(await kidsOf(world)).to.include(kid)
  for (const key of await ringOf(world))
    if (key.kid !== kid && key.signs) expect(key.state.status, 'a private half that nobody needs').to.equal('made')
}

describe('tending signing keys (rule 45)', () => {
  it('an algorithm without a key gets one that signs at once; twice is once', async () => {
    const world = processOn(shared())
    for (let turn = 0; turn < 3; turn += 1) await tendKeys(world, ALGS)
    expect(await kidsOf(world)).to.deep.equal([await signing(world)])
    expect(await world.keys.held()).to.have.length(1)
  })

  it('a rotation: published at once, signs when everybody can know it, the old one shown until its tokens are dead', async () => {
    const place = shared()
    const [broker, terminal] = [processOn(place), processOn(place)]
    await tendKeys(broker, ALGS)
    const old = await signing(broker)
    const { kid, waitsAlready } = await rotateKey(terminal, ALG)
    expect(waitsAlready).to.equal(false)
    expect(await rotateKey(broker, ALG)).to.include({ kid, waitsAlready: true })
    expect(await kidsOf(broker), 'another process shows it').to.have.members([old, kid])
    place.clock.pass(LEAD_MS - 1)
    await tendKeys(broker, ALGS)
    expect(await signing(broker)).to.equal(old)
    place.clock.pass(1)
    await tendKeys(broker, ALGS)
    for (const world of [broker, terminal]) expect(await signing(world)).to.equal(kid)
    expect(await faultOf(async () => place.keys.sign(old, Buffer.from('x'))), 'its private half is destroyed').to.equal('invalid')
    place.clock.pass(TOKENS_MS - 1)
    await tendKeys(broker, ALGS)
    expect(await kidsOf(broker)).to.have.members([old, kid])
    expect(await isKeyPublished(broker, old)).to.equal(true)
    place.clock.pass(1)
    expect(await kidsOf(broker)).to.deep.equal([kid])
    expect(await isKeyPublished(broker, old)).to.equal(false)
    expect((await pastKey(broker, old))?.kid, 'old hints are known').to.equal(old)
    await expectRest(broker)
    place.clock.pass(401 * 86_400_000)
    await tendKeys(processOn(place), ALGS)
    expect((await place.keys.held()).map((key) => key.kid)).to.deep.equal([kid])
  })

  it('a revocation in one process counts for the next signature and the next token of another', async () => {
    const place = shared()
    const [broker, terminal] = [processOn(place), processOn(place)]
    await tendKeys(broker, ALGS)
    const leaked = await signing(broker)
    expect(await revokeKey(terminal, leaked, 'compromised')).to.equal(undefined)
    expect(await isKeyPublished(broker, leaked)).to.equal(false)
    expect(await pastKey(broker, leaked)).to.equal(undefined)
    const next = await signing(broker)
    expect(next).not.to.equal(leaked)
    expect(await kidsOf(broker)).to.deep.equal([next])
    expect(
      (await place.keys.held()).map((key) => key.kid),
      'nothing of it is left',
    ).to.deep.equal([next])
    await expectRest(broker)
  })

  it('a revocation uses the next key where one waits, also of a key that waits or signs no more', async () => {
    const place = shared()
    const world = processOn(place)
    await tendKeys(world, ALGS)
    const [first, { kid: second }] = [await signing(world), await rotateKey(world, ALG)]
    await revokeKey(world, first, 'lost')
    expect(await signing(world)).to.equal(second)
    const { kid: third } = await rotateKey(world, ALG)
    await revokeKey(world, third, 'mistake')
    expect(await kidsOf(world)).to.deep.equal([second])
    expect(await revokeKey(world, 'A'.repeat(43), 'mistake')).to.equal('not_found')
    await expectRest(world)
  })

  it('a key that is in a stream alone is none: who writes events cannot have a key published', async () => {
    const place = shared()
    const world = processOn(place)
    await tendKeys(world, ALGS)
    const foreign = await memoryKeyStore({ chance: systemChance }).make(ALG)
    const other = processOn({ ...place, keys: { ...place.keys, make: async () => foreign } })
    await rotateKey(other, ALG)
    expect(await isKeyPublished(world, foreign.kid)).to.equal(false)
    expect(await kidsOf(world)).to.deep.equal([await signing(world)])
  })

  it('a private half that was lost is replaced by a new key, and what it signed still verifies', async () => {
    const place = shared()
    const world = processOn(place)
    await tendKeys(world, ALGS)
    const lost = await signing(world)
    await place.keys.disable(lost)
    const restarted = processOn(place)
    await tendKeys(restarted, ALGS)
    expect(await signing(restarted)).not.to.equal(lost)
    expect(await kidsOf(restarted)).to.include(lost)
    await expectRest(restarted)
  })

  it('several processes that start at once end with one key that signs', async () => {
    const place = shared()
    const worlds = Array.from({ length: 4 }, () => processOn(place))
    await Promise.all(worlds.map((world) => tendKeys(world, ALGS)))
    for (const world of worlds) await tendKeys(world, ALGS)
    expect(new Set(await Promise.all(worlds.map(signing))).size).to.equal(1)
    for (const world of worlds) await expectRest(world)
  })

  describe('cut short at each of its calls, the next start completes it', () => {
    class KilledError extends Error {}

    /** A process that dies at its n-th write, before or after the write is done. */
    const mortal = (place: Shared, dies: number, after: boolean): { readonly world: Tending; readonly died: () => boolean } => {
      let writes = 0
      const write = async <T>(act: () => Promise<T>): Promise<T> => {
        writes += 1
        if (writes > dies || (writes === dies && !after)) throw new KilledError()
        const done = await act()
        if (writes === dies) throw new KilledError()
        return done
      }
      const { keys, store } = place
      const dying: Shared = {
        ...place,
        store: { ...store, append: (...batch) => write(() => store.append(...batch)) },
        keys: {
          ...keys,
          make: (alg) => write(() => keys.make(alg)),
          disable: (kid) => write(() => keys.disable(kid)),
          forget: (kid) => write(() => keys.forget(kid)),
        },
      }
      return { world: processOn(dying), died: () => writes >= dies }
    }

    const acts: Readonly<Record<string, (world: Tending, place: Shared, first: string) => Promise<unknown>>> = {
      'a rotation': async (world, { clock }) => {
        await rotateKey(world, ALG)
        clock.pass(LEAD_MS)
        await tendKeys(world, ALGS)
      },
      'a revocation': (world, _place, first) => revokeKey(world, first, 'compromised'),
    }

    for (const [name, act] of Object.entries(acts))
      it(name, async () => {
        let cuts = 0
        for (const after of [false, true])
          for (let dies = 1; ; dies += 1) {
            const place = shared()
            await tendKeys(processOn(place), ALGS)
            const first = await signing(processOn(place))
            const { world, died } = mortal(place, dies, after)
            try {
              await act(world, place, first)
            } catch (error) {
              expect(error).to.be.instanceOf(KilledError)
            }
            const restarted = processOn(place)
            await tendKeys(restarted, ALGS)
            await expectRest(restarted)
            place.clock.pass(LEAD_MS)
            await tendKeys(restarted, ALGS)
            await expectRest(restarted)
            if (!died()) {
              expect(await signing(restarted)).not.to.equal(first)
              break
            }
            cuts += 1
            // Nobody is told that it is done, so it is done again, and then it is.
            await act(processOn(place), place, first)
            expect(await signing(processOn(place))).not.to.equal(first)
            await expectRest(processOn(place))
          }
        expect(cuts).to.be.greaterThan(8)
      })
  })
})
