import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { checkDigest, digestOf, genesisOf, sealMetadata } from '../../src/chain.ts'
import { digest } from '../domain/samples.ts'

const event = {
  previous: genesisOf('client-clinic'),
  stream: 'client-clinic',
  revision: 3,
  id: '00000000-0000-4000-8000-000000000001',
  type: 'ClientUpdated',
  data: '{"a":1}',
  metadata: '{"at":"now"}',
}
const { previous, ...unsealed } = event
const sealed = sealMetadata(event)
const stored = { ...unsealed, metadata: sealed.text, position: '1' }

describe('rule 7: the chain of a stream', () => {
  it('metadata ends with the digest, and is JSON', () => {
    expect(JSON.parse(sealed.text)).to.deep.equal({ at: 'now', digest: sealed.digest })
    expect(sealed.text.endsWith(`,"digest":"${sealed.digest}"}`)).to.equal(true)
  })

  it('what was sealed is found to be what was written', () => {
    expect(checkDigest(stored, previous)).to.deep.equal({ ok: true, digest: sealed.digest })
  })

  it('covers the event before, the stream, the revision, the id, the type, the data and the metadata', () => {
    const changed = [
      { ...event, previous: genesisOf('client-other') },
      { ...event, stream: 'client-other' },
      { ...event, revision: 4 },
      { ...event, id: '00000000-0000-4000-8000-000000000002' },
      { ...event, type: 'ClientRegistered' },
      { ...event, data: '{"a":2}' },
      { ...event, metadata: '{"at":"then"}' },
    ]
    const digests = changed.map(digestOf)
    expect(new Set([digestOf(event), ...digests]).size).to.equal(changed.length + 1)
  })

  it('no text moves from one part to the next unseen', () => {
    const part = fc.string({ maxLength: 6 })
    fc.assert(
      fc.property(part, part, part, part, (type, data, otherType, otherData) => {
        const one = digestOf({ ...event, type, data })
        const other = digestOf({ ...event, type: otherType, data: otherData })
        expect(one === other).to.equal(type === otherType && data === otherData)
      }),
    )
    expect(digestOf({ ...event, type: 'ab', data: 'c' })).to.not.equal(digestOf({ ...event, type: 'a', data: 'bc' }))
    expect(digestOf({ ...event, type: '1:a', data: '' })).to.not.equal(digestOf({ ...event, type: '', data: '1:a' }))
  })

  it('each stream begins with a digest of its own', () => {
    expect(genesisOf('client-a')).to.not.equal(genesisOf('client-b'))
    expect(genesisOf('client-a')).to.match(/^[A-Za-z0-9_-]{43}$/)
  })

  it('another event before it, another digest, or none, is not what was written', () => {
    expect(checkDigest(stored, digest('another')).ok).to.equal(false)
    const forged = sealed.text.replace(sealed.digest, digest('forged'))
    expect(checkDigest({ ...stored, metadata: forged }, previous).ok).to.equal(false)
    for (const metadata of ['{}', '', 'null', '{"at":"now"}', `{"digest":"${sealed.digest}"}`, `${sealed.text} `])
      expect(checkDigest({ ...stored, metadata }, previous).ok, metadata).to.equal(false)
  })
})
