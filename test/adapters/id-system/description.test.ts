import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readDescription } from '../../../adapters/id-system/description.ts'
import { describe as described } from '../../../adapters/id-system/mock/plugin.ts'

describe('the identifiers that a plugin describes', () => {
  const problemsOf = (pattern: string): readonly string[] => {
    const read = readDescription({ ...described(), idTypes: [{ type: 'uin', pattern, lengthMax: 10 }] })
    return read.ok ? [] : read.problems
  }

  it('may have any pattern that ends soon', () => {
    for (const pattern of [
      '^[0-9]{10}$',
      '^\\+[0-9]{7,15}$',
      '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$',
      '^(AB|CD)[0-9]+$',
      '^([A-Z]{2})?[0-9]{1,9}$',
      '^\\(a+\\)$',
    ])
      expect(problemsOf(pattern), pattern).to.deep.equal([])
  })

  it('may have none that can take for ever: the broker matches with it what people type', () => {
    for (const pattern of ['^(a+)+$', '^([a-z]*)*$', '^((a|b+)c?)*$', '^(\\d{1,3}){1,5}$', '^(?:x+y?)+$'])
      expect(problemsOf(pattern).join(), pattern).to.include('can take for ever')
  })
})
