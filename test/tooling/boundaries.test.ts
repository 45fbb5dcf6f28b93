import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'

const ROOT = join(import.meta.dirname, '../..')
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

type Violation = { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }
type Report = { readonly summary: { readonly violations: readonly Violation[] } }

/** A house in which each file breaks the rule beside it, or none. */
const HOUSE: Readonly<Record<string, { readonly text: string; readonly breaks?: string }>> = {
  'domain/ports.ts': { text: 'export type Port = { readonly ask: () => void }\nexport const NAME = 1' },
  'domain/fact.ts': { text: "import type { Fact } from '../schemas/generated.ts'\nexport const fact = (f: Fact): Fact => f" },
  'schemas/generated.ts': { text: 'export type Fact = string\nexport const VERSIONS = {}' },
  'schemas/check.ts': { text: "import { Ajv } from 'ajv'\nexport const check = Ajv" },
  'schemas/generate.ts': { text: "import { compile } from 'devtool'\nexport const generate = compile" },
  'projections/run.ts': { text: "import { fact } from '../domain/fact.ts'\nimport { of } from 'rxjs'\nexport const run = [fact, of]" },
  'adapters/vault/sqlite/vault.ts': {
    text:
      "import type { Port } from '../../../domain/ports.ts'\nimport { open } from '../../database.ts'\n" +
      "import { seal } from '../seal.ts'\nexport const vault: Port = { ask: () => [open, seal] }",
  },
  'adapters/vault/seal.ts': { text: "import { open } from '../database.ts'\nexport const seal = open" },
  'adapters/database.ts': {
    text: "import { NAME } from '../domain/ports.ts'\nimport { bytes } from './bytes.ts'\nexport const open = [NAME, bytes]",
  },
  'adapters/bytes.ts': { text: "import { hash } from 'node:crypto'\nexport const bytes = hash" },
  'adapters/id-system/plugin.ts': { text: "export type { Port } from '../../domain/ports.ts'" },
  'adapters/id-system/mock/mock.ts': {
    text: "import type { Port } from '../plugin.ts'\nexport const mock: Port = { ask: () => undefined }",
  },
  'src/http/app.ts': { text: "import express from 'express'\nexport const app = express" },
  'src/compose.ts': { text: "import { vault } from '../adapters/vault/sqlite/vault.ts'\nexport const compose = vault" },
  'test/help.ts': { text: "import { vault } from '../adapters/vault/sqlite/vault.ts'\nexport const help = vault" },

  'domain/a.ts': { text: "import { b } from './b.ts'\nexport const a: unknown = b", breaks: 'no-circular' },
  'domain/b.ts': { text: "import { a } from './a.ts'\nexport const b: unknown = a" },
  'domain/alone.ts': { text: 'export const alone = 1', breaks: 'no-orphans' },
  'domain/lost.ts': { text: "export * from './nowhere.ts'", breaks: 'no-unresolvable' },
  'domain/node.ts': { text: "import { hash } from 'node:crypto'\nexport const h = hash", breaks: 'domain-stands-alone' },
  'domain/package.ts': { text: "import type { Ajv } from 'ajv'\nexport type A = Ajv", breaks: 'domain-stands-alone' },
  'domain/check.ts': { text: "import { check } from '../schemas/check.ts'\nexport const c = check", breaks: 'domain-stands-alone' },
  'domain/value.ts': {
    text: "import { VERSIONS } from '../schemas/generated.ts'\nexport const v = VERSIONS",
    breaks: 'domain-takes-types-only',
  },
  'schemas/house.ts': { text: "import { NAME } from '../domain/ports.ts'\nexport const n = NAME", breaks: 'schemas-stand-alone' },
  'schemas/upcast.ts': { text: "import { Ajv } from 'ajv'\nexport const a = Ajv", breaks: 'ajv-in-check-only' },
  'projections/store.ts': {
    text: "import { vault } from '../adapters/vault/sqlite/vault.ts'\nexport const s = vault",
    breaks: 'projections-stand-on-domain',
  },
  'projections/login.ts': { text: "import { of } from 'rxjs'\nexport const l = of", breaks: 'rxjs-in-run-only' },
  'adapters/vault/redis/vault.ts': {
    text: "import { vault } from '../sqlite/vault.ts'\nexport const v = vault",
    breaks: 'adapters-stand-apart',
  },
  'adapters/keys/file.ts': {
    text: "import { vault } from '../vault/sqlite/vault.ts'\nexport const v = vault",
    breaks: 'adapters-stand-apart',
  },
  'adapters/keys/seal.ts': { text: "import { seal } from '../vault/seal.ts'\nexport const s = seal", breaks: 'adapters-stand-apart' },
  'adapters/vault/names.ts': { text: "import { vault } from './sqlite/vault.ts'\nexport const n = vault", breaks: 'adapters-stand-apart' },
  'adapters/names.ts': { text: "import { vault } from './vault/sqlite/vault.ts'\nexport const n = vault", breaks: 'adapters-stand-apart' },
  'adapters/port.ts': { text: "import { seal } from './vault/seal.ts'\nexport const p = seal", breaks: 'adapters-stand-apart' },
  'adapters/fact.ts': { text: "import { fact } from '../domain/fact.ts'\nexport const f = fact", breaks: 'adapters-know-ports-only' },
  'adapters/keys/fact.ts': {
    text: "import { fact } from '../../domain/fact.ts'\nexport const f = fact",
    breaks: 'adapters-know-ports-only',
  },
  'src/handle.ts': {
    text: "import { vault } from '../adapters/vault/sqlite/vault.ts'\nexport const h = vault",
    breaks: 'adapters-in-compose-only',
  },
  'src/store.ts': { text: "import { open } from '../adapters/database.ts'\nexport const s = open", breaks: 'adapters-in-compose-only' },
  'src/http/door.ts': { text: "import type { Request } from 'express'\nexport type R = Request", breaks: 'express-in-app-only' },
  'src/cheat.ts': { text: "import { help } from '../test/help.ts'\nexport const c = help", breaks: 'shipped-stands-alone' },
  'src/develop.ts': { text: "import { compile } from 'devtool'\nexport const d = compile", breaks: 'shipped-stands-alone' },
  'src/undeclared.ts': { text: "import { x } from 'undeclared'\nexport const d = x", breaks: 'shipped-stands-alone' },
}

