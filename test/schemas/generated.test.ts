import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { before, describe, it } from 'mocha'
import ts from 'typescript'
import { generate, schemaFiles } from '../../schemas/generate.ts'

const FOLDER = join(import.meta.dirname, '../../schemas')
const files = schemaFiles()

type Schema = {
  readonly title?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly description?: string
}

/** Members of each generated type, and whether they may be absent. */
const membersOf = (): ReadonlyMap<string, ReadonlyMap<string, boolean>> => {
  const program = ts.createProgram([join(FOLDER, 'generated.ts')], { strict: true, noEmit: true, target: ts.ScriptTarget.ESNext })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(join(FOLDER, 'generated.ts'))
  const rows = [...(source?.statements ?? [])].filter(ts.isTypeAliasDeclaration).map((statement) => {
    const members = checker.getTypeAtLocation(statement).getProperties()
    return [statement.name.text, new Map(members.map((member) => [member.name, (member.flags & ts.SymbolFlags.Optional) !== 0]))] as const
  })
  return new Map(rows)
}

const typeNameOf = (path: string, title: string): string => {
  const [, kind] = /^(?:events|commands)\/([a-z-]+)\//.exec(path) ?? []
  return (kind ?? '').replace(/(^|-)([a-z])/g, (_all, _mark, letter: string) => letter.toUpperCase()) + title
}

describe('schemas/generated.ts', () => {
  let members: ReadonlyMap<string, ReadonlyMap<string, boolean>> = new Map()
  before(() => {
    members = membersOf()
  })

  it('is what the schemas give today: npm run schemas', async () => {
    for (const [file, text] of Object.entries(await generate())) expect(readFileSync(join(FOLDER, file), 'utf8'), file).to.equal(text)
  })

  for (const [path, schema] of files) {
    const { title, properties, required = [], description } = schema as Schema
    if (path === 'common.json') continue

    it(`${path}: the type has its members, as needed as the schema says`, () => {
      const type = members.get(typeNameOf(path, title ?? ''))
      expect(type, 'no such type').not.equal(undefined)
      for (const name of Object.keys(properties ?? {})) expect(type?.get(name), name).to.equal(!required.includes(name))
      const extra = path.startsWith('commands/') ? ['type'] : []
      expect([...(type?.keys() ?? [])]).to.have.members([...Object.keys(properties ?? {}), ...extra])
      expect(Object.keys(properties ?? {})).to.include.members([...required])
    })

    it(`${path}: is closed, described, and words of its description are members`, () => {
      expect(schema['additionalProperties']).to.equal(false)
      expect(description).to.match(/\S.*[.!?]$/)
      if (!path.startsWith('events/')) return
      for (const [, word] of (description ?? '').matchAll(/\{([^}]*)\}/g)) expect(Object.keys(properties ?? {})).to.include(word ?? '')
    })
  }

  it('shared words have types of their own', () => {
    const words = Object.keys(files.get('common.json')?.['$defs'] as object)
    for (const word of words) expect([...members.keys()]).to.include(word.charAt(0).toUpperCase() + word.slice(1))
  })

  it('every schema keeps to the meta-schema, strictly', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
    ajv.addKeyword({ keyword: 'x-version', schemaType: 'number', metaSchema: { type: 'integer', minimum: 1 } })
    for (const schema of files.values()) ajv.addSchema(schema)
    for (const path of files.keys()) expect(() => ajv.getSchema(`/schemas/${path}`), path).not.to.throw()
  })
})

/** Rule 10 of style: every string, list and number that comes from outside has a bound. */
const unbounded = (value: unknown, place: string): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((item, index) => unbounded(item, `${place}/${String(index)}`))
  if (typeof value !== 'object' || value === null) return []
  const schema = value as Readonly<Record<string, unknown>>
  const has = (...names: readonly string[]): boolean => names.some((name) => schema[name] !== undefined)
  const own =
    (schema['type'] === 'string' && !has('maxLength', 'pattern', 'enum')) ||
    (schema['type'] === 'array' && !has('maxItems')) ||
    ((schema['type'] === 'integer' || schema['type'] === 'number') && !(has('minimum') && has('maximum')))
  return [...(own ? [place] : []), ...Object.entries(schema).flatMap(([key, item]) => unbounded(item, `${place}/${key}`))]
}

describe('schemas have bounds (style, bounds and pairs)', () => {
  for (const [path, schema] of files) {
    it(path, () => {
      expect(unbounded(schema, path)).to.deep.equal([])
    })
  }
})
