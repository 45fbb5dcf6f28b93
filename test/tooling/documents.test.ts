import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import config from '../../schemas/config.json' with { type: 'json' }
import packageJson from '../../package.json' with { type: 'json' }
import { VERBS } from '../../src/cli/verbs.ts'

const ROOT = join(import.meta.dirname, '../..')
const NOT_OURS = new Set(['node_modules', '.git', 'data', 'coverage', 'test-results'])

const below = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : below(path)
    return path.endsWith('.md') ? [path] : []
  })

type Document = { readonly path: string; readonly text: string }

const documents: readonly Document[] = below('').map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
const textOf = (path: string): string => documents.find((document) => document.path === path)?.text ?? ''

/** What is wrong with a document, each with where it stands. */
type Check = (document: Document) => readonly string[]

const found = (check: Check): readonly string[] =>
  documents.flatMap((document) => check(document).map((what) => `${document.path}: ${what}`))

const matches = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, first = '']) => first)

const withoutCode = (text: string): string => text.replace(/^ *```[\s\S]*?^ *```/gm, '')

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsIn = (path: string): readonly string[] => matches(withoutCode(textOf(path)), /^#+ (.+)$/gm).map(anchorOf)

const deadLinks: Check = ({ path, text }) =>
  matches(withoutCode(text), /\]\(([^)\s]+)\)/g).filter((target) => {
    if (/^[a-z]+:/.test(target)) return false
    const [file = '', anchor] = target.split('#')
    const to = file === '' ? path : join(dirname(path), file)
    return !existsSync(join(ROOT, to)) || (anchor !== undefined && !anchorsIn(to).includes(anchor))
  })

/** From the root, or from the document's own folder. */
const unknownPaths: Check = ({ path, text }) =>
  matches(text, /`((?:domain|schemas|projections|adapters|src|test|ops)\/[\w./-]*)`/g).filter(
    (named) => !existsSync(join(ROOT, named)) && !existsSync(join(ROOT, dirname(path), named)),
  )

const unknownVerbs: Check = ({ text }) =>
  matches(text, /npx --no esignet ([a-z]+(?: [a-z][a-z-]*)?)/g).filter(
    (words) => words !== 'help' && !VERBS.some(({ name }) => name === words || name === words.split(' ')[0]),
  )

const unknownScripts: Check = ({ text }) => matches(text, /npm run ([\w:-]+)/g).filter((name) => !Object.hasOwn(packageJson.scripts, name))

type Node = { readonly properties?: Readonly<Record<string, Node>>; readonly default?: unknown }

const settingsOf = (node: Node, path: readonly string[] = []): readonly (readonly [path: readonly string[], node: Node])[] =>
  node.properties === undefined
    ? [[path, node]]
    : Object.entries(node.properties).flatMap(([name, child]) => settingsOf(child, [...path, name]))

const rowOf = ([path, { default: value }]: readonly [readonly string[], Node]): string => {
  const variable = `ESIGNET_${path
    .join('_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()}`
  const shown = value === undefined ? '-' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
  return [`\`${path.join('.')}\``, `\`${variable}\``, shown].join(' | ')
}

const rowsIn = (text: string): readonly string[] =>
  matches(text, /^\| (`[\w.]+` +\| `ESIGNET_\w+` +\| [^|]+?) *\|/gm).map((row) => row.replace(/ +\| /g, ' | '))

describe('documents are true (style 4.9)', () => {
  it('every link leads to a file and a heading', () => {
    expect(found(deadLinks)).to.deep.equal([])
    expect(deadLinks({ path: 'README.md', text: '[x](nowhere.md) [y](LICENSE) [z](#no-such-heading)' })).to.have.length(2)
  })

  it('every path in code style is there', () => {
    expect(found(unknownPaths)).to.deep.equal([])
    expect(unknownPaths({ path: 'x.md', text: '`src/nowhere.ts` and `src/cli.ts`' })).to.deep.equal(['src/nowhere.ts'])
  })

  it('every verb of the command line is one', () => {
    expect(found(unknownVerbs)).to.deep.equal([])
    expect(unknownVerbs({ path: 'x.md', text: 'npx --no esignet tx find; npx --no esignet tx lose' })).to.deep.equal(['tx lose'])
  })

  it('every script of npm is one', () => {
    expect(found(unknownScripts)).to.deep.equal([])
    expect(unknownScripts({ path: 'x.md', text: 'npm run check && npm run away' })).to.deep.equal(['away'])
  })

  it('the README lists every setting with its variable and default', () => {
    expect(rowsIn(textOf('README.md'))).to.deep.equal(settingsOf(config as Node).map(rowOf))
  })

  it('every top-level folder has a README of at most twenty lines', () => {
    const folders = ['domain', 'schemas', 'projections', 'adapters', 'src', 'test', 'ops']
    expect(
      folders.filter((folder) => !(textOf(`${folder}/README.md`).split('\n').length <= 21 && textOf(`${folder}/README.md`) !== '')),
    ).to.deep.equal([])
  })

  it('every decision is in the index', () => {
    const records = documents.flatMap(({ path }) => (/^ops\/decisions\/(\d{4}-[a-z0-9-]+\.md)$/.exec(path) ?? []).slice(1))
    expect(records.filter((record) => !textOf('ops/decisions/README.md').includes(`(${record})`))).to.deep.equal([])
  })
})
