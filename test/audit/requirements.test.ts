import { expect } from 'chai'
import { describe, it } from 'mocha'
import { lines, missingTests, textOf } from '../support/checklist.ts'

const numbered = (kind: string, numbers: readonly number[]): readonly string[] =>
  numbers.map((number) => `${kind}-${String(number).padStart(2, '0')}`)

const WANTED = [
  ...numbered('REG', [1, 2, 3, 5, 6, 7, 8, 9, 10, 15, 16]),
  ...numbered('PRIV', [1, 2, 3, 4]),
  ...numbered('REPLAY', [1, 2, 3, 4, 5, 6]),
]

describe('requirements of regulators, people and operators: each is held by a test that names it', () => {
  const all = lines(textOf('test/audit/README.md'))

  it('none is lost, and every test that is listed is there', () => {
    expect(all.map(({ id }) => id)).to.deep.equal(WANTED)
    expect(missingTests(all)).to.deep.equal([])
  })

  it('one of its tests names it, in its own title or in that of its suite', () => {
    const unnamed = all.filter(({ id, tests }) => {
      const inTitle = new RegExp(`\\b(?:describe|suite|it)\\(\\s*['\`][^\\n]*${id}\\b`)
      return !tests.some(({ file, title }) => title.includes(id) || inTitle.test(textOf(file)))
    })
    expect(unnamed.map(({ id }) => id)).to.deep.equal([])
  })
})
