import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryPersonKeys } from '../../adapters/person-keys/memory/memory-person-keys.ts'
import { hmac } from '../../src/crypto/hash.ts'
import { foldDigits, joinAliases } from '../../src/people.ts'
import type { World } from '../../src/world.ts'
import { systemChance } from '../support/chance.ts'
import { handClock } from '../support/hand-clock.ts'

const KEY = new Uint8Array(32)

describe('people', () => {
  it('rule 18: aliases are one person from their first success on, where the ID system cannot resolve them beforehand', async () => {
    const personKeys = memoryPersonKeys({ clock: handClock(), chance: systemChance })
    // What joining needs of a world.
    const world = { personKeys, secrets: { index: KEY }, idSystem: { description: { id: 'registry' } } } as unknown as World
    const [number, phone, other] = ['id:uin:1', 'id:phone:2', 'id:uin:3'].map((name) => hmac(KEY, name)) as [string, string, string]
    const first = await personKeys.resolve(number)
    await joinAliases(world, number, first, 'subject-1')
    const second = await personKeys.resolve(phone)
    expect(second.ref).not.to.equal(first.ref)
    await joinAliases(world, phone, second, 'subject-1')
    expect((await personKeys.resolve(phone)).ref).to.equal(first.ref)
    const third = await personKeys.resolve(other)
    await joinAliases(world, other, third, 'subject-2')
    expect((await personKeys.resolve(other)).ref).to.equal(third.ref)
  })

  it('digits of other scripts are digits', () => {
    expect(foldDigits('٨٢٦٧ ४११ ៥៧១ a')).to.equal('8267 411 571 a')
  })
})
