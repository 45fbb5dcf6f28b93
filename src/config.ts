import { join, resolve } from 'node:path'
import configSchema from '../schemas/config.json' with { type: 'json' }
import policySchema from '../schemas/policy.json' with { type: 'json' }
import { checkConfig, checkPolicy, documentDefaults } from '../schemas/check.ts'
import { portsOf, type SbiSettings } from './biometrics/settings.ts'
import { isObject, type JsonObject } from '../domain/json.ts'
import { readMapping } from './amr-acr.ts'
import { pluginProblems } from './plugin-choices.ts'
import { retentionProblems } from '../domain/person/erasure.ts'
import type { Config, Policy } from '../schemas/generated.ts'

type GuardConfig = NonNullable<Config['guard']>
type CaptchaConfig = NonNullable<GuardConfig['captcha']>

/** What unknown devices must do while somebody guesses. */
export type Guard = Required<Omit<GuardConfig, 'captcha'>> & { readonly captcha?: Required<CaptchaConfig> }

/** What a deployment set, complete. */
export type Settings = Omit<Config, 'policy' | 'sbi' | 'guard' | 'port' | 'host' | 'issuer' | 'data' | 'auditFolder' | 'store'> & {
  /** `tool`: a command that only reads and writes the data folder; what production refuses does not concern it. */
  readonly mode: 'demo' | 'production' | 'tool'
  readonly port: number
  readonly host: string
  readonly issuer: string
  /** Absolute path. */
  readonly data: string
  /** Absolute path. */
  readonly auditFolder: string
  readonly store: 'sqlite' | 'memory' | 'kurrentdb'
  readonly demoPort: number
  /** The simulated biometric readers start beside the demonstration. */
  readonly demoReaders: boolean
  readonly sbi: SbiSettings
  readonly timeZone: string
  readonly trustedProxies: readonly string[]
  readonly privateKeyHosts: readonly string[]
  readonly requestsPerMinute: number
  readonly pluginDrainS: number
  readonly postsPerMinute: number
  readonly guard: Guard
  readonly policy: Policy
}

export type Read = { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly problems: readonly string[] }

type SchemaNode = { readonly type?: string | readonly string[]; readonly properties?: { readonly [name: string]: SchemaNode } }

const CONFIG: SchemaNode = configSchema as SchemaNode
const POLICY: SchemaNode = policySchema

/** What the schema says of each: it has a default for all of these. */
const DEFAULTS = documentDefaults('config') as Required<
  Pick<Config, 'port' | 'host' | 'data' | 'timeZone' | 'trustedProxies' | 'requestsPerMinute' | 'privateKeyHosts' | 'pluginDrainS'>
> & {
  readonly demo: { readonly port: number }
  readonly guard: Omit<Guard, 'captcha'>
}

