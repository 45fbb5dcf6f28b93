import { expect } from 'chai'
import { describe, it } from 'mocha'
import {
  artefactStream,
  attemptsStream,
  clientStream,
  consentStream,
  devicesStream,
  idOf,
  kindOf,
  lookStream,
  transactionStream,
} from '../../domain/streams.ts'
import { CONSENT, digest, PERSON, TRANSACTION } from './samples.ts'

describe('names of streams', () => {
  it('the part before the first hyphen says what a stream is about, and what follows is its own', () => {
    const names = [
      [transactionStream(TRANSACTION), 'transaction', TRANSACTION],
      [clientStream('my-clinic'), 'client', 'my-clinic'],
      [consentStream(CONSENT), 'consent', CONSENT],
      [artefactStream(digest('-x')), 'artefact', digest('-x')],
      [attemptsStream(PERSON, 'trusted'), 'person', `${PERSON}.trusted`],
      [attemptsStream(PERSON, 'unknown'), 'person', `${PERSON}.unknown`],
      [lookStream('0123'), 'look', '0123'],
      [devicesStream(PERSON), 'person', `${PERSON}.devices`],
    ] as const
    for (const [name, kind, id] of names) {
      expect(kindOf(name), name).to.equal(kind)
      expect(idOf(name), name).to.equal(id)
    }
  })

  it('a stream of another kind is of none', () => {
    for (const name of ['walletKey-x', '-x', 'Client-x']) expect(kindOf(name), name).to.equal(undefined)
  })
})
