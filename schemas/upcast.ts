import { COMMAND_VERSIONS, EVENT_VERSIONS } from './versions.ts'

export type Data = { readonly [member: string]: unknown }

/** From the shape of one version to that of the next: pure and total, for everything that the older schema allows. */
export type Upcaster = (data: Data) => Data

/** By `kind/type`, then by the version that it starts from. An upcaster is never changed or removed (rule 9). */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, Upcaster>>>>

export type Versions = Readonly<Record<string, Readonly<Record<string, number>>>>

const EVENTS: Upcasters = {}
const COMMANDS: Upcasters = {}

const presentVersion = (versions: Versions, kind: string, type: string): number | undefined => {
  const types = Object.hasOwn(versions, kind) ? versions[kind] : undefined
  return types !== undefined && Object.hasOwn(types, type) ? types[type] : undefined
}

/** The present version of an event type, undefined where this kind of stream has no such event. */
export const eventVersion = (kind: string, type: string): number | undefined => presentVersion(EVENT_VERSIONS, kind, type)
export const commandVersion = (kind: string, type: string): number | undefined => presentVersion(COMMAND_VERSIONS, kind, type)

/**
 * Data of any version in the present shape, one step after the other. Undefined when the type is not known, when newer code
 * wrote it, or when a step is missing (the test suite finds that).
 */
export const upcastWith = (
  upcasters: Upcasters,
  versions: Versions,
  kind: string,
  type: string,
  version: number,
  data: Data,
): Data | undefined => {
  const present = presentVersion(versions, kind, type)
  if (present === undefined || !Number.isInteger(version) || version < 1 || version > present) return undefined
  if (version === present) return data
  const steps = upcasters[`${kind}/${type}`] ?? {}
  return Array.from({ length: present - version }, (_, index) => steps[version + index]).reduce<Data | undefined>(
    (shape, step) => (shape === undefined ? undefined : step?.(shape)),
    data,
  )
}

export const upcast = (kind: string, type: string, version: number, data: Data): Data | undefined =>
  upcastWith(EVENTS, EVENT_VERSIONS, kind, type, version, data)

/** Commands in the metadata of old events, for replay (rule 4). */
export const upcastCommand = (kind: string, type: string, version: number, body: Data): Data | undefined =>
  upcastWith(COMMANDS, COMMAND_VERSIONS, kind, type, version, body)

/** `kind/type` and version of each step that is missing. */
export const missingSteps = (upcasters: Upcasters, versions: Versions): readonly string[] =>
  Object.entries(versions).flatMap(([kind, types]) =>
    Object.entries(types).flatMap(([type, present]) =>
      Array.from({ length: present - 1 }, (_, index) => index + 1)
        .filter((version) => upcasters[`${kind}/${type}`]?.[version] === undefined)
        .map((version) => `${kind}/${type} ${String(version)}`),
    ),
  )

export const missingUpcasters = (): readonly string[] => [
  ...missingSteps(EVENTS, EVENT_VERSIONS),
  ...missingSteps(COMMANDS, COMMAND_VERSIONS),
]
