import { createHash, createHmac } from 'node:crypto'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { equalSecrets, hmac, leftHalfHash, randomText, sha256, uuidv5 } from '../../../src/crypto/hash.ts'
import { newSecret, newTransaction, readRequestUri, readTicket, requestUriOf } from '../../../src/crypto/ids.ts'
import { systemChance } from '../../support/chance.ts'

describe('src/crypto/hash', () => {
  it('sha256 and hmac are the standard ones, base64url', () => {
    expect(sha256('abc')).to.equal(createHash('sha256').update('abc').digest('base64url'))
    expect(sha256('')).to.equal('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
    const key = systemChance.bytes(32)
    expect(hmac(key, 'é')).to.equal(createHmac('sha256', key).update('é', 'utf8').digest('base64url'))
  })

  it('equalSecrets compares text of any length', () => {
    expect(equalSecrets('secret', 'secret')).to.equal(true)
    expect(equalSecrets('secret', 'secreT')).to.equal(false)
    expect(equalSecrets('secret', 'secret ')).to.equal(false)
    expect(equalSecrets('é', 'é')).to.equal(true)
    expect(equalSecrets('', '')).to.equal(true)
  })

  it('uuidv5: the example of RFC 9562 A.4', () => {
    expect(uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).to.equal('2ed6657d-e927-568b-95e1-2665a8aea6a2')
  })

  it('at_hash is the left half of the digest that the algorithm uses (Core 3.1.3.6)', () => {
    const left = createHash('sha256').update('token').digest().subarray(0, 16).toString('base64url')
    expect(leftHalfHash('ES256', 'token')).to.equal(left)
    expect(leftHalfHash('PS256', 'token')).to.equal(left)
    expect(leftHalfHash('EdDSA', 'token')).to.have.length(43)
  })

  it('randomText has the size that was asked for', () => {
    expect(Buffer.from(randomText(systemChance, 20), 'base64url')).to.have.length(20)
  })
})

describe('src/crypto/ids', () => {
  it('a transaction looks as schemas/common.json says, and uses its whole alphabet', () => {
    const ids = Array.from({ length: 200 }, () => newTransaction(systemChance))
    for (const id of ids) expect(id).to.match(/^tx_[0-9a-hjkmnp-tv-z]{24}$/)
    expect(new Set(ids).size).to.equal(200)
    expect(new Set(ids.join('').replaceAll('tx_', '')).size).to.equal(32)
  })

  it('every bit of chance enters the id', () => {
    const of = (bytes: Uint8Array): string => newTransaction({ ...systemChance, bytes: () => bytes })
    expect(of(new Uint8Array(15))).to.equal(`tx_${'0'.repeat(24)}`)
    expect(of(new Uint8Array(15).fill(255))).to.equal(`tx_${'z'.repeat(24)}`)
    const seen = Array.from({ length: 120 }, (_, bit) => {
      const bytes = new Uint8Array(15)
      bytes[bit >> 3] = 128 >> (bit & 7)
      return of(bytes)
    })
    expect(new Set(seen).size).to.equal(120)
  })

  it('a ticket reads back, and nothing else is one (rules 17, 23, 30)', () => {
    const ticket = { transaction: newTransaction(systemChance), secret: newSecret(systemChance) }
    const text = `${ticket.transaction}.${ticket.secret}`
    expect(readTicket(text)).to.deep.equal(ticket)
    expect(readRequestUri(requestUriOf(ticket))).to.deep.equal(ticket)
    for (const wrong of ['', text.toUpperCase(), `${text}.`, `${text}x`, ` ${text}`, text.slice(1), ticket.transaction, `${text}\n`])
      expect(readTicket(wrong), wrong).to.equal(undefined)
    expect(readRequestUri('https://evil.example/request')).to.equal(undefined)
    expect(readRequestUri(text)).to.equal(undefined)
  })
})
