import { expect } from 'chai'
import { describe, it } from 'mocha'
import { lines, missingTests, textOf, titlesOf } from '../support/checklist.ts'

/** How many lines each part has, so that none gets lost. */
const PARTS: Readonly<Record<string, number>> = {
  fapi2: 39,
  rfc9700: 21,
  core: 13,
  rfc9101: 1,
  rfc9126: 10,
  rfc9207: 2,
  rfc9449: 18,
  ida: 13,
  browser: 12,
}

describe('the security checklist: each line is held by a test, or does not apply for a reason', () => {
  const all = lines(textOf('test/protocol/README.md'))
  const excused = [...textOf('ops/compatibility.md').matchAll(/^\| ((?:`[a-z0-9.-]+`(?:, )?)+) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, id = '']) => id),
  )

  it('no line is named twice, and none is lost', () => {
    const ids = all.map(({ id }) => id)
    expect(new Set(ids).size).to.equal(ids.length)
    for (const [part, count] of Object.entries(PARTS))
      expect(
        ids.filter((id) => id.split('-')[0] === part),
        part,
      ).to.have.length(count)
  })

  it('every line names a test or does not apply', () => {
    expect(all.filter(({ tests, applies }) => applies && tests.length === 0).map(({ id }) => id)).to.deep.equal([])
  })

  it('every test that is named is there', () => {
    expect(missingTests(all)).to.deep.equal([])
  })

  it('the check bites: a title that is nowhere is missed', () => {
    const titles = titlesOf("it('one', () => 1)\nit(`by ${['a', 'b'].join()} or two`, () => 2)")
    expect(titles.map((pattern) => pattern.test('one'))).to.deep.equal([true, false])
    expect(titles.map((pattern) => pattern.test('by c or two'))).to.deep.equal([false, true])
    expect(titles.some((pattern) => pattern.test('three'))).to.equal(false)
  })

  it('what does not apply is excused in ops/compatibility.md, and nothing else is', () => {
    expect(all.filter(({ applies }) => !applies).map(({ id }) => id)).to.have.members(excused)
  })
})
