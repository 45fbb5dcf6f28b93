import { expect } from 'chai'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { FAULTS, type Fault } from '../../../ops/demo/sbi-device/faults.ts'
import { readCapture, type Asked } from '../../../src/biometrics/capture.ts'
import { familyOf, type CaptureFault } from '../../../src/biometrics/faults.ts'
import { captureTransaction } from '../../../src/biometrics/attempt.ts'
import { readersHere, type ReadersHere } from '../../support/readers.ts'

/** What each of these faults of a reader is to the broker. */
const READ_AS: Readonly<Partial<Record<Fault, CaptureFault>>> = {
  empty: 'missing',
  'bad-signature': 'signature',
  'alg-none': 'unsigned',
  'alg-hs256': 'algorithm',
  'no-certificate': 'certificate_missing',
  'unknown-anchor': 'certificate_unknown',
  'wrong-usage': 'certificate_unfit',
  'expired-certificate': 'certificate_expired',
  'early-certificate': 'certificate_early',
  'foreign-identity': 'certificate_unknown',
  'other-identity': 'identity',
  'wrong-purpose': 'purpose',
  'wrong-env': 'environment',
  'wrong-spec': 'spec_version',
  'wrong-domain': 'domain',
  'wrong-transaction': 'transaction',
  stale: 'stale',
  ahead: 'ahead',
  'wrong-subtype': 'subtype',
  'wrong-count': 'count',
  'low-quality': 'quality',
  'bad-hash': 'unreadable',
}

type Entry = Record<string, unknown> & { readonly data: string }

