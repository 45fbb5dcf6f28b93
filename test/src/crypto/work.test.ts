import { expect } from 'chai'
import { describe, it } from 'mocha'
import { isSolved, newChallenge, PARTS, readChallenge } from '../../../src/crypto/work.ts'
import { at } from '../../domain/samples.ts'
import { systemChance } from '../../support/chance.ts'
import { solve } from '../../support/work.ts'

const KEY = new Uint8Array(32).fill(1)
const TX = 'tx_0123456789abcdefghjkmnpq'

describe('proof of work', () => {
  const text = newChallenge(KEY, systemChance, TX, 2, at(0))
  const read = (given = text, second = 1, transaction = TX, key = KEY) => readChallenge(key, transaction, given, at(second))

  it('a challenge says when it was made, for which transaction and by whom; nothing of it can be changed', () => {
    expect(read()).to.include({ bits: 2, ageS: 1, text })
    expect(read(text, 900)).to.include({ ageS: 900 })
    expect(read(text, 901), 'too old').to.equal(undefined)
    expect(read(text, 1, 'tx_another'), 'of another login').to.equal(undefined)
    expect(read(text, 1, TX, new Uint8Array(32)), 'of another broker').to.equal(undefined)
    const [issued = '', nonce = '', , mac = ''] = text.split('.')
    const older = String(Number(issued) - 60_000)
    for (const changed of [
      `${issued}.${nonce}.1.${mac}`,
      `${older}.${nonce}.2.${mac}`,
      `${issued}.${'A'.repeat(22)}.2.${mac}`,
      '',
      text + '.',
    ])
      expect(read(changed), changed).to.equal(undefined)
  })

  it('is solved by eight numbers, each for its part', async () => {
    const challenge = read()!
    const solution = solve(text)
    expect(await isSolved(challenge, solution)).to.be.true
    const wrong = [
      '',
      '0'.repeat(8),
      solution.split('.').slice(1).join('.'),
      `${solution}.0`,
      solution.replace(/\d+$/, '99999999'),
      Array.from({ length: PARTS }, () => '-1').join('.'),
      Array.from({ length: PARTS }, () => '').join('.'),
    ]
    for (const made of wrong) expect(await isSolved(challenge, made), made).to.be.false
    expect(await isSolved(read(newChallenge(KEY, systemChance, TX, 8, at(0)))!, solution), 'the solution of another').to.be.false
  })

  it('the script of the page computes the same', async () => {
    const listeners: (() => void)[] = []
    const form = { dataset: { challenge: text, parts: '8', rounds: '1000', bits: '2', wait: '30' }, elements: { solution: { value: '' } } }
    const sent = new Promise<void>((resolve) => {
      Object.assign(form, { requestSubmit: resolve })
    })
    const globals = globalThis as Record<string, unknown>
    const [document, timeout] = [globals['document'], globals['setTimeout']]
    Object.assign(globals, { document: { getElementById: () => form }, setTimeout: (later: () => void) => void listeners.push(later) })
    try {
      const script = '../../../src/ui/static/check.js'
      await import(script)
    } finally {
      Object.assign(globals, { document, setTimeout: timeout })
    }
    await sent
    expect(await isSolved(read()!, form.elements.solution.value)).to.be.true
    expect(listeners.length, 'and whoever cannot compute is sent on after the wait').to.equal(1)
  })
})
