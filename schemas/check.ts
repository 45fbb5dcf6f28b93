/**
 * Unknown in, typed value out. A schema is read and compiled when its first value is checked (rule 47).
 * Problems name the place and the broken keyword, never the value that was found there (rule 1).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type {
  ClientConfiguration,
  CommandsByKind,
  Config,
  DocumentsByName,
  EventsByKind,
  Metadata,
  Policy,
  RequestsByName,
} from './generated.ts'
import { commandVersion, eventVersion } from './upcast.ts'
import { EVENT_VERSIONS } from './versions.ts'

export { COMMAND_VERSIONS } from './versions.ts'
export { EVENT_VERSIONS }
export { commandVersion, eventVersion }

export type EventKind = keyof EventsByKind
export type CommandKind = keyof CommandsByKind

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] }

type Schema = { readonly [keyword: string]: unknown }

/** Beyond this many a list of problems helps nobody. */
const PROBLEMS_MAX = 20

const refused = (problem: string): { readonly ok: false; readonly problems: readonly string[] } => ({ ok: false, problems: [problem] })

/** What people write is told all that is wrong with it at once; what machines wrote, the first thing. */
const newAjv = (allErrors: boolean): Ajv2020 => {
  // The test suite checks every schema against the meta-schema; doing it here would cost most of the time to ready.
  const ajv = new Ajv2020({ allErrors, strict: true, strictRequired: false, meta: false, validateSchema: false, validateFormats: false })
  ajv.addKeyword({ keyword: 'x-version', schemaType: 'number' })
  return ajv
}

type Compiler = { readonly ajv: Ajv2020; readonly compiled: Map<string, ValidateFunction> }

const compiler = (allErrors: boolean): Compiler => ({ ajv: newAjv(allErrors), compiled: new Map() })
const forPeople = compiler(true)
const forMachines = compiler(false)

const texts = new Map<string, string>()

const textOf = (path: string): string => {
  const known = texts.get(path)
  if (known !== undefined) return known
  const text = readFileSync(join(import.meta.dirname, path), 'utf8')
  texts.set(path, text)
  return text
}

const schemaOf = (path: string): Schema => JSON.parse(textOf(path)) as Schema

/** A schema that refers to others needs them first. The files refer to each other in no circle. */
const add = (ajv: Ajv2020, path: string): void => {
  for (const [, other] of textOf(path).matchAll(/"\$ref": *"\/schemas\/([^#"]+)/g)) {
    if (other !== undefined && other !== path && ajv.schemas[`/schemas/${other}`] === undefined) add(ajv, other)
  }
  if (ajv.schemas[`/schemas/${path}`] === undefined) ajv.addSchema(schemaOf(path))
}

const validator = ({ ajv, compiled }: Compiler, path: string): ValidateFunction => {
  const known = compiled.get(path)
  if (known !== undefined) return known
  add(ajv, path)
  const validate = ajv.getSchema(`/schemas/${path}`)
  if (validate === undefined) throw new Error(`schemas/${path} does not compile`)
  compiled.set(path, validate)
  return validate
}

/** A member that no schema names may be anything that somebody typed, so it is not repeated. */
const isNamed = (member: string): boolean => /^\d*$/.test(member) || [...texts.values()].some((text) => text.includes(`"${member}": {`))

const placeOf = ({ instancePath }: ErrorObject): string =>
  instancePath
    .split('/')
    .map((member) => (isNamed(member) ? member : '*'))
    .join('/') || '/'

