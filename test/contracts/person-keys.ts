import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Chance, Clock, Digest, Person, PersonKeys } from '../../domain/ports.ts'
import { systemChance } from '../support/chance.ts'
import { faultOf } from '../support/fault-of.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'

/** Earlier than the clock of any server on which rows lie, so that its sweeps go by this one. */
const LONG_AGO = '2020-01-01T00:00:00.000Z'

export type PersonKeysWorld = {
  readonly keys: PersonKeys
  /** Others over the same rows, as another process would have them. Absent where rows are not shared. */
  readonly again?: () => PersonKeys | Promise<PersonKeys>
  readonly end: () => void | Promise<void>
}

type Open = (clock: Clock, chance: Chance) => PersonKeysWorld | Promise<PersonKeysWorld>
type Stage = { readonly keys: () => PersonKeys; readonly world: () => PersonKeysWorld; readonly clock: () => HandClock }

const hour = 60 * 60 * 1000
const day = 24 * hour

/** The index of an identifier; here any digest will do. */
export const indexOf = (identifier: string): Digest => createHash('sha256').update(identifier).digest('base64url')

const hex = (person: Person | undefined): string | undefined => person && `${person.ref}:${Buffer.from(person.key).toString('hex')}`

const stage = (open: Open): Stage => {
  let clock: HandClock
  let world: PersonKeysWorld
  beforeEach(async () => {
    clock = handClock(LONG_AGO)
    world = await open(clock, systemChance)
  })
  afterEach(async () => {
    await world.keys.close()
    await world.end()
  })
  return { keys: () => world.keys, world: () => world, clock: () => clock }
}

const persons = (open: Open): void => {
  const { keys, world } = stage(open)

  it('makes a random person once, and finds the same again (rule 18)', async () => {
    const person = await keys().resolve(indexOf('one'))
    expect(person.ref).to.match(/^[0-9a-hjkmnp-tv-z]{26}$/)
    expect(person.key.byteLength).to.equal(32)
    expect(hex(await keys().resolve(indexOf('one')))).to.equal(hex(person))
    expect(hex(await keys().find(indexOf('one')))).to.equal(hex(person))
    expect(hex(await keys().byRef(person.ref))).to.equal(hex(person))
    const other = await keys().resolve(indexOf('two'))
    expect(other.ref).not.to.equal(person.ref)
    expect(Buffer.from(other.key).equals(person.key)).to.equal(false)
  })

  it('finds nobody who was not resolved', async () => {
    expect(await keys().find(indexOf('nobody'))).to.equal(undefined)
    expect(await keys().byRef('a'.repeat(26))).to.equal(undefined)
    await keys().touch(indexOf('nobody'))
    expect(await keys().find(indexOf('nobody'))).to.equal(undefined)
    expect(await keys().erase('a'.repeat(26))).to.equal(0)
  })

  it('gives one person to many who ask at once, also over two connections', async () => {
    const other = (await world().again?.()) ?? keys()
    for (let n = 0; n < 10; n += 1) {
      const index = indexOf(`racer ${n}`)
      const all = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? keys() : other).resolve(index)))
      expect(new Set(all.map(hex)).size).to.equal(1)
    }
    if (other !== keys()) await other.close()
  })

  it('is not changed through the key that went out', async () => {
    const person = await keys().resolve(indexOf('one'))
    const before = hex(person)
    person.key.fill(0)
    expect(hex(await keys().find(indexOf('one')))).to.equal(before)
  })

  it('refuses what is no index and no reference', async () => {
    const person = await keys().resolve(indexOf('one'))
    for (const bad of ['', 'short', `${indexOf('one')}A`, '+'.repeat(43)]) {
      expect(await faultOf(() => keys().resolve(bad)), bad).to.equal('invalid')
      expect(await faultOf(() => keys().join([bad], person)), bad).to.equal('invalid')
      expect(await faultOf(() => keys().byRef(bad)), bad).to.equal('invalid')
      expect(await faultOf(() => keys().erase(bad)), bad).to.equal('invalid')
    }
    expect(await faultOf(() => keys().join([indexOf('one')], { ...person, key: new Uint8Array(31) }))).to.equal('invalid')
  })

  it('answers nothing after it was closed, and closes twice', async () => {
    const person = await keys().resolve(indexOf('one'))
    await keys().close()
    await keys().close()
    for (const act of [
      () => keys().resolve(indexOf('one')),
      () => keys().find(indexOf('one')),
      () => keys().join([indexOf('one')], person),
      () => keys().touch(indexOf('one')),
      () => keys().byRef(person.ref),
      () => keys().erase(person.ref),
      () => keys().sweep(),
    ]) {
      expect(await faultOf(act)).to.equal('closed')
    }
  })
}