/** `lifetimes.codeS` -> `LIFETIMES_CODE_S`. */
const snake = (path: readonly string[]): string =>
  path
    .join('_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()

/** Every setting's path. */
const pathsOf = (node: SchemaNode, path: readonly string[] = []): readonly (readonly [path: readonly string[], node: SchemaNode])[] => {
  if (node.properties === undefined) return [[path, node]]
  return Object.entries(node.properties).flatMap(([name, child]) => pathsOf(child, [...path, name]))
}

const set = (object: JsonObject, [first, ...rest]: readonly string[], value: unknown): JsonObject => {
  if (first === undefined) return object
  const inner = object[first]
  return { ...object, [first]: rest.length === 0 ? value : set(isObject(inner) ? inner : {}, rest, value) }
}

const merge = (under: unknown, over: unknown): unknown => {
  if (!isObject(under) || !isObject(over)) return over === undefined ? under : over
  const names = [...new Set([...Object.keys(under), ...Object.keys(over)])]
  return Object.fromEntries(names.map((name) => [name, merge(under[name], over[name])]))
}

/** Text of the environment as the type that the schema wants; what does not fit stays text, and the schema says so. */
const valueOf = (text: string, node: SchemaNode): unknown => {
  if (node.type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text
  if (node.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (node.type === 'array' && !text.trimStart().startsWith('[')) return text.split(',').map((item) => item.trim())
  if (node.type !== 'object' && node.type !== 'array') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Names of the environment that are not settings: they are read by the test suite alone. */
const IGNORED = /^ESIGNET_TEST_/

const fromEnvironment = (
  file: JsonObject,
  environment: Environment,
): { readonly value: JsonObject; readonly problems: readonly string[] } => {
  const paths = [...pathsOf(CONFIG), ...pathsOf(POLICY, ['policy'])]
  const known = new Map(paths.map((row) => [`ESIGNET_${snake(row[0])}`, row]))
  let value = file
  const problems: string[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('ESIGNET_') || IGNORED.test(name) || text === undefined) continue
    const row = known.get(name)
    if (row === undefined) problems.push(`${name} is no setting of eSignet`)
    else value = set(value, row[0], valueOf(text, row[1]))
  }
  return { value, problems }
}

/** Posts that an ordinary login takes: choosing, proving, consenting. */
const POSTS_A_REQUEST = 3

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** Passwords and digests of what was used travel there. */
const plainlyAway = (url: string): boolean => url.startsWith('redis:') && !LOOPBACK.has(new URL(url).hostname.replace(/^\[|\]$/g, ''))

/** The schema has checked the word. */
const storeOf = (store: string | undefined): Settings['store'] => (store === 'memory' || store === 'kurrentdb' ? store : 'sqlite')

/** Of the widget that most captcha services copy. */
const CAPTCHA = { moduleName: 'esignet', widgetClass: 'g-recaptcha', tokenField: 'g-recaptcha-response' }

const guardOf = ({ captcha, ...given }: GuardConfig = {}): Guard => {
  return { ...DEFAULTS.guard, ...given, ...(captcha && { captcha: { ...CAPTCHA, ...captcha } }) }
}

const portProblems = ({ sbi }: Config): readonly string[] =>
  sbi?.port?.range === undefined || portsOf(sbi.port.range).length > 0
    ? []
    : ['sbi.port.range: two ports from 1024 to 65535, the lower one first, at most 100 ports']

/** The simulated readers of the demonstration are believed where no others are named: where they put their certificates. */
const simulated = (data: string): SbiSettings['trust'] => {
  const folder = join(data, 'demo', 'sbi-device')
  return { devices: join(folder, 'provider.pem'), modules: join(folder, 'modules.pem'), refused: [] }
}

const sbiOf = (given: Config['sbi'], mode: Settings['mode'], data: string): SbiSettings => {
  // The schema has a default for every member but those that the type lets be absent.
  const sbi = merge(documentDefaults('config')['sbi'], given) as SbiSettings
  return mode === 'demo' && sbi.trust.devices === undefined ? { ...sbi, trust: { ...simulated(data), refused: sbi.trust.refused } } : sbi
}

/** What both listeners would take. */
const managementProblems = ({ management, port = DEFAULTS.port }: Config): readonly string[] =>
  management !== undefined && management.port !== 0 && management.port === port ? ['management.port: the doors have this port'] : []

/** What only a deployment may not do (rule 44): each with what to do about it. */
const modeProblems = (config: Config, mode: Settings['mode']): readonly string[] => {
  if (config.store === 'kurrentdb' && config.kurrentdb?.connection === undefined)
    return ['kurrentdb.connection: name the server, esdb://host:2113']
  if (mode === 'tool') return []
  if (config.guard?.by === 'captcha' && config.guard.captcha === undefined) return ['guard.captcha: name the captcha service']
  if (mode === 'demo')
    return (['host', 'management.host'] as const)
      .filter((name) => !LOOPBACK.has((name === 'host' ? config.host : config.management?.host) ?? DEFAULTS.host))
      .map((name) => `${name}: the demo binds loopback only; leave \`${name}\` out, or run \`serve\` without --demo`)
  const rules: readonly (readonly [wrong: boolean, problem: string])[] = [
    [!config.issuer?.startsWith('https://'), 'issuer: must be an https URL in production (or run `serve --demo`)'],
    [config.store === 'memory', 'store: `memory` forgets everything; production needs a durable store'],
    [config.demo !== undefined, 'demo: demo settings are refused in production'],
    ...Object.entries(config.redis ?? {}).map(
      ([role, { url }]) => [plainlyAway(url), `redis.${role}.url: use rediss: to reach another machine`] as const,
    ),
  ]
  return rules.filter(([wrong]) => wrong).map(([, problem]) => problem)
}

/** A document that the settings name, by its absolute path; undefined where it cannot be read as JSON. */
type ReadDocument = (path: string) => unknown

/** The policy of a deployment. Contexts stand in it, or in a file of eSignet's form: there is one truth. */
const policyOf = (given: JsonObject, directory: string, document: ReadDocument): ReturnType<typeof checkPolicy> => {
  const policy = isObject(given['policy']) ? given['policy'] : {}
  const path = given['amrAcrMapping']
  if (typeof path !== 'string') return checkPolicy(merge(documentDefaults('policy'), policy))
  if (policy['assurance'] !== undefined) return { ok: false, problems: ['assurance: contradicts amrAcrMapping; leave one of them out'] }
  const mapping = readMapping(document(resolve(directory, path)))
  if (!mapping.ok) return { ok: false, problems: mapping.problems.map((problem) => `amrAcrMapping ${path}: ${problem}`) }
  return checkPolicy({ ...(merge(documentDefaults('policy'), policy) as JsonObject), assurance: { acrs: mapping.acrs } })
}

/**
 * The settings from one JSON document and the environment (`ESIGNET_` + the path in upper snake case), which wins.
 * Pure: all mistakes are reported at once.
 */
export const readSettings = (
  file: unknown,
  environment: Environment,
  mode: Settings['mode'],
  directory: string,
  document: ReadDocument = () => undefined,
): Read => {
  if (!isObject(file)) return { ok: false, problems: ['the configuration file must hold a JSON object'] }
  const read = fromEnvironment(file, environment)
  const config = checkConfig(read.value)
  const policy = policyOf(read.value, directory, document)
  const problems = [
    ...read.problems,
    ...(config.ok
      ? [
          ...modeProblems(config.value, mode),
          ...pluginProblems(config.value, mode === 'production'),
          ...portProblems(config.value),
          ...managementProblems(config.value),
        ]
      : config.problems),
    ...(policy.ok ? retentionProblems(policy.value.retention) : policy.problems.map((problem) => `policy: ${problem}`)),
  ]
  if (!config.ok || !policy.ok || problems.length > 0) return { ok: false, problems }
  const { policy: _policy, demo, guard, sbi, ...given } = config.value
  const port = given.port ?? DEFAULTS.port
  const data = resolve(directory, given.data ?? DEFAULTS.data)
  return {
    ok: true,
    settings: {
      ...given,
      mode,
      port,
      host: given.host ?? DEFAULTS.host,
      issuer: given.issuer ?? `http://localhost:${String(port)}`,
      data,
      auditFolder: given.auditFolder === undefined ? join(data, 'audit') : resolve(directory, given.auditFolder),
      store: storeOf(given.store),
      sbi: sbiOf(sbi, mode, data),
      demoPort: demo?.port ?? DEFAULTS.demo.port,
      demoReaders: demo?.sbiDevice === true,
      timeZone: given.timeZone ?? DEFAULTS.timeZone,
      trustedProxies: given.trustedProxies ?? DEFAULTS.trustedProxies,
      privateKeyHosts: given.privateKeyHosts ?? DEFAULTS.privateKeyHosts,
      requestsPerMinute: given.requestsPerMinute ?? DEFAULTS.requestsPerMinute,
      pluginDrainS: given.pluginDrainS ?? DEFAULTS.pluginDrainS,
      postsPerMinute: given.postsPerMinute ?? POSTS_A_REQUEST * (given.requestsPerMinute ?? DEFAULTS.requestsPerMinute),
      guard: guardOf(guard),
      policy: policy.value,
    },
  }
}
