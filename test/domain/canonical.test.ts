import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { canonical } from '../../domain/canonical.ts'
import type { Json } from '../../domain/ports.ts'

/** A number by the bits of its IEEE 754 form, as RFC 8785 writes its samples. */
const double = (hex: string): number => new DataView(new Uint8Array(Buffer.from(hex, 'hex')).buffer).getFloat64(0)

/** RFC 8785 appendix B. */
const NUMBERS: readonly (readonly [hex: string, text: string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
]

describe('canonical JSON', () => {
  it('RFC 8785 §3.2.2: literals, numbers and strings', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(canonical(JSON.parse(text) as Json)).to.equal(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('RFC 8785 §3.2.3: members are ordered by the UTF-16 code units of their names', () => {
    const members = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    expect(canonical(members)).to.equal(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
        '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    )
  })

  it('RFC 8785 appendix B: numbers', () => {
    for (const [hex, text] of NUMBERS) expect(canonical(double(hex)), hex).to.equal(text)
  })

  it('RFC 8785 §3.2.1 and §3.2.3: no white space, order of arrays kept, members of members ordered too', () => {
    expect(canonical({ b: [3, 1, { z: 1, a: 2 }], a: {} })).to.equal('{"a":{},"b":[3,1,{"a":2,"z":1}]}')
    expect(canonical([])).to.equal('[]')
  })

  it('a member that is not there, and one that is undefined, are the same', () => {
    expect(canonical({ a: 1, b: undefined } as unknown as Json)).to.equal(canonical({ a: 1 }))
  })

  it('a member may have any name', () => {
    const text = '{"__proto__":1,"constructor":2,"toString":3}'
    expect(canonical(JSON.parse(text) as Json)).to.equal(text)
  })

  it('is JSON, stable, and the same whatever the order of members', () => {
    const shuffled = (value: Json): Json => {
      if (Array.isArray(value)) return (value as readonly Json[]).map(shuffled)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, shuffled(member)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonical(value as Json)
        expect(canonical(JSON.parse(text) as Json)).to.equal(text)
        expect(canonical(shuffled(value as Json))).to.equal(text)
      }),
      { numRuns: 500 },
    )
  })
})