const limits = (open: Open): void => {
  const { keys, clock } = stage(open)

  it('forgets a person who never succeeded 24 h after the last failure (rule 18)', async () => {
    const person = await keys().resolve(indexOf('one'))
    clock().pass(12 * hour)
    await keys().touch(indexOf('one'))
    clock().pass(day - 1)
    expect((await keys().find(indexOf('one')))?.ref).to.equal(person.ref)
    clock().pass(1)
    expect(await keys().find(indexOf('one'))).to.equal(undefined)
    expect(await keys().byRef(person.ref)).to.equal(undefined)
    await keys().touch(indexOf('one'))
    expect(await keys().find(indexOf('one'))).to.equal(undefined)
    expect((await keys().resolve(indexOf('one'))).ref).not.to.equal(person.ref)
  })

  it('keeps a person who succeeded once', async () => {
    const person = await keys().resolve(indexOf('one'))
    await keys().join([indexOf('one')], person)
    await keys().touch(indexOf('one'))
    clock().pass(1000 * day)
    expect(await keys().sweep()).to.equal(0)
    expect(hex(await keys().resolve(indexOf('one')))).to.equal(hex(person))
  })

  it('gives whoever resolves a person an hour to join, however near the limit', async () => {
    await keys().resolve(indexOf('one'))
    clock().pass(day - 1)
    const person = await keys().resolve(indexOf('one'))
    clock().pass(hour - 1)
    await keys().join([indexOf('one')], person)
    clock().pass(day)
    expect(hex(await keys().find(indexOf('one')))).to.equal(hex(person))
  })

  it('does not let resolving or finding stand for a failure', async () => {
    await keys().resolve(indexOf('one'))
    clock().pass(12 * hour)
    await keys().resolve(indexOf('one'))
    await keys().find(indexOf('one'))
    clock().pass(12 * hour)
    expect(await keys().find(indexOf('one'))).to.equal(undefined)
  })

  it('sweeps provisional rows past their limit, and nothing else', async () => {
    const kept = await keys().resolve(indexOf('kept'))
    await keys().join([indexOf('kept')], kept)
    for (let n = 0; n < 5; n += 1) await keys().resolve(indexOf(`dead ${n}`))
    clock().pass(hour)
    await keys().resolve(indexOf('young'))
    clock().pass(day - hour)
    expect(await keys().sweep()).to.equal(5)
    expect(await keys().sweep()).to.equal(0)
    expect(hex(await keys().find(indexOf('kept')))).to.equal(hex(kept))
    expect(await keys().find(indexOf('young'))).not.to.equal(undefined)
  })
}

