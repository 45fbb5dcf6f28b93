import type { Files } from '../audit/files.ts'
import type { Deployment } from '../client-registration.ts'
import type { Conformance, KitReport } from '../compose-id-systems.ts'
import type { Settings } from '../config.ts'
import type { StateCache } from '../handle.ts'
import type { Journal } from '../journal.ts'
import type { Runtime } from '../runtime.ts'
import type { NodeStatus } from '../plugin-status.ts'
import type { Deciding } from '../steps/act.ts'
import type { Persons } from '../persons.ts'
import type { Destructions, Json, KeyStore, Position, RemoteDocuments, SigningKeys } from '../../domain/ports.ts'
import type { Views } from '../../projections/served.ts'

/** Where a command reads and writes: the folder of `--data`, the file of `--config`. */
export type Opening = { readonly data?: string; readonly config?: string }

export type Terminal = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Resolves when whoever reads `out` has kept up: who writes much waits for it. */
  readonly drained: () => Promise<void>
  readonly columns: number
  /** Somebody watches: progress is shown on the standard error. */
  readonly watched: boolean
  /** The whole standard input, at most 1 MiB. */
  readonly input: () => Promise<string>
}

/** The stores that a command needs, of a broker that runs or not: several processes may share the folder. */
export type Stores = {
  readonly settings: Settings
  readonly journal: Journal
  readonly views: Views
  readonly states: StateCache
  readonly close: () => Promise<void>
}

export type Running = {
  /** What to tell who started it: where it listens, and what to try. */
  readonly lines: readonly string[]
  readonly close: () => Promise<void>
}

/** `existing` and `looking` refuse a folder without events; with `looking` no event can be written. */
export type Folder = 'existing' | 'looking' | 'new'

/** Everything that a command may use of the world; made in `cli.ts`, and by tests. */
export type Machine = Runtime & {
  readonly version: string
  /** Who runs it, by the name of the account on this machine; recorded with what is done, unless --actor says another. */
  readonly account: string
  readonly terminal: Terminal
  readonly files: Files
  /** Aborts when the process is told to end. */
  readonly stopping: AbortSignal
  readonly open: (opening: Opening, folder: Folder) => Promise<Stores>
  /** The key store of the settings, on the machine that has it. */
  readonly keys: (settings: Settings) => Promise<KeyStore>
  /** The keys of the audit log, on the machine that has them. */
  readonly auditKeys: (settings: Settings) => Promise<SigningKeys>
  /** Whose keys were destroyed. */
  readonly destructions: (settings: Settings) => Destructions
  /** The text of the verifier that packages of the audit log bring. */
  readonly verifier: () => Promise<string>
  readonly deciding: (stores: Stores) => Promise<Deciding>
  /** Documents that relying parties publish. */
  readonly documents: (stores: Pick<Stores, 'settings'>) => RemoteDocuments
  /** To find people by their identifiers: opens the ID system of this id; absent: the first. */
  readonly persons: (stores: Stores, idSystem?: string) => Promise<Persons>
  /** What the configured ID systems say of themselves; nothing of them is opened. */
  readonly describePlugins: (opening: Opening) => Promise<Pick<Deployment, 'plugin' | 'otherPlugins'>>
  readonly checkPlugin: (module: string, settings: { readonly [key: string]: Json }) => Promise<readonly string[]>
  readonly checkConformance: (choice: Conformance) => Promise<KitReport>
  readonly plugins: (opening: Opening) => Promise<readonly { readonly id?: string; readonly module: string; readonly use: string }[]>
  /** What the brokers that run on this data folder say of their ID systems. */
  readonly pluginStatus: (opening: Opening) => Promise<readonly NodeStatus[]>
  readonly backup: (opening: Opening, to: string, progress: (done: number, total: number) => void) => Promise<Position | undefined>
  readonly serve: (opening: Opening, demo: boolean) => Promise<Running>
}
