import { clients } from '../deciders.ts'
import type { Handled } from '../handle.ts'
import { commandStream, type Deciding } from './act.ts'
import type { ClientState } from '../../domain/client/client.ts'
import type { Digest, Instant, Json, Uuid } from '../../domain/ports.ts'
import { clientStream } from '../../domain/streams.ts'
import type { ClientCommand, ClientConfiguration } from '../../schemas/generated.ts'
import { uuidv5 } from '../crypto/hash.ts'

type Registering = {
  readonly id: Uuid
  readonly at: Instant
  /** The configuration that an update was made from: refused where another is in force by now. */
  readonly replaces?: Digest
}

const commandClient = (world: Deciding, { id }: Registering, wish: ClientCommand): Promise<Handled<ClientState>> =>
  commandStream(world, clients, clientStream(wish.client), wish, { id, causation: id, correlation: wish.client })

/** Registers a relying party, or replaces its configuration: kept as an artefact first, since decisions will cite it (rule 6). */
export const keepClient = async (
  world: Deciding,
  from: Registering,
  type: 'RegisterClient' | 'UpdateClient',
  configuration: ClientConfiguration,
): Promise<Handled<ClientState>> => {
  const content = configuration as unknown as { readonly [member: string]: Json }
  const artefact = await world.journal.keepArtefact('client', content, from.at, uuidv5(from.id, 'KeepArtefact:client'))
  const wish = { at: from.at, client: configuration.client_id, configuration, artefact }
  if (type === 'RegisterClient') return commandClient(world, from, { type, ...wish })
  return commandClient(world, from, { type, ...wish, ...(from.replaces !== undefined && { replaces: from.replaces }) })
}

export const switchClient = (
  world: Deciding,
  from: Registering,
  type: 'DeactivateClient' | 'ActivateClient',
  client: string,
): Promise<Handled<ClientState>> => commandClient(world, from, { type, at: from.at, client })
