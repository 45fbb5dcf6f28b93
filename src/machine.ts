import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Folder, Machine, Opening, Running, Stores } from './cli/context.ts'
import { backupEvents, keptPolicy, openDestructions, openDocuments, openEventStore, openViews, readStatuses } from './compose.ts'
import { openAuditKeys, openKeys } from './compose-keys.ts'
import { checkConformance, checkPlugin, describeChoice } from './compose-id-systems.ts'
import { readSettings, type Settings } from './config.ts'
import { demonstrate } from './demonstration.ts'
import { stateCache } from './handle.ts'
import { openJournal } from './journal.ts'
import { lateViews } from './late-views.ts'
import { serve } from './main.ts'
import { openPersons } from './persons.ts'
import { pluginChoices, type PluginChoice } from './plugin-choices.ts'
import type { Runtime } from './runtime.ts'
import { Fault, type PluginDescription } from '../domain/ports.ts'
import { served } from '../projections/served.ts'

/** A command looks at few transactions at once. */
const STATES_MAX = 100

type Environment = Readonly<Record<string, string | undefined>>

const readFile = (path: string): unknown => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new Fault('invalid', `the file ${path} of the configuration cannot be read`)
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Fault('invalid', `the file ${path} of the configuration is no JSON`)
  }
}

/** Settings from `--config`, the environment and `--data`, which wins. All mistakes at once. */
export const settingsFrom = (opening: Opening, environment: Environment, mode: Settings['mode'], directory: string): Settings => {
  const file = opening.config === undefined ? {} : readFile(opening.config)
  const more = opening.data === undefined ? environment : { ...environment, ESIGNET_DATA: opening.data }
  const read = readSettings(file, more, mode, directory, readFile)
  if (!read.ok) throw new Fault('invalid', `the settings cannot be used:\n  ${read.problems.join('\n  ')}`)
  return read.settings
}

const open = async (settings: Settings, runtime: Runtime, folder: Folder): Promise<Stores> => {
  // Of the embedded store only: another is where its connection says.
  if (settings.store === 'sqlite' && folder !== 'new' && !existsSync(join(settings.data, 'events.db')))
    throw new Fault('unavailable', `there is no eSignet data in ${settings.data}; start the broker first, or name its folder with --data`)
  const journal = openJournal(await openEventStore(settings, runtime, folder === 'looking'))
  const views = served(folder === 'looking' ? lateViews(() => openViews(settings, runtime)) : await openViews(settings, runtime))
  return {
    settings,
    journal,
    views,
    states: stateCache(STATES_MAX),
    close: async () => {
      await views.close()
      await journal.store.close()
    },
  }
}

type Reread = () => Settings

const mockLines = (origin: string): readonly string[] => [
  `  Codes        ${origin}/demo/outbox  and here in this terminal`,
  '  People       8267411571  PIN 545411  password Harbour-Lamp-71',
  '               and the others of ops/demo/people.json',
]

const serveDemo = async (settings: Settings, runtime: Runtime, print: (line: string) => void, reread: Reread): Promise<Running> => {
  const { origin, hasMock, readers, close } = await demonstrate(settings, runtime, print, reread)
  return {
    lines: [
      `eSignet is ready at ${settings.issuer} (demonstration, data in ${settings.data}).`,
      '',
      `  Open         ${origin}/  and choose "Sign in"`,
      ...(hasMock ? mockLines(origin) : []),
      ...(readers === undefined ? [] : [`  Readers      ${readers}`]),
      `  Discovery    ${settings.issuer}/.well-known/openid-configuration`,
      '',
      'Stop with Ctrl+C. Nothing is lost: npm start goes on with the same data.',
    ],
    close,
  }
}

const serveProduction = async (settings: Settings, runtime: Runtime, reread: Reread): Promise<Running> => {
  const broker = await serve(settings, runtime, () => pluginChoices(reread()))
  return { lines: [`eSignet is ready at ${settings.issuer}, listening on ${settings.host}:${String(broker.port)}.`], close: broker.close }
}

