import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Clock, SingleUse } from '../../domain/ports.ts'
import { faultOf } from '../support/fault-of.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'

/** Earlier than the clock of any server on which rows lie, so that its sweeps go by this one. */
const LONG_AGO = '2020-01-01T00:00:00.000Z'

export type SingleUseWorld = {
  readonly memory: SingleUse
  /** Another over the same rows, as another process would have one. Absent where rows are not shared. */
  readonly again?: () => SingleUse | Promise<SingleUse>
  readonly end: () => void | Promise<void>
}

/** What a memory of single use is. */
export const singleUseContract = (name: string, open: (clock: Clock) => SingleUseWorld | Promise<SingleUseWorld>): void => {
  describe(`single use: ${name}`, () => {
    let clock: HandClock
    let world: SingleUseWorld
    let memory: SingleUse

    beforeEach(async () => {
      clock = handClock(LONG_AGO)
      world = await open(clock)
      memory = world.memory
    })
    afterEach(async () => {
      await memory.close()
      await world.end()
    })

    it('lets an id be used once (rule 32)', async () => {
      expect(await memory.use('client-assertion', 'jti-1', clock.in(1000))).to.equal(true)
      expect(await memory.use('client-assertion', 'jti-1', clock.in(1000))).to.equal(false)
      expect(await memory.use('client-assertion', 'jti-1', clock.in(9000))).to.equal(false)
    })

    it('keeps ids and scopes apart', async () => {
      const pairs = [
        ['client:a', 'jti-1'],
        ['client:a', 'jti-2'],
        ['client:ab', 'jti-1'],
        ['client:a', 'b jti-1'],
        ['client:a', 'JTI-1'],
        ['client:a', 'jti-1 '],
        ['client:a', 'ĵti-1'],
        ['client:a', 'jti-1\0'],
      ] as const
      for (const [scope, id] of pairs) expect(await memory.use(scope, id, clock.in(1000)), `${scope} ${id}`).to.equal(true)
      for (const [scope, id] of pairs) expect(await memory.use(scope, id, clock.in(1000)), `${scope} ${id}`).to.equal(false)
    })

    it('remembers until the limit of the first use', async () => {
      await memory.use('dpop', 'jti-1', clock.in(1000))
      clock.pass(500)
      expect(await memory.use('dpop', 'jti-1', clock.in(9000))).to.equal(false)
      clock.pass(499)
      expect(await memory.use('dpop', 'jti-1', clock.in(9000))).to.equal(false)
      clock.pass(1)
      expect(await memory.use('dpop', 'jti-1', clock.in(9000))).to.equal(true)
      expect(await memory.use('dpop', 'jti-1', clock.in(9000))).to.equal(false)
    })

    it('lets nothing be used whose limit has passed, because it could not be remembered', async () => {
      expect(await memory.use('dpop', 'jti-1', clock.now())).to.equal(false)
      expect(await memory.use('dpop', 'jti-1', clock.in(-1000))).to.equal(false)
    })

    it('lets one of 50 callers through, also over two connections', async () => {
      const other = (await world.again?.()) ?? memory
      for (let round = 0; round < 10; round += 1) {
        const callers = Array.from({ length: 50 }, (_, at) => (at % 2 ? memory : other).use('dpop', `jti-${round}`, clock.in(1000)))
        expect((await Promise.all(callers)).filter((first) => first)).to.have.length(1)
      }
      if (other !== memory) await other.close()
    })

    it('uses several in their order, and none from the first on that was used before', async () => {
      const of = (...ids: readonly string[]) => ids.map((id) => ({ scope: 'dpop', id, until: clock.in(1000) }))
      expect(await memory.useInOrder(of('a', 'b'))).to.equal(2)
      expect(await memory.useInOrder(of('a', 'c')), 'the first is known').to.equal(0)
      expect(await memory.useInOrder(of('d', 'b', 'c')), 'the second is').to.equal(1)
      expect(await memory.use('dpop', 'c', clock.in(1000)), 'which was never reached').to.equal(true)
      expect(await memory.use('dpop', 'd', clock.in(1000))).to.equal(false)
      expect(await memory.useInOrder(of('e', 'e')), 'twice itself').to.equal(1)
      expect(await memory.useInOrder([...of('f'), { scope: 'dpop', id: 'g', until: clock.now() }, ...of('h')])).to.equal(1)
      expect(await memory.useInOrder(of('h'))).to.equal(1)
      expect(await faultOf(() => memory.useInOrder([]))).to.equal('invalid')
      expect(await faultOf(() => memory.useInOrder(of('1', '2', '3', '4', '5')))).to.equal('invalid')
      expect(await faultOf(() => memory.useInOrder([...of('6'), { scope: 'a b', id: '7', until: clock.in(1000) }]))).to.equal('invalid')
      expect(await memory.useInOrder(of('6'))).to.equal(1)
    })

    it('of two that are used together one of many callers gets both, also over two connections', async () => {
      const other = (await world.again?.()) ?? memory
      const uses = ['assertion', 'proof'].map((id) => ({ scope: 'both', id, until: clock.in(1000) }))
      const counts = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? memory : other).useInOrder(uses)))
      expect(counts.toSorted()).to.deep.equal([...Array.from({ length: 19 }, () => 0), 2])
      if (other !== memory) await other.close()
    })

    it('sweeps what is past its limit, at most 1,000 a call, and nothing else', async () => {
      for (let n = 0; n < 1003; n += 1) await memory.use('dpop', `dead-${n}`, clock.in(1000))
      await memory.use('dpop', 'alive', clock.in(1001))
      expect(await memory.sweep()).to.equal(0)
      clock.pass(1000)
      expect(await memory.sweep()).to.equal(1000)
      expect(await memory.sweep()).to.equal(3)
      expect(await memory.sweep()).to.equal(0)
      expect(await memory.use('dpop', 'alive', clock.in(1000))).to.equal(false)
    })

    it('has an epoch, which stands', async () => {
      const epoch = await memory.epoch()
      expect(epoch).to.equal(clock.now())
      clock.pass(5000)
      expect(await memory.epoch()).to.equal(epoch)
      const other = await world.again?.()
      if (other === undefined) return
      expect(await other.epoch()).to.equal(epoch)
      await other.close()
    })

    it('refuses what it could not keep apart', async () => {
      for (const scope of ['', 'a b', 'é', 'x'.repeat(201)])
        expect(await faultOf(() => memory.use(scope, 'id', clock.in(1000))), scope).to.equal('invalid')
      for (const id of ['', 'x'.repeat(1025)]) expect(await faultOf(() => memory.use('dpop', id, clock.in(1000)))).to.equal('invalid')
      for (const until of ['', 'tomorrow', '2026-11-24T12:00:00Z'])
        expect(await faultOf(() => memory.use('dpop', 'id', until)), until).to.equal('invalid')
    })

    it('answers nothing after it was closed, and closes twice', async () => {
      await memory.close()
      await memory.close()
      for (const act of [
        () => memory.use('dpop', 'id', clock.in(1000)),
        () => memory.use('dpop', 'id', clock.now()),
        () => memory.epoch(),
        () => memory.sweep(),
      ]) {
        expect(await faultOf(act)).to.equal('closed')
      }
    })
  })
}
