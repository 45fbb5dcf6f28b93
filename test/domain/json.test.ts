import { describe, it } from 'mocha'
import { expect } from 'chai'
import { isObject, parseObject } from '../../domain/json.ts'

describe('JSON objects', () => {
  it('are neither lists nor null', () => {
    expect([{}, { a: 1 }].every(isObject)).to.equal(true)
    expect([null, undefined, [], '{}', 1, true].some(isObject)).to.equal(false)
  })

  it('are read from text, or not at all', () => {
    expect(parseObject(' {"a":[1]} ')).to.deep.equal({ a: [1] })
    for (const text of ['', '[]', 'null', '"a"', '1', '{', '{}{}']) expect(parseObject(text), text).to.equal(undefined)
  })
})