/** A folder of its own for a plugin that is tried, while it is. */
const inNewFolder = async <T>(act: (dataDirectory: string) => Promise<T>): Promise<T> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'esignet-plugin-'))
  try {
    return await act(dataDirectory)
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}

type Composed = Pick<
  Machine,
  | 'open'
  | 'keys'
  | 'auditKeys'
  | 'verifier'
  | 'destructions'
  | 'deciding'
  | 'documents'
  | 'persons'
  | 'describePlugins'
  | 'checkPlugin'
  | 'checkConformance'
  | 'plugins'
  | 'pluginStatus'
  | 'backup'
  | 'serve'
>

/** What the command line needs of the composed house. */
export const composed = (runtime: Runtime, environment: Environment, directory: string, print: (line: string) => void): Composed => {
  const settingsOf = (opening: Opening): Settings => settingsFrom(opening, environment, 'tool', directory)
  return {
    open: (opening, folder) => open(settingsOf(opening), runtime, folder),
    keys: async (settings) => {
      // A command makes no keys: those that it would put beside old sign-ins would be others (rule 19).
      if (!existsSync(join(settings.data, 'keys', 'subject.key')))
        throw new Fault('unavailable', `there are no keys in ${settings.data}; start the broker first, or put them back from their backup`)
      return openKeys(settings, runtime)
    },
    auditKeys: async (settings) => {
      if (!existsSync(join(settings.auditFolder, 'keys')))
        throw new Fault(
          'unavailable',
          `there is no key of the audit log in ${settings.auditFolder}; start the broker first, or name its folder (auditFolder)`,
        )
      return openAuditKeys(settings, runtime)
    },
    destructions: openDestructions,
    verifier: async () => readFileSync(join(import.meta.dirname, 'audit', 'verify.mjs'), 'utf8'),
    deciding: async ({ settings, journal, states }) => ({
      journal,
      states,
      timers: runtime.timers,
      policy: await keptPolicy(settings, journal, runtime),
    }),
    documents: ({ settings }) => openDocuments(settings, runtime),
    persons: ({ settings, journal }, idSystem) => openPersons(settings, runtime, journal.store, idSystem),
    describePlugins: async (opening) => {
      const settings = settingsOf(opening)
      const [first, ...others] = pluginChoices(settings)
      const describe = (choice: PluginChoice): Promise<PluginDescription> => describeChoice(settings, runtime, choice)
      return { plugin: await describe(first), otherPlugins: await Promise.all(others.map(describe)) }
    },
    checkPlugin: (module, settings) => {
      const { clock, chance, log, timers } = runtime
      return inNewFolder(
        async (dataDirectory) => (await checkPlugin({ module, settings, tools: { clock, chance, log, dataDirectory }, timers })).problems,
      )
    },
    checkConformance: (choice) => inNewFolder((dataDirectory) => checkConformance(choice, runtime, dataDirectory)),
    plugins: async (opening) =>
      pluginChoices(settingsOf(opening)).map(({ id, module }) => ({
        ...(id !== undefined && { id }),
        module,
        use: module === 'mock' ? 'the mock, for the demonstration' : 'ID system',
      })),
    pluginStatus: async (opening) => readStatuses(settingsOf(opening), runtime.clock.now()),
    backup: async (opening, to, progress) => {
      const file = join(settingsOf(opening).data, 'events.db')
      const done = await backupEvents(file, to, { progress: ({ pagesTotal, pagesLeft }) => progress(pagesTotal - pagesLeft, pagesTotal) })
      return done.position
    },
    serve: (opening, demo) => {
      const read = (): Settings => settingsFrom(opening, environment, demo ? 'demo' : 'production', directory)
      const settings = read()
      // Read again for each new opening of a plugin; what else changed there waits for the next start.
      return demo ? serveDemo(settings, runtime, print, read) : serveProduction(settings, runtime, read)
    },
  }
}
