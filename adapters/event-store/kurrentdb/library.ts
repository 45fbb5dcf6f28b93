import type * as EventStoreLibrary from '@eventstore/db-client'
import { Fault } from '../../../domain/ports.ts'

export type LibraryName = 'eventstore' | 'kurrent'

/** What this adapter uses of a vendor's library: the two speak one protocol under other names. */
export type Library = {
  readonly Client: Pick<typeof EventStoreLibrary.EventStoreDBClient, 'connectionString'>
  /** The append option that says which revision is expected. */
  readonly expected: 'expectedRevision' | 'streamState'
  readonly scheme: 'esdb' | 'kurrentdb'
  readonly streamNameFilter: typeof EventStoreLibrary.streamNameFilter
  readonly groupSettings: typeof EventStoreLibrary.persistentSubscriptionToAllSettingsFromDefaults
}

const KINDS = {
  eventstore: { module: '@eventstore/db-client', client: 'EventStoreDBClient', expected: 'expectedRevision', scheme: 'esdb' },
  kurrent: { module: '@kurrent/kurrentdb-client', client: 'KurrentDBClient', expected: 'streamState', scheme: 'kurrentdb' },
} as const

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'

/**
 * Loads the library that the configuration names, and only that: two of them in one process overwrite each other's generated code.
 * Nobody who uses the embedded store pays for the import.
 */
export const loadLibrary = async (name: LibraryName): Promise<Library> => {
  const kind = KINDS[name]
  let loaded: Readonly<Record<string, unknown>>
  try {
    loaded = (await import(kind.module)) as typeof loaded
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new Fault('invalid', `kurrentdb.client: the package ${kind.module} is not installed; \`npm install ${kind.module}\` installs it`)
  }
  return {
    Client: loaded[kind.client] as Library['Client'],
    expected: kind.expected,
    scheme: kind.scheme,
    streamNameFilter: loaded['streamNameFilter'] as Library['streamNameFilter'],
    groupSettings: loaded['persistentSubscriptionToAllSettingsFromDefaults'] as Library['groupSettings'],
  }
}
