/**
 * Writes `schemas/generated.ts` and `schemas/versions.ts` from the schema files (`npm run schemas`); with `--check` it fails when they
 * are out of date.
 * json-schema-to-typescript makes the types, one schema at a time; here they get their names, and become readonly.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from 'json-schema-to-typescript'
import { format, resolveConfig } from 'prettier'
import ts from 'typescript'

type Schema = { readonly [keyword: string]: unknown }
/** `group` and `kind` only where the schema is an event or a command. */
type Entry = { readonly name: string; readonly schema: Schema; readonly group?: 'events' | 'commands'; readonly kind?: string }

const FOLDER = import.meta.dirname
const BANNER = '/** Types of everything in `schemas/`: written by `npm run schemas`, never by hand. */'
const VERSIONS_BANNER =
  '/** The present version of each event and command, by kind and type: written by `npm run schemas`, never by hand. */'

const pascal = (text: string): string => text.replace(/(^|[-_])([a-z])/g, (_all, _mark, letter: string) => letter.toUpperCase())
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)
const titleOf = (schema: Schema): string => {
  if (typeof schema['title'] !== 'string') throw new Error('a schema has no title')
  return schema['title']
}

/** The schema files below a folder, by path relative to it, in order. */
export const schemaFiles = (folder: string = FOLDER): ReadonlyMap<string, Schema> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.json'))
      .sort()
      .map((path) => [path, JSON.parse(readFileSync(join(folder, path), 'utf8')) as Schema]),
  )

/** The entries of one file. Events of two kinds may bear one name, hence the kind in the type's name. */
const entriesOf = (path: string, schema: Schema): readonly Entry[] => {
  if (schema['$id'] !== `/schemas/${path}`) throw new Error(`schemas/${path}: $id must be /schemas/${path}`)
  if (path === 'common.json') {
    return Object.entries(schema['$defs'] as Record<string, Schema>).map(([name, part]) => ({ name: pascal(name), schema: part }))
  }
  const title = titleOf(schema)
  const [, group, kind, type] = /^(events|commands)\/([a-z-]+)\/(\w+)\.json$/.exec(path) ?? []
  if (kind === undefined) return [{ name: title, schema }]
  if (title !== type) throw new Error(`schemas/${path}: title must be ${String(type)}`)
  return [{ name: pascal(kind) + title, schema, kind, group: group === 'events' ? 'events' : 'commands' }]
}

