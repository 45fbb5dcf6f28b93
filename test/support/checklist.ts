import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './broker.ts'

/** A file of the project. */
export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

export type Line = {
  readonly id: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
  readonly applies: boolean
}

/** The lines of a list of requirements, each with the tests that hold it, as a README has them. */
export const lines = (readme: string): readonly Line[] =>
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
export const titlesOf = (source: string): readonly RegExp[] =>
  [...source.matchAll(/\bit\(\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`)/g)].map(([, plain, template]) => {
    const parts = (plain?.replaceAll("\\'", "'") ?? template ?? '').split(template === undefined ? /$^/ : /\$\{(?:[^{}]|\{[^}]*\})*\}/)
    return parts.join('').length < LETTERS_MIN && parts.length > 1 ? /$^/ : new RegExp(`^${parts.map(escaped).join('.*')}$`)
  })

/** Tests that are named and are not there. */
export const missingTests = (list: readonly Line[]): readonly string[] =>
  list.flatMap(({ id, tests }) =>
    tests
      .filter(({ file, title }) => !titlesOf(textOf(file)).some((pattern) => pattern.test(title)))
      .map(({ file, title }) => `${id}: ${file}: ${title}`),
  )