const write = (house: string, path: string, text: string): void => {
  mkdirSync(dirname(join(house, path)), { recursive: true })
  writeFileSync(join(house, path), text)
}

const build = (house: string): void => {
  for (const [path, { text }] of Object.entries(HOUSE)) write(house, path, text)
  for (const name of ['ajv', 'rxjs', 'express', 'devtool', 'undeclared']) {
    write(house, `node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }))
    write(house, `node_modules/${name}/index.js`, 'export const compile = 1')
  }
  const dependencies = { ajv: '1.0.0', rxjs: '1.0.0', express: '1.0.0' }
  write(house, 'package.json', JSON.stringify({ type: 'module', dependencies, devDependencies: { devtool: '1.0.0' } }))
  copyFileSync(join(ROOT, 'tsconfig.json'), join(house, 'tsconfig.json'))
}

describe('boundaries bite (architecture 4)', () => {
  const house = mkdtempSync(join(tmpdir(), 'boundaries-'))
  let violations: readonly Violation[] = []

  before(() => {
    build(house)
    const folders = ['domain', 'schemas', 'projections', 'adapters', 'src', 'test']
    const { stdout } = spawnSync(
      process.execPath,
      [CRUISER, ...folders, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json'],
      { cwd: house, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
    )
    violations = (JSON.parse(stdout) as Report).summary.violations
  })
  after(() => {
    rmSync(house, { recursive: true, force: true })
  })

  for (const [path, { breaks }] of Object.entries(HOUSE)) {
    // Of a circle the report names one member.
    if (path === 'domain/b.ts') continue
    it(breaks === undefined ? `${path} is in order` : `${path} breaks ${breaks}`, () => {
      const broken = new Set(violations.filter(({ from }) => from === path).map(({ rule }) => rule.name))
      if (breaks === undefined) expect([...broken]).to.deep.equal([])
      else expect([...broken]).to.include(breaks)
    })
  }

  it('every rule has a file that breaks it', () => {
    const source = execFileSync(
      process.execPath,
      ['-p', `JSON.stringify(require(${JSON.stringify(join(ROOT, '.dependency-cruiser.cjs'))}))`],
      {
        encoding: 'utf8',
      },
    )
    const rules = (JSON.parse(source) as { forbidden: readonly { name: string }[] }).forbidden.map(({ name }) => name)
    const broken = Object.values(HOUSE).map(({ breaks }) => breaks)
    expect(broken).to.include.members(rules)
    expect(rules.length).to.be.lessThan(15)
  })
})