/** `/schemas/common.json#/$defs/factor` -> `Factor`, `/schemas/client.json` -> the title of that file. */
const nameOf = (reference: string, files: ReadonlyMap<string, Schema>): string => {
  const [, file, part] = /^\/schemas\/([^#]+)(?:#\/\$defs\/(\w+))?$/.exec(reference) ?? []
  const target = files.get(file ?? '')
  if (target === undefined || (part !== undefined && (target['$defs'] as Schema)[part] === undefined))
    throw new Error(`${reference} leads nowhere`)
  return part === undefined ? titleOf(target) : pascal(part)
}

/**
 * What the compiler is given: references by name, members of a pattern `^name#...` under the key `name#*` (a template index
 * signature afterwards), nothing that would rename or merge types.
 */
const prepared = (value: unknown, files: ReadonlyMap<string, Schema>): unknown => {
  if (Array.isArray(value)) return value.map((item) => prepared(item, files))
  if (!isSchema(value)) return value
  const { $id: _id, title: _title, patternProperties, not: _not, $ref, ...rest } = value
  if (typeof $ref === 'string') return { description: rest['description'], tsType: nameOf($ref, files) }
  const patterns = Object.entries((patternProperties ?? {}) as Schema).map(([pattern, schema]) => {
    const [, before] = /^\^(\w+#)/.exec(pattern) ?? []
    if (before === undefined) throw new Error(`pattern ${pattern} has no type`)
    return [`${before}*`, schema] as const
  })
  const properties = isSchema(rest['properties']) ? { properties: { ...rest['properties'], ...Object.fromEntries(patterns) } } : {}
  return Object.fromEntries(Object.entries({ ...rest, ...properties }).map(([key, item]) => [key, prepared(item, files)]))
}

/** Commands are flat: their type stands among their members. */
const withType = ({ group, schema }: Entry): Schema => {
  if (group !== 'commands') return schema
  const { properties, required } = schema as { readonly properties?: Schema; readonly required?: readonly string[] }
  return { ...schema, properties: { type: { const: schema['title'] }, ...properties }, required: ['type', ...(required ?? [])] }
}

type Edit = { readonly from: number; readonly to: number; readonly text: string }

const editsOf = (node: ts.Node, source: ts.SourceFile): readonly Edit[] => {
  const start = node.getStart(source)
  const own = (): readonly Edit[] => {
    if (ts.isInterfaceDeclaration(node)) {
      const brace = source.text.indexOf('{', node.name.end)
      return [{ from: start, to: brace, text: `export type ${node.name.text} = ` }]
    }
    if (ts.isPropertySignature(node)) {
      const from = node.name.getStart(source)
      const pattern = ts.isStringLiteral(node.name) && node.name.text.endsWith('#*') ? node.name.text.slice(0, -1) : undefined
      if (pattern === undefined || node.type === undefined) return [{ from, to: from, text: 'readonly ' }]
      return [{ from, to: node.type.getStart(source), text: `readonly [name: \`${pattern}\${string}\`]: ` }]
    }
    if (ts.isIndexSignatureDeclaration(node)) return [{ from: start, to: start, text: 'readonly ' }]
    if (!ts.isArrayTypeNode(node)) return []
    const nested = ts.isArrayTypeNode(node.parent)
    return [
      { from: start, to: start, text: nested ? '(readonly ' : 'readonly ' },
      { from: node.end, to: node.end, text: nested ? ')' : '' },
    ]
  }
  return [...own(), ...node.getChildren(source).flatMap((child) => editsOf(child, source))]
}

/** Interfaces become types, so that plain data fits them, and every member and array becomes readonly. */
const readonlyTypes = (text: string): string => {
  const source = ts.createSourceFile('types.ts', text, ts.ScriptTarget.ESNext, true)
  const edits = [...editsOf(source, source)].sort((a, b) => b.from - a.from)
  return edits.reduce((done, { from, to, text: put }) => done.slice(0, from) + put + done.slice(to), text)
}

/** A doc comment of one sentence on one line; bounds of lists are the schema's business. */
const tidyComments = (text: string): string =>
  text
    .replace(/^ *\* @(?:min|max)Items \d+\n/gm, '')
    .replace(/^ *\* *\n/gm, '')
    .replace(/^ *\/\*\*\n *\*\/\n/gm, '')
    .replace(/\/\*\*\n *\* (.+)\n *\*\//g, '/** $1 */')

const typeOf = async (entry: Entry, files: ReadonlyMap<string, Schema>): Promise<string> => {
  const options = { bannerComment: '', format: false, ignoreMinAndMaxItems: true, strictIndexSignatures: false }
  const written = await compile(prepared(withType(entry), files) as object, entry.name, options)
  const [, name] = /^export (?:interface|type) (\w+)/m.exec(written) ?? []
  if (name !== entry.name) throw new Error(`${entry.name} became ${String(name)}`)
  return tidyComments(readonlyTypes(written))
}

const byKind = (entries: readonly Entry[], group: 'events' | 'commands'): ReadonlyMap<string, readonly Entry[]> =>
  Map.groupBy(
    entries.filter((entry) => entry.group === group),
    ({ kind }) => kind ?? '',
  )

const unionsOf = (entries: readonly Entry[], group: 'events' | 'commands'): string => {
  const noun = group === 'events' ? 'Event' : 'Command'
  const kinds = [...byKind(entries, group)]
  const unions = kinds.map(([kind, members]) => {
    const parts = members.map(({ name, schema }) =>
      group === 'events' ? `{ readonly type: '${titleOf(schema)}'; readonly data: ${name} }` : name,
    )
    return `export type ${pascal(kind)}${noun} = ${parts.join(' | ')}`
  })
  const map = kinds.map(([kind]) => `readonly '${kind}': ${pascal(kind)}${noun}`)
  return [...unions, `export type ${noun}sByKind = { ${map.join('; ')} }`].join('\n\n')
}

/** Documents that stand alone, by the name of their file below `folder`. */
const namesOf = (files: ReadonlyMap<string, Schema>, folder: string): string => {
  const rows = [...files].flatMap(([path, schema]) => {
    const name = path.startsWith(folder) ? path.slice(folder.length, -'.json'.length) : '/'
    return name.includes('/') || name === 'common' ? [] : [`readonly '${name}': ${titleOf(schema)}`]
  })
  return rows.join('; ')
}

const versionsOf = (entries: readonly Entry[], group: 'events' | 'commands'): string => {
  const rows = [...byKind(entries, group)].map(([kind, members]) => {
    const versions = members.map(({ schema }) => `${titleOf(schema)}: ${Number(schema['x-version'] ?? 1)}`)
    return `'${kind}': { ${versions.join(', ')} }`
  })
  const noun = group === 'events' ? 'EVENT' : 'COMMAND'
  return `export const ${noun}_VERSIONS = { ${rows.join(', ')} } as const`
}

export type Generated = { readonly 'generated.ts': string; readonly 'versions.ts': string }

/** The texts of the two files: types, which cost nothing at run time, and the versions, which are needed there. */
export const generate = async (folder: string = FOLDER): Promise<Generated> => {
  const files = schemaFiles(folder)
  const entries = [...files].flatMap(([path, schema]) => entriesOf(path, schema))
  const twice = entries.find(({ name }, index) => entries.findIndex((other) => other.name === name) !== index)
  if (twice !== undefined) throw new Error(`two schemas are called ${twice.name}`)
  const types: string[] = []
  for (const entry of entries) types.push(await typeOf(entry, files))
  const unions = [
    unionsOf(entries, 'events'),
    unionsOf(entries, 'commands'),
    `export type RequestsByName = { ${namesOf(files, 'requests/')} }`,
    `export type DocumentsByName = { ${namesOf(files, '')} }`,
  ]
  const style = { ...(await resolveConfig(join(FOLDER, 'generated.ts'))), parser: 'typescript' }
  return {
    'generated.ts': await format([BANNER, ...types, ...unions].join('\n\n'), style),
    'versions.ts': await format([VERSIONS_BANNER, versionsOf(entries, 'events'), versionsOf(entries, 'commands')].join('\n\n'), style),
  }
}

const run = async (): Promise<void> => {
  for (const [file, text] of Object.entries(await generate())) {
    const target = join(FOLDER, file)
    if (!process.argv.includes('--check')) writeFileSync(target, text)
    else if (readFileSync(target, 'utf8') !== text) throw new Error(`schemas/${file} is out of date: npm run schemas`)
  }
}

if (import.meta.main) await run()
