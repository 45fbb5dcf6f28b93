import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryVault } from '../../adapters/vault/memory/memory-vault.ts'
import { openedRequests } from '../../src/opened-requests.ts'
import { openRequest, seal, shred } from '../../src/sealed.ts'
import { plusSeconds } from '../../domain/time.ts'
import { at, TRANSACTION } from '../domain/samples.ts'

const world = () => {
  const hand = { at: at(0), opened: 0 }
  const clock = { now: () => hand.at }
  const vault = memoryVault({ clock })
  const counted = { ...vault, get: async (name: string) => ((hand.opened += 1), vault.get(name)) }
  return { hand, world: { clock, vault: counted, openedRequests: openedRequests(2) } }
}

describe('a sealed request', () => {
  it('is opened once for the pages of a login, and again after a minute', async () => {
    const { hand, world: house } = world()
    await seal(house, TRANSACTION, 'request', { state: 'abc' }, plusSeconds(at(0), 600))
    for (let page = 0; page < 5; page += 1) expect(await openRequest(house, TRANSACTION)).to.deep.equal({ state: 'abc' })
    expect(hand.opened).to.equal(1)
    hand.at = at(60)
    expect(await openRequest(house, TRANSACTION)).to.deep.equal({ state: 'abc' })
    expect(hand.opened).to.equal(2)
  })

  it('is gone when its login is shredded, here at once', async () => {
    const { world: house } = world()
    await seal(house, TRANSACTION, 'request', { state: 'abc' }, plusSeconds(at(0), 600))
    await openRequest(house, TRANSACTION)
    await shred(house, TRANSACTION)
    expect(await openRequest(house, TRANSACTION)).to.equal(undefined)
  })

  it('that is not there is not remembered as missing, and the oldest makes room', async () => {
    const { world: house, hand } = world()
    expect(await openRequest(house, TRANSACTION)).to.equal(undefined)
    for (const name of ['a', 'b', 'c']) {
      await seal(house, `${TRANSACTION}${name}`, 'request', { state: name }, plusSeconds(at(0), 600))
      await openRequest(house, `${TRANSACTION}${name}`)
    }
    hand.opened = 0
    await openRequest(house, `${TRANSACTION}c`)
    await openRequest(house, `${TRANSACTION}a`)
    expect(hand.opened).to.equal(1)
  })
})
