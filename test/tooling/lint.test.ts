import { join } from 'node:path'
import { expect } from 'chai'
import { ESLint } from 'eslint'
import { before, describe, it } from 'mocha'

const ROOT = join(import.meta.dirname, '../..')

/**
 * Text that a careless hour would write, and the rule that must stop it. The file name is virtual and need not exist:
 * rules that need types are left out of this run, because the compiler does not know such a file.
 */
const OFFENCES: readonly { readonly path: string; readonly text: string; readonly rule: string }[] = [
  { path: 'domain/x.ts', text: 'export const now = () => new Date(0)', rule: 'no-restricted-globals' },
  { path: 'domain/x.ts', text: 'export const home = () => process.env', rule: 'no-restricted-globals' },
  { path: 'domain/x.ts', text: 'export const wait = () => setTimeout(() => 1, 1)', rule: 'no-restricted-globals' },
  { path: 'domain/x.ts', text: "export const ask = () => fetch('https://id.example')", rule: 'no-restricted-globals' },
  { path: 'domain/x.ts', text: 'export const id = () => crypto.randomUUID()', rule: 'no-restricted-globals' },
  { path: 'domain/x.ts', text: 'export const t = () => performance.now()', rule: 'no-restricted-globals' },
  { path: 'domain/x.ts', text: 'export const g = () => globalThis', rule: 'no-restricted-globals' },
  { path: 'domain/x.ts', text: 'export const r = () => Math.random()', rule: 'no-restricted-properties' },
  { path: 'domain/x.ts', text: "import { hash } from 'node:crypto'\nexport const h = hash", rule: 'no-restricted-imports' },
  { path: 'projections/x.ts', text: 'export const now = () => Date.now()', rule: 'no-restricted-globals' },
  {
    path: 'projections/x.ts',
    text: "import { readFileSync } from 'node:fs'\nexport const r = readFileSync",
    rule: 'no-restricted-imports',
  },
  { path: 'src/x.ts', text: 'export const now = () => new Date()', rule: 'no-restricted-syntax' },
  { path: 'src/x.ts', text: 'export const now = () => Date()', rule: 'no-restricted-syntax' },
  { path: 'src/x.ts', text: 'export const now = () => Date.now()', rule: 'no-restricted-properties' },
  { path: 'adapters/vault/x.ts', text: 'export const now = () => new Date()', rule: 'no-restricted-syntax' },
  { path: 'adapters/vault/x.ts', text: 'export const r = () => Math.random()', rule: 'no-restricted-properties' },
  { path: 'src/x.ts', text: 'export const home = () => process.env', rule: 'no-restricted-properties' },
  { path: 'src/x.ts', text: 'export const wait = () => setTimeout(() => 1, 1)', rule: 'no-restricted-globals' },
  { path: 'adapters/x.ts', text: "import { randomBytes } from 'node:crypto'\nexport const r = randomBytes", rule: 'no-restricted-imports' },
  { path: 'src/x.ts', text: 'const x = 1\nexport default x', rule: 'no-restricted-syntax' },
  { path: 'src/x.ts', text: "export enum Colour { Red = 'red' }", rule: 'no-restricted-syntax' },
  { path: 'src/x.ts', text: 'export class Manager {}', rule: 'no-restricted-syntax' },
  { path: 'src/compose.ts', text: 'export class Manager {}', rule: 'no-restricted-syntax' },
  { path: 'src/x.ts', text: 'export const m = class {}', rule: 'no-restricted-syntax' },
  {
    path: 'src/x.ts',
    text: "import { generateKeyPairSync } from 'node:crypto'\nexport const g = generateKeyPairSync",
    rule: 'no-restricted-imports',
  },
  {
    path: 'test/x.test.ts',
    text: "import * as c from 'node:crypto'\nexport const g = c.generateKeyPairSync",
    rule: 'no-restricted-properties',
  },
  { path: 'src/x.ts', text: 'export const a = 1\n'.repeat(251), rule: 'max-lines' },
  { path: 'src/x.ts', text: `export const f = () => {\n${'  f()\n'.repeat(70)}}`, rule: 'max-lines-per-function' },
]

const ALLOWED: readonly { readonly path: string; readonly text: string }[] = [
  { path: 'src/world.ts', text: 'export const clock = { now: () => new Date().toISOString(), at: Date.now(), r: Math.random() }' },
  { path: 'src/compose.ts', text: 'export const now = () => new Date()' },
  { path: 'src/cli.ts', text: 'export const now = () => Date.now()' },
  { path: 'src/x.ts', text: "export const at = new Date('2026-11-24T12:00:00.000Z')" },
  { path: 'domain/x.ts', text: 'export class Fault extends Error {}\nexport class Closed extends Fault {}' },
  { path: 'test/x.test.ts', text: `export const f = () => {\n${'  f()\n'.repeat(300)}}` },
]

/** Types are asked for by these rules: real files of the house, whose mistakes the compiler can see. */
const TYPED = [
  '@typescript-eslint/switch-exhaustiveness-check',
  '@typescript-eslint/consistent-type-imports',
  '@typescript-eslint/no-floating-promises',
]

describe('REPLAY-02: lint bites (style, rules 3 and 41)', () => {
  let eslint: ESLint
  before(async () => {
    const { default: tseslint } = await import('typescript-eslint')
    eslint = new ESLint({
      cwd: ROOT,
      overrideConfig: [
        { ...tseslint.configs.disableTypeChecked, files: ['**/*.ts'] },
        { languageOptions: { parserOptions: { projectService: false } } },
      ],
    })
  })

  const rulesBroken = async (path: string, text: string): Promise<readonly (string | null)[]> =>
    (await eslint.lintText(text, { filePath: join(ROOT, path) })).flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId))

  for (const { path, text, rule } of OFFENCES) {
    it(`${path}: ${text.split('\n').slice(0, 2).join(' ')} breaks ${rule}`, async () => {
      expect(await rulesBroken(path, text)).to.include(rule)
    })
  }

  for (const { path, text } of ALLOWED) {
    it(`${path}: ${text.slice(0, 60).replaceAll('\n', ' ')} is in order`, async () => {
      expect(await rulesBroken(path, text)).to.deep.equal([])
    })
  }

  it('rules that need types are errors everywhere', async () => {
    const whole = new ESLint({ cwd: ROOT })
    for (const path of ['domain/x.ts', 'src/x.ts', 'src/world.ts', 'test/x.test.ts']) {
      const config = (await whole.calculateConfigForFile(join(ROOT, path))) as { rules: Readonly<Record<string, readonly [number]>> }
      for (const rule of TYPED) expect(config.rules[rule]?.[0], `${rule} in ${path}`).to.equal(2)
    }
  })
})
