import type { Change, Row } from '../domain/ports.ts'
import { idOf } from '../domain/streams.ts'
import type { ClientConfiguration } from '../schemas/generated.ts'
import type { Recorded } from './projection.ts'
import type { Runnable, Rows } from './runnable.ts'

/** A relying party in the register. */
export type ClientRow = {
  readonly client: string
  readonly name: string
  readonly active: boolean
  readonly configuration: ClientConfiguration
  readonly artefact: string
  readonly registered_at: string
  readonly updated_at: string
  readonly revision: number
}

const project = (event: Recorded, rows: Rows): readonly Change[] => {
  const client = idOf(event.stream)
  const { configuration, active, artefact } = event.data
  const { client_name: name } = configuration as { readonly client_name: string }
  const before = rows('clients', client)
  const row: Row = {
    client,
    name,
    active: active ?? false,
    configuration: configuration ?? {},
    artefact: artefact ?? '',
    registered_at: before?.['registered_at'] ?? event.at,
    updated_at: event.at,
    revision: event.revision,
  }
  return [{ kind: 'put', table: 'clients', row }]
}

/** The register of relying parties. For lists and pages: a decision reads the client's own stream (rule 16). */
export const clients: Runnable = {
  name: 'clients',
  version: 1,
  tables: { clients: { key: 'client', indexes: ['active'] } },
  filter: { streamPrefixes: ['client-'] },
  reads: (event) => [{ table: 'clients', key: idOf(event.stream) }],
  project,
}
