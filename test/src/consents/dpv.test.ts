import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { dpvOf } from '../../../src/consents/dpv.ts'
import { receiptOf } from '../../../src/consents/receipt.ts'
import { brandOf } from '../../../src/ui/brand.ts'
import { CONSENT, signIn, SHOP } from '../../support/given.ts'
import { problemsIn } from '../../support/response-schema.ts'
import { house, type House } from '../http/house.ts'

/** What is mandatory in ISO/IEC TS 27560:2023, as the DPVCG's guide maps it. */
const MANDATORY = {
  record: ['dct:conformsTo', 'dct:identifier', 'dpv:hasDataSubject', 'dpv:hasDataController', 'dpv:hasProcess', 'dpv:hasConsentStatus'],
  process: [
    ...['dpv:hasNotice', 'dpv:hasPurpose', 'dpv:hasPersonalData', 'dpv:hasStorageCondition', 'dpv:hasJurisdiction', 'dpv:hasRecipient'],
    ...['dpv:hasThirdParty', 'dpv:hasConsentControl'],
  ],
  party: ['@type', 'dct:identifier', 'dpv:hasName', 'dpv:hasAddress', 'dpv:hasContact'],
  event: ['dct:date', 'dct:valid', 'dpv:isImplementedByEntity', 'dpv:hasLegalBasis', 'dpv:hasConsentStatus'],
}

/** Every name in it. */
const names = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(names)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => [name, ...(name === '@context' ? [] : names(member))])
}

describe('a receipt in the Data Privacy Vocabulary', () => {
  let at: House
  before(async () => {
    const authority = { name: { en: 'The Authority' }, url: 'https://authority.example', address: '3 Court Lane' }
    at = await house({}, { brand: brandOf({ address: '2 Register Street', authority }, 'UTC') })
    await at.register({ ...SHOP, postal_address: '1 Market Square', contacts: ['desk@shop.example'] })
    await signIn(at)
    await at.consent(CONSENT, { type: 'RequestWithdrawal', at: at.clock.in(1000), by: 'operator', actor: 'j.doe', case: 'C-1' })
    await at.consent(CONSENT, { type: 'CompleteWithdrawal', at: at.clock.in(2000) })
  })
  after(() => at.close())

  it('REG-02: converts to dpv-27560#record with all that is mandatory, in known terms', async () => {
    const [given, withdrawn] = await Promise.all([0, 2].map((revision) => receiptOf(at.world, CONSENT, revision)))
    expect(problemsIn('consent-receipt', given)).to.deep.equal([])
    const record = dpvOf(given!)
    const parts: readonly (readonly [readonly string[], readonly object[]])[] = [
      [MANDATORY.record, [record]],
      [MANDATORY.process, record['dpv:hasProcess']],
      [MANDATORY.party, [...record['dpv:hasDataController'], ...record['dpv:hasDataProcessor'], ...record['dpv:hasAuthority']]],
      [MANDATORY.event, record['dct:provenance']],
    ]
    for (const [wanted, things] of parts) {
      expect(things.length).to.be.greaterThan(0)
      for (const thing of things) for (const name of wanted) expect(thing).to.have.property(name).that.is.not.oneOf([undefined, null, ''])
    }
    expect(names(record).filter((name) => !/^(@|dct:|dpv:has|dpv:is)/.test(name))).to.deep.equal([])
    expect(record['dpv:hasConsentStatus']).to.equal('dpv:ConsentGiven')
    expect(dpvOf(withdrawn!)['dct:provenance'].map((event) => event['dpv:hasConsentStatus'])).to.deep.equal([
      'dpv:ConsentGiven',
      'dpv:ConsentRevoked',
      'dpv:ConsentRevoked',
    ])
  })
})
