import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { mayReach } from '../../../adapters/remote-documents/addresses.ts'

const INSIDE = [
  ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.8.8.8', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ...['192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1'],
  ...[
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '0:0:0:0:0:ffff:a00:1',
  ],
  ...['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '2002:a00:1::1'],
  ...['3fff::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', '2606:4700::1%eth0', 'fec0::1', 'ff02::1', '5f00::1'],
]
const OUTSIDE = ['1.1.1.1', '9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '172.15.255.255', '172.32.0.1', '192.167.1.1']
const OUTSIDE_6 = ['2606:4700:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888', '2620:fe::fe']

describe('addresses that the broker goes to of its own accord (attack 11)', () => {
  for (const address of INSIDE) it(`${address}: never`, () => expect(mayReach(address, false)).to.equal(false))
  for (const address of [...OUTSIDE, ...OUTSIDE_6])
    it(`${address}: yes`, () => {
      expect(mayReach(address, false)).to.equal(true)
      expect(mayReach(address, true)).to.equal(true)
    })

  it('what the operator listed may be private, but never loopback, link-local, multicast or mapped', () => {
    for (const address of ['10.1.2.3', '172.20.0.1', '192.168.0.9', '100.64.3.4', 'fd00::8'])
      expect(mayReach(address, true), address).to.equal(true)
    for (const address of ['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', '0.0.0.0', '224.0.0.1', '::ffff:10.0.0.1', '2002:a00:1::1'])
      expect(mayReach(address, true), address).to.equal(false)
  })

  it('what is no address is not reached', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, listed) => {
        if (!/^[\d.]+$/.test(text) && !text.includes(':')) expect(mayReach(text, listed)).to.equal(false)
      }),
    )
    for (const text of ['', 'localhost', '127.1', '0x7f000001', '2130706433', '010.0.0.1', '[::1]', ' 1.1.1.1'])
      expect(mayReach(text, true), text).to.equal(false)
  })

  it('an IPv4 address in any IPv6 notation is not reached (mapped, compatible, translated, 6to4)', () => {
    const byte = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        const v4 = [a, b, c, d].join('.')
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        for (const text of [`::ffff:${v4}`, `::ffff:${hex}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`])
          expect(mayReach(text, true), text).to.equal(false)
      }),
    )
  })
})