const problemOf = (error: ErrorObject, sayMember: boolean): string => {
  const { additionalProperty, allowedValues } = error.params as { additionalProperty?: string; allowedValues?: readonly unknown[] }
  const place = placeOf(error)
  if (allowedValues !== undefined) return `${place} must be one of ${allowedValues.join(', ')}`
  if (additionalProperty === undefined) return `${place} ${error.message ?? error.keyword}`
  const member = sayMember && /^[A-Za-z0-9_.#-]{1,64}$/.test(additionalProperty) ? additionalProperty : 'a member'
  return `${place} has ${member} that is not known`
}

const check = <T>(compiler: Compiler, path: string, value: unknown, sayMember = false): Checked<T> => {
  const validate = validator(compiler, path)
  // The schema has just said that it is one: the type was made from it.
  if (validate(value)) return { ok: true, value: value as T }
  const problems = (validate.errors ?? []).slice(0, PROBLEMS_MAX).map((error) => problemOf(error, sayMember))
  return { ok: false, problems: [...new Set(problems)] }
}

/** `data` in the present shape: an older one goes through `upcast` first. */
export const checkEvent = <Kind extends EventKind>(
  kind: Kind,
  type: string,
  version: number,
  data: unknown,
): Checked<EventsByKind[Kind]> => {
  const present = eventVersion(kind, type)
  if (present === undefined) return refused('an event of this type is not known')
  if (version !== present) return refused(`version ${String(version)} is not the present one`)
  const checked = check(forMachines, `events/${kind}/${type}.json`, data)
  // Kind, type and data are known to belong together now.
  return checked.ok ? { ok: true, value: { type, data } as EventsByKind[Kind] } : checked
}

/** Commands are flat: `type` stands among the members, their schema describes the rest. */
export const checkCommand = <Kind extends CommandKind>(kind: Kind, command: unknown): Checked<CommandsByKind[Kind]> => {
  if (typeof command !== 'object' || command === null) return refused('a command is an object')
  const { type, ...body } = command as { readonly type?: unknown }
  if (typeof type !== 'string' || commandVersion(kind, type) === undefined) return refused('a command of this type is not known')
  const checked = check(forMachines, `commands/${kind}/${type}.json`, body)
  return checked.ok ? { ok: true, value: command as CommandsByKind[Kind] } : checked
}

/** What comes in at a door, by the name of its file in `schemas/requests/`. */
export const checkBody = <Name extends keyof RequestsByName>(name: Name, value: unknown): Checked<RequestsByName[Name]> =>
  check(forPeople, `requests/${name}.json`, value)

export const checkMetadata = (value: unknown): Checked<Metadata> => check(forMachines, 'metadata.json', value)
export const checkClient = (value: unknown): Checked<ClientConfiguration> => check(forPeople, 'client.json', value)

/** What an operator wrote: members that are not known are named, so that a slip of the pen is found. */
export const checkConfig = (value: unknown): Checked<Config> => check(forPeople, 'config.json', value, true)
export const checkPolicy = (value: unknown): Checked<Policy> => check(forPeople, 'policy.json', value, true)

const descriptions = new Map<string, string | undefined>()

/** The audit log's wording of an event, with `{member}` where a value of its data stands. */
export const eventDescription = (kind: string, type: string): string | undefined => {
  if (eventVersion(kind, type) === undefined) return undefined
  const path = `events/${kind}/${type}.json`
  if (!descriptions.has(path)) {
    const { description } = schemaOf(path)
    descriptions.set(path, typeof description === 'string' ? description : undefined)
  }
  return descriptions.get(path)
}

const membersOf = (schema: Schema): { readonly [member: string]: unknown } =>
  Object.fromEntries(
    Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
      .map(([name, member]) => [name, defaultsOf(member)] as const)
      .filter(([, value]) => value !== undefined),
  )

/** What needs a member that nobody has stated is absent as a whole. */
const defaultsOf = (schema: Schema): unknown => {
  if (schema['default'] !== undefined || schema['properties'] === undefined) return schema['default']
  const members = membersOf(schema)
  const needed = (schema['required'] ?? []) as readonly string[]
  return Object.keys(members).length === 0 || needed.some((name) => !(name in members)) ? undefined : members
}

/** The defaults that a document's schema states, as a new object. */
export const documentDefaults = (name: keyof DocumentsByName): { readonly [member: string]: unknown } => membersOf(schemaOf(`${name}.json`))

/** The schemas that say what an event may be, by their names: of every event, of its metadata, and the words that they share. */
export const eventSchemas = (): { readonly [name: string]: Schema } => {
  const ofEvents = Object.entries(EVENT_VERSIONS).flatMap(([kind, types]) =>
    Object.keys(types).map((type) => `events/${kind}/${type}.json`),
  )
  return Object.fromEntries(['common.json', 'metadata.json', ...ofEvents].map((path) => [`/schemas/${path}`, schemaOf(path)]))
}
