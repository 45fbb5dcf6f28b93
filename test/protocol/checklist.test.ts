import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ROOT } from '../support/broker.ts'

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

type Line = { readonly id: string; readonly tests: readonly { readonly file: string; readonly title: string }[]; readonly applies: boolean }

/** The lines of the checklist as the README has them. */
const lines = (readme: string): readonly Line[] =>
  readme
    .split(/^- \*\*/m)
    .slice(1)
    .map((block) => {
      const [head = '', ...rest] = block.split('\n')
      const items = rest.flatMap((row) => /^ {2}- (.+)$/.exec(row)?.[1] ?? [])
      return {
        id: head.slice(0, head.indexOf('**')),
        tests: items.flatMap((item) => {
          const [, file = '', title = ''] = /^`(test\/[\w./-]+)`: (.+)$/.exec(item) ?? []
          return file === '' ? [] : [{ file, title }]
        }),
        applies: !items.includes('does not apply'),
      }
    })

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Less than this many letters of a title that is made from a list would fit anything. */
const LETTERS_MIN = 8

/** Titles as patterns: where a title is made from a list, any text may stand for the list's. */
const titlesOf = (source: string): readonly RegExp[] =>
  [...source.matchAll(/\bit\(\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`)/g)].map(([, plain, template]) => {
    const parts = (plain?.replaceAll("\\'", "'") ?? template ?? '').split(template === undefined ? /$^/ : /\$\{(?:[^{}]|\{[^}]*\})*\}/)
    return parts.join('').length < LETTERS_MIN && parts.length > 1 ? /$^/ : new RegExp(`^${parts.map(escaped).join('.*')}$`)
  })

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
    const missing = all.flatMap(({ id, tests }) =>
      tests
        .filter(({ file, title }) => !titlesOf(textOf(file)).some((pattern) => pattern.test(title)))
        .map(({ file, title }) => `${id}: ${file}: ${title}`),
    )
    expect(missing).to.deep.equal([])
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
