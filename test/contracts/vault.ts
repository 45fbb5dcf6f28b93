import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Clock, Vault } from '../../domain/ports.ts'
import { faultOf } from '../support/fault-of.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'

/** Earlier than the clock of any server on which rows lie, so that its sweeps go by this one. */
const LONG_AGO = '2020-01-01T00:00:00.000Z'

export type VaultWorld = {
  readonly vault: Vault
  /** Another vault over the same rows, as another process would have one. Absent where rows are not shared. */
  readonly again?: () => Vault | Promise<Vault>
  readonly end: () => void | Promise<void>
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString()

/** What a vault is. */
export const vaultContract = (name: string, open: (clock: Clock) => VaultWorld | Promise<VaultWorld>): void => {
  describe(`vault: ${name}`, () => {
    let clock: HandClock
    let world: VaultWorld
    let vault: Vault

    beforeEach(async () => {
      clock = handClock(LONG_AGO)
      world = await open(clock)
      vault = world.vault
    })
    afterEach(async () => {
      await vault.close()
      await world.end()
    })

    it('keeps and replaces a secret', async () => {
      await vault.put('authorization-1/request', bytes('first'), clock.in(1000))
      await vault.put('authorization-1/request', bytes('second'), clock.in(1000))
      expect(text(await vault.get('authorization-1/request'))).to.equal('second')
      expect(await vault.get('authorization-2/request')).to.equal(undefined)
    })

    it('keeps every byte, none as well as 1.25 MiB, and refuses more', async () => {
      const largest = new Uint8Array(1280 * 1024).map((_, at) => at % 251)
      await vault.put('authorization-1/large', largest, clock.in(1000))
      await vault.put('authorization-1/empty', new Uint8Array(0), clock.in(1000))
      expect(Buffer.compare((await vault.get('authorization-1/large')) ?? bytes(''), largest)).to.equal(0)
      expect((await vault.get('authorization-1/empty'))?.byteLength).to.equal(0)
      expect(await faultOf(() => vault.put('authorization-1/large', new Uint8Array(1280 * 1024 + 1), clock.in(1000)))).to.equal('invalid')
    })

    it('is not changed through the bytes that went in or came out', async () => {
      const value = bytes('kept')
      await vault.put('authorization-1/request', value, clock.in(1000))
      value.fill(0)
      ;(await vault.get('authorization-1/request'))?.fill(0)
      expect(text(await vault.get('authorization-1/request'))).to.equal('kept')
    })

    it('does not have a row at its limit or later', async () => {
      await vault.put('authorization-1/request', bytes('kept'), clock.in(1000))
      clock.pass(999)
      expect(text(await vault.get('authorization-1/request'))).to.equal('kept')
      clock.pass(1)
      expect(await vault.get('authorization-1/request')).to.equal(undefined)
    })

    it('moves the limit of a row that is there, and of no other', async () => {
      await vault.put('authorization-1/request', bytes('kept'), clock.in(1000))
      clock.pass(500)
      expect(await vault.extend('authorization-1/request', clock.in(1000))).to.equal(true)
      clock.pass(999)
      expect(text(await vault.get('authorization-1/request'))).to.equal('kept')
      clock.pass(1)
      expect(await vault.extend('authorization-1/request', clock.in(1000))).to.equal(false)
      expect(await vault.extend('authorization-2/request', clock.in(1000))).to.equal(false)
      expect(await vault.get('authorization-1/request')).to.equal(undefined)
    })

    it('shortens a limit too', async () => {
      await vault.put('authorization-1/request', bytes('kept'), clock.in(1000))
      expect(await vault.extend('authorization-1/request', clock.in(10))).to.equal(true)
      clock.pass(10)
      expect(await vault.get('authorization-1/request')).to.equal(undefined)
    })

    it('removes one row, or none', async () => {
      await vault.put('authorization-1/request', bytes('one'), clock.in(1000))
      await vault.put('authorization-1/session', bytes('two'), clock.in(1000))
      await vault.remove('authorization-1/request')
      await vault.remove('authorization-1/request')
      expect(await vault.get('authorization-1/request')).to.equal(undefined)
      expect(text(await vault.get('authorization-1/session'))).to.equal('two')
    })

    it('removes what begins with a prefix and nothing beside it', async () => {
      const names = [
        'authorization-1/',
        'authorization-1/a',
        'authorization-1/~',
        'authorization-1/~~',
        'authorization-1',
        'authorization-10/a',
        'authorization-2/a',
        'Authorization-1/a',
      ]
      for (const each of names) await vault.put(each, bytes(each), clock.in(1000))
      await vault.removeAll('authorization-1/')
      const left = await Promise.all(names.map(async (each) => text(await vault.get(each))))
      expect(left.filter((each) => each !== undefined)).to.deep.equal(names.slice(4))
    })

    it('takes _ and % and * of a prefix literally', async () => {
      for (const each of ['session%_*1', 'session%_*2', 'sessionsssss']) await vault.put(each, bytes(each), clock.in(1000))
      await vault.removeAll('session%_*')
      expect(await vault.get('session%_*2')).to.equal(undefined)
      expect(text(await vault.get('sessionsssss'))).to.equal('sessionsssss')
    })

    it('refuses names, prefixes and limits that it could not keep apart', async () => {
      for (const bad of ['', 'with space', 'líne', 'x'.repeat(201), 'line\n']) {
        expect(await faultOf(() => vault.put(bad, bytes('x'), clock.in(1000))), JSON.stringify(bad)).to.equal('invalid')
        expect(await faultOf(() => vault.get(bad)), JSON.stringify(bad)).to.equal('invalid')
      }
      expect(await faultOf(() => vault.removeAll('seven77'))).to.equal('invalid')
      for (const bad of ['', 'tomorrow', '2026-11-24T12:00:00Z', '2026-11-24 12:00:00.000Z']) {
        expect(await faultOf(() => vault.put('authorization-1/a', bytes('x'), bad)), bad).to.equal('invalid')
      }
    })

    it('sweeps what is past its limit, at most 1,000 a call, and nothing else', async () => {
      for (let n = 0; n < 1003; n += 1) await vault.put(`authorization-${n}/request`, bytes('dead'), clock.in(1000))
      await vault.put('authorization-alive', bytes('alive'), clock.in(1001))
      expect(await vault.sweep()).to.equal(0)
      clock.pass(1000)
      expect(await vault.sweep()).to.equal(1000)
      expect(await vault.sweep()).to.equal(3)
      expect(await vault.sweep()).to.equal(0)
      expect(text(await vault.get('authorization-alive'))).to.equal('alive')
    })

    it('answers nothing after it was closed, and closes twice', async () => {
      await vault.close()
      await vault.close()
      for (const act of [
        () => vault.put('authorization-1/a', bytes('x'), clock.in(1000)),
        () => vault.get('authorization-1/a'),
        () => vault.extend('authorization-1/a', clock.in(1000)),
        () => vault.remove('authorization-1/a'),
        () => vault.removeAll('authorization-1/'),
        () => vault.sweep(),
      ]) {
        expect(await faultOf(act)).to.equal('closed')
      }
    })

    it('shows at once what another process kept', async () => {
      const other = await world.again?.()
      if (other === undefined) return
      await vault.put('authorization-1/request', bytes('kept'), clock.in(1000))
      expect(text(await other.get('authorization-1/request'))).to.equal('kept')
      await other.remove('authorization-1/request')
      expect(await vault.get('authorization-1/request')).to.equal(undefined)
      await other.close()
    })
  })
}