describe('what a biometric reader answers is checked before the ID system sees it (SBI 0.9.5, 1.0)', () => {
  let here: ReadersHere
  before(async () => {
    here = await readersHere()
  })
  after(() => here.end())

  const faultOf = (entries: unknown, changes: Partial<Asked> = {}): CaptureFault | 'passes' => {
    const read = readCapture(typeof entries === 'string' ? entries : JSON.stringify(entries), here.asked(changes))
    return read.ok ? 'passes' : read.fault
  }
  const entriesOf = (...asked: Parameters<ReadersHere['answer']>): readonly Entry[] => here.answer(...asked) as readonly Entry[]

  it('a face, two fingers and an iris pass, and the proof holds what SBI names and nothing else', () => {
    for (const type of ['Face', 'Finger', 'Iris'] as const) {
      const entries = entriesOf(type)
      const read = readCapture(JSON.stringify(entries.map((entry) => ({ ...entry, more: 'x' }))), here.asked())
      expect(read.ok, type).to.equal(true)
      const told = (read.ok ? JSON.parse(read.value) : []) as readonly Entry[]
      expect(told.map(({ data }) => data)).to.deep.equal(entries.map(({ data }) => data))
      for (const entry of told) expect(Object.keys(entry)).to.deep.equal(['specVersion', 'data', 'hash', 'sessionKey', 'thumbprint'])
    }
  })

  for (const [fault, expected] of Object.entries(READ_AS) as readonly (readonly [Fault, CaptureFault])[])
    it(`${FAULTS[fault].what}: ${expected}`, () => {
      expect(faultOf(entriesOf('Face', fault))).to.equal(fault === 'wrong-subtype' ? 'subtype' : expected)
      expect(familyOf(expected)).to.equal(FAULTS[fault].told)
    })

  it('something else than what the reader is for, or the ID system takes', () => {
    expect(faultOf(entriesOf('Face', 'wrong-type'))).to.equal('type')
    const fingersOnly = new Map([...here.asked().wanted].filter(([modality]) => modality === 'Finger'))
    expect(faultOf(entriesOf('Face'), { wanted: fingersOnly })).to.equal('type')
    expect(faultOf([...entriesOf('Finger').slice(0, 1), ...entriesOf('Face')])).to.equal('type')
  })

  it('the same capture, hash or finger twice', () => {
    const [one, two] = entriesOf('Finger')
    expect(faultOf([one, one])).to.equal('duplicate')
    expect(faultOf([one, { ...two, hash: one?.['hash'] }])).to.equal('duplicate')
    const named = new Map(here.asked().wanted).set('Iris', { count: 2, scoreMin: 70, subtypes: ['Left', 'Right'] })
    const left = { bio: [{ type: 'Iris', count: 2, bioSubType: ['Left'], requestedScore: 70, previousHash: '' }] } as const
    expect(faultOf(entriesOf('Iris', undefined, left), { wanted: named })).to.equal('duplicate')
  })

  it('an error code of the reader is one of the closed list, whatever it is', () => {
    const said = (errorCode: unknown): string => faultOf([{ ...entriesOf('Face')[0], error: { errorCode, errorInfo: 'x' } }])
    expect([100, '101', '102', '103', '106', '107', '111', '112'].map(said)).to.deep.equal([
      'unregistered',
      'nothing',
      'quality',
      'tampered',
      'absent',
      'certificate_expired',
      'busy',
      'transaction',
    ])
    expect(['501', '999', '__proto__', 'constructor'].map(said)).to.deep.equal(['failed', 'failed', 'failed', 'failed'])
    expect([{}, [], true].map(said)).to.deep.equal(['unreadable', 'unreadable', 'unreadable'])
  })

  it('what is no answer at all', () => {
    for (const text of ['{', 'null', '{}', '"x"', '7', '[null]', '[[]]', '[{}]']) expect(faultOf(text), text).to.equal('unreadable')
    for (const text of ['', '[]']) expect(faultOf(text), text).to.equal('missing')
    expect(faultOf(Array.from({ length: 11 }, () => entriesOf('Face')[0]))).to.equal('count')
    expect(faultOf(entriesOf('Face'), { proofMax: 2000 })).to.equal('too_large')
  })

  it('time: up to `freshS` old and `skewS` ahead, to the millisecond', () => {
    const at = (ms: number): Partial<Asked> => ({ at: new Date(Date.parse(here.asked().at) + ms).toISOString() })
    const taken = entriesOf('Face')
    expect([0, 120_000, 120_001, -10_000, -10_001].map((ms) => faultOf(taken, at(ms)))).to.deep.equal([
      'passes',
      'passes',
      'stale',
      'passes',
      'ahead',
    ])
  })

  it('a certificate that is no longer believed, in the chain or as an anchor', () => {
    const asked = here.asked()
    const refusing = (fingerprint: string): string =>
      faultOf(entriesOf('Face'), { devices: { ...asked.devices, refused: new Set([fingerprint]) } })
    const [anchor] = asked.devices.certificates
    expect(refusing(anchor!.fingerprint256.replaceAll(':', ''))).to.equal('certificate_unknown')
    expect(refusing('0'.repeat(64))).to.equal('passes')
  })

  it('two anchors of different trust do not stand for one another', () => {
    const { devices, modules } = here.asked()
    expect(faultOf(entriesOf('Face'), { devices: modules })).to.equal('certificate_unknown')
    expect(faultOf(entriesOf('Face'), { modules: devices })).to.equal('certificate_unknown')
  })

  it('property: a changed character anywhere in what is signed never passes', () => {
    const taken = entriesOf('Finger')
    const place = fc.record({ entry: fc.nat(1), at: fc.double({ min: 0, max: 0.999_999, noNaN: true }), to: fc.nat(63) })
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    fc.assert(
      fc.property(place, ({ entry, at, to }) => {
        const { data } = taken[entry]!
        const index = Math.floor(at * data.length)
        const changed = `${data.slice(0, index)}${letters[to] ?? 'A'}${data.slice(index + 1)}`
        if (changed === data) return
        const read = faultOf(taken.map((one, other) => (other === entry ? { ...one, data: changed } : one)))
        // Signed identities and the capture are both inside `data`.
        expect(read).not.to.equal('passes')
      }),
      { numRuns: 400 },
    )
  })

  it('property: a member cut out, emptied or of another type never passes', () => {
    const taken = entriesOf('Face')
    const members = ['specVersion', 'data', 'hash', 'sessionKey', 'thumbprint']
    const strange = fc.oneof(fc.constant(undefined), fc.constant(''), fc.jsonValue())
    fc.assert(
      fc.property(fc.constantFrom(...members), strange, (member, value) => {
        const [one] = taken
        if (member === 'specVersion' && value === '1.0') return
        expect(faultOf([{ ...one, [member]: value }])).not.to.equal('passes')
      }),
    )
  })

  it('property: what the reader is asked to sign is good for one attempt of one login', () => {
    const key = new Uint8Array(32)
    const attempt = fc.record({ requests: fc.nat(20), attempts: fc.nat(20) })
    const name = fc.stringMatching(/^tx_[0-9a-z]{24}$/)
    fc.assert(
      fc.property(name, attempt, name, attempt, (one, first, other, second) => {
        const same = one === other && first.requests === second.requests && first.attempts === second.attempts
        const made = captureTransaction(key, one, first)
        expect(made).to.match(/^[A-Za-z0-9]{10}$/)
        expect(made === captureTransaction(key, other, second)).to.equal(same)
      }),
    )
  })
})
