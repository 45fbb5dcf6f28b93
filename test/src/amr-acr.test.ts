import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readMapping } from '../../src/amr-acr.ts'
import { readSettings } from '../../src/config.ts'

/** As eSignet 1.8 ships it. */
const SHIPPED = {
  amr: {
    PIN: [{ type: 'PIN' }],
    OTP: [{ type: 'OTP' }],
    Wallet: [{ type: 'WLA' }],
    'L1-bio-device': [{ type: 'BIO', count: 1 }],
    Knowledge: [{ type: 'KBI' }],
    Password: [{ type: 'PWD' }],
    'ID-token': [{ type: 'IDT' }],
  },
  acr_amr: {
    'mosip:idp:acr:static-code': ['PIN'],
    'mosip:idp:acr:generated-code': ['OTP'],
    'mosip:idp:acr:linked-wallet': ['Wallet'],
    'mosip:idp:acr:biometrics': ['L1-bio-device'],
    'mosip:idp:acr:knowledge': ['Knowledge'],
    'mosip:idp:acr:password': ['Password'],
    'mosip:idp:acr:id-token': ['ID-token'],
  },
}
const TWO = { ...SHIPPED, acr_amr: { high: ['Password', 'OTP'], low: ['PIN'] } }

const acrsOf = (given: unknown): unknown => {
  const read = readMapping(given)
  return read.ok ? read.acrs : read.problems
}

describe("eSignet's amr-acr-mapping.json", () => {
  it('the file that eSignet ships is taken as it is; its step between services is no context for people', () => {
    expect(acrsOf(SHIPPED)).to.deep.equal([
      { acr: 'mosip:idp:acr:static-code', factors: ['pin'] },
      { acr: 'mosip:idp:acr:generated-code', factors: ['otp'] },
      { acr: 'mosip:idp:acr:linked-wallet', factors: ['wallet'] },
      { acr: 'mosip:idp:acr:biometrics', factors: ['biometrics'] },
      { acr: 'mosip:idp:acr:knowledge', factors: ['knowledge'] },
      { acr: 'mosip:idp:acr:password', factors: ['password'] },
    ])
  })

  it('a context asks for all that it names, in its order, whether by one name or by several', () => {
    expect(acrsOf(TWO)).to.deep.equal([
      { acr: 'high', factors: ['password', 'otp'] },
      { acr: 'low', factors: ['pin'] },
    ])
    const one = {
      amr: { Both: [{ type: 'OTP', count: 1 }, { type: 'PIN', subTypes: null }, { type: 'OTP' }] },
      acr_amr: { high: ['Both'] },
    }
    expect(acrsOf(one)).to.deep.equal([{ acr: 'high', factors: ['otp', 'pin'] }])
  })

  it('everything that is wrong is told at once', () => {
    const amr = { A: [], B: [{ type: 'EYE', count: -1, subTypes: 'x' }, 7], C: [{ type: 'OTP' }] }
    expect(acrsOf({ amr, acr_amr: { 'not a name': ['C'], high: ['D', 'C'], low: [] }, more: 1 })).to.deep.equal([
      'more: is not known here',
      'amr.A: must be a list of 1 to 8 factors',
      'amr.B.0.type: must be one of OTP, PIN, PWD, BIO, KBI, WLA, IDT',
      'amr.B.0.count: must be a number of 0 or more',
      'amr.B.0.subTypes: must be a list of words',
      'amr.B.1: must be an object with a type',
      'acr_amr.not a name: is no name of a context',
      'acr_amr.high: D does not stand in amr',
      'acr_amr.low: must be a list of names in amr',
    ])
    for (const given of [undefined, [], {}, { amr: {} }])
      expect(acrsOf(given)).to.deep.equal(['must be a JSON object with amr and acr_amr'])
    expect(acrsOf({ amr: SHIPPED.amr, acr_amr: { only: ['ID-token'] } })).to.have.length(1)
  })
})

describe('the setting amrAcrMapping', () => {
  const settings = (file: object, document: unknown = TWO) =>
    readSettings(file, {}, 'demo', '/srv', (path) => (path === '/srv/map.json' ? document : 1))

  it('takes the place of policy.assurance, so that the artefact of the policy holds it (rules 3 and 6)', () => {
    const read = settings({ amrAcrMapping: 'map.json' })
    expect(read.ok && read.settings.policy.assurance.acrs.map(({ acr }) => acr)).to.deep.equal(['high', 'low'])
  })

  it('is refused beside it, and with everything that is wrong in the file', () => {
    const both = settings({ amrAcrMapping: 'map.json', policy: { assurance: { acrs: [{ acr: 'x', factors: ['otp'] }] } } })
    expect(both).to.deep.equal({ ok: false, problems: ['policy: assurance: contradicts amrAcrMapping; leave one of them out'] })
    const wrong = settings({ amrAcrMapping: 'map.json' }, { amr: { A: [] }, acr_amr: { a: ['B'] } })
    expect(wrong).to.deep.equal({
      ok: false,
      problems: [
        'policy: amrAcrMapping map.json: amr.A: must be a list of 1 to 8 factors',
        'policy: amrAcrMapping map.json: acr_amr.a: B does not stand in amr',
      ],
    })
  })
})
