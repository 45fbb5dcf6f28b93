import { expect } from 'chai'
import { describe, it } from 'mocha'
import { GCM_ADDED_BYTES, gcm } from '../../adapters/gcm.ts'
import type { Chance } from '../../domain/ports.ts'
import { systemChance as chance } from '../support/chance.ts'
import { faultOf } from '../support/fault-of.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const WHAT = 'a row'

describe('gcm: what adapters seal with', () => {
  it('writes IV, ciphertext and tag of AES-256-GCM (The Galois/Counter Mode, McGrew and Viega, test case 14)', () => {
    const zeros: Chance = { ...chance, bytes: (size) => new Uint8Array(size) }
    const sealed = gcm(new Uint8Array(32), zeros).close('', new Uint8Array(16))
    expect(Buffer.from(sealed).toString('hex')).to.equal(
      '000000000000000000000000' + 'cea7403d4d606b6e074ec5d3baf39d18' + 'd0d1c8a799996bf0265b98b5d48ab919',
    )
    expect(gcm(new Uint8Array(32), chance).open('', sealed, WHAT)).to.deep.equal(new Uint8Array(16))
  })

  it('opens what was sealed before under this name, however short', () => {
    const { open } = gcm(hex('00112233445566778899aabbccddeeff'.repeat(2)), chance)
    const kept = hex('0717aa1aadfb44744eebefceeec30cd2a14ff377048c91200a060bb4b3e637b11be8b6')
    expect(Buffer.from(open('authorization-1/request', kept, WHAT)).toString()).to.equal('a value')
    const { close, open: reopen } = gcm(chance.bytes(32), chance)
    const empty = close('n', new Uint8Array())
    expect(empty.byteLength).to.equal(GCM_ADDED_BYTES)
    expect(reopen('n', empty, WHAT)).to.deep.equal(new Uint8Array())
  })

  it('takes a new IV for each value', () => {
    const { close } = gcm(chance.bytes(32), chance)
    expect(close('n', hex('00'))).not.to.deep.equal(close('n', hex('00')))
  })

  it('is corrupt under another key, another name, at any changed byte and any cut', async () => {
    const key = chance.bytes(32)
    const { close, open } = gcm(key, chance)
    const sealed = close('name', hex('0102'))
    expect(await faultOf(() => gcm(chance.bytes(32), chance).open('name', sealed, WHAT))).to.equal('corrupt')
    expect(await faultOf(() => open('names', sealed, WHAT))).to.equal('corrupt')
    for (let at = 0; at < sealed.byteLength; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte))
      expect(await faultOf(() => open('name', changed, WHAT)), `byte ${at}`).to.equal('corrupt')
      expect(await faultOf(() => open('name', sealed.subarray(0, at), WHAT)), `cut at ${at}`).to.equal('corrupt')
    }
  })

  it('keeps a copy of its key, and refuses one that has not 32 bytes', async () => {
    const key = chance.bytes(32)
    const { close, open } = gcm(key, chance)
    const sealed = close('n', hex('07'))
    key.fill(0)
    expect(open('n', sealed, WHAT)).to.deep.equal(hex('07'))
    for (const size of [0, 16, 31, 33]) expect(await faultOf(() => gcm(new Uint8Array(size), chance))).to.equal('invalid')
  })
})