const joins = (open: Open): void => {
  const { keys, world, clock } = stage(open)

  it('joins aliases: every one of them names the person from now on', async () => {
    const person = await keys().resolve(indexOf('uin'))
    const alias = await keys().resolve(indexOf('phone'))
    const joined = await keys().join(['uin', 'phone', 'never resolved'].map(indexOf), person)
    expect(hex(joined)).to.equal(hex(person))
    expect(hex(await keys().resolve(indexOf('phone')))).to.equal(hex(person))
    expect(hex(await keys().find(indexOf('never resolved')))).to.equal(hex(person))
    expect(await keys().byRef(alias.ref)).to.equal(undefined)
    clock().pass(2 * day)
    expect(hex(await keys().find(indexOf('phone')))).to.equal(hex(person))
  })

  it('lets an identifier that was given to somebody else name that person', async () => {
    const before = await keys().resolve(indexOf('phone'))
    await keys().join([indexOf('phone')], before)
    const now = await keys().resolve(indexOf('uin of another'))
    for (let times = 0; times < 2; times += 1)
      expect(hex(await keys().join([indexOf('uin of another'), indexOf('phone')], now))).to.equal(hex(now))
    expect(hex(await keys().find(indexOf('phone')))).to.equal(hex(now))
    expect(await keys().byRef(before.ref)).to.equal(undefined)
    expect(await keys().erase(now.ref)).to.equal(2)
  })

  it('whom the first index names already is the one, whoever is brought', async () => {
    const known = await keys().resolve(indexOf('subject'))
    const other = await keys().resolve(indexOf('phone'))
    expect(hex(await keys().join([indexOf('subject'), indexOf('phone')], other))).to.equal(hex(known))
    for (const one of ['subject', 'phone']) expect(hex(await keys().find(indexOf(one)))).to.equal(hex(known))
    expect(await keys().byRef(other.ref)).to.equal(undefined)
    clock().pass(2 * day)
    expect(hex(await keys().find(indexOf('phone')))).to.equal(hex(known))
  })

  it('two who sign in first at once, by two identifiers of one person, are one person afterwards, also over two connections', async () => {
    const other = (await world().again?.()) ?? keys()
    for (let n = 0; n < 10; n += 1) {
      const [subject, uin, phone] = [`subject ${n}`, `uin ${n}`, `phone ${n}`].map(indexOf) as [Digest, Digest, Digest]
      const [one, two] = [await keys().resolve(uin), await other.resolve(phone)]
      const joined = await Promise.all([keys().join([subject, uin], one), other.join([subject, phone], two)])
      expect(new Set(joined.map(hex)).size).to.equal(1)
      expect(new Set(await Promise.all([subject, uin, phone].map(async (index) => hex(await keys().find(index))))).size).to.equal(1)
    }
    if (other !== keys()) await other.close()
  })

  it('joins one to eight rows, and nothing where one of them is none', async () => {
    const person = await keys().resolve(indexOf('one'))
    const many = Array.from({ length: 9 }, (_, n) => indexOf(`index ${n}`))
    for (const bad of [[], many, [indexOf('two'), 'short']]) expect(await faultOf(() => keys().join(bad, person))).to.equal('invalid')
    expect(await keys().find(indexOf('two'))).to.equal(undefined)
  })

  it('erases every row of a person and nobody else', async () => {
    const person = await keys().resolve(indexOf('uin'))
    const other = await keys().resolve(indexOf('other'))
    await keys().join(['uin', 'phone', 'email'].map(indexOf), person)
    await keys().join([indexOf('other')], other)
    expect(await keys().erase(person.ref)).to.equal(3)
    expect(await keys().erase(person.ref)).to.equal(0)
    for (const alias of ['uin', 'phone', 'email']) expect(await keys().find(indexOf(alias))).to.equal(undefined)
    expect(await keys().byRef(person.ref)).to.equal(undefined)
    expect(hex(await keys().byRef(other.ref))).to.equal(hex(other))
  })

  it('makes somebody new of an erased person who returns', async () => {
    const person = await keys().resolve(indexOf('uin'))
    await keys().join([indexOf('uin')], person)
    await keys().erase(person.ref)
    const back = await keys().resolve(indexOf('uin'))
    expect(back.ref).not.to.equal(person.ref)
    expect(Buffer.from(back.key).equals(person.key)).to.equal(false)
  })

  it('keeps how far the log was looked through, for all who share the rows', async () => {
    expect(await keys().checkedUntil()).to.equal(undefined)
    await keys().checked('0000000000000007')
    await keys().checked('0000000000000009')
    expect(await keys().checkedUntil()).to.equal('0000000000000009')
    const other = await world().again?.()
    if (other === undefined) return
    expect(await other.checkedUntil()).to.equal('0000000000000009')
    await other.close()
  })

  it('does not bring an erased key back: a login that was under way when the person was erased joins nothing', async () => {
    const person = await keys().resolve(indexOf('uin'))
    await keys().join([indexOf('uin')], person)
    await keys().erase(person.ref)
    expect(await keys().join([indexOf('uin'), indexOf('phone')], person)).to.equal(undefined)
    const back = await keys().resolve(indexOf('uin'))
    expect(await keys().join([indexOf('phone')], person)).to.equal(undefined)
    expect(await keys().join([indexOf('phone')], { ref: back.ref, key: new Uint8Array(32) })).to.equal(undefined)
    for (const erased of [person, { ...person }])
      expect(hex(await keys().join([indexOf('uin')], erased)), 'whoever is there now').to.equal(hex(back))
    expect(await keys().find(indexOf('phone'))).to.equal(undefined)
    expect(hex(await keys().find(indexOf('uin')))).to.equal(hex(back))
    expect(await keys().byRef(person.ref)).to.equal(undefined)
  })
}

/** What a store of person keys is. */
export const personKeysContract = (name: string, open: Open): void => {
  describe(`person keys: ${name}: persons`, () => persons(open))
  describe(`person keys: ${name}: limits`, () => limits(open))
  describe(`person keys: ${name}: joining and erasing`, () => joins(open))
}
