import type { Begun, OpenIdSystem, World } from './world.ts'
import { Fault } from '../domain/ports.ts'
import type { TransactionState } from '../domain/transaction/state.ts'
import type { ClientConfiguration } from '../schemas/generated.ts'

/** As it stands in the events of a login. */
export const begunWith = ({ description: { id, version }, generation }: OpenIdSystem): Begun & { readonly generation: number } => ({
  id,
  version,
  generation,
})

/** Nobody is checked by another ID system than the one that was meant: whoever it knows by that number is somebody else. */
const asking = (world: World, id: string, idSystem: OpenIdSystem | undefined): World => {
  if (idSystem === undefined) throw new Fault('unavailable', `the ID system ${id} is not open here`)
  return idSystem === world.idSystem ? world : { ...world, idSystem }
}

/** The world as a login sees it: with the ID system, and the opening of it, that it began with. */
export const keeping = (world: World, { request }: Pick<TransactionState, 'request'>): World =>
  request === undefined ? world : asking(world, request.plugin.id, world.idSystems.begun(request.plugin))

/** The world for a new login of a client: with the ID system that its registration names, else the first. */
export const forClient = (world: World, { id_system: id }: Pick<ClientConfiguration, 'id_system'>): World =>
  id === undefined ? world : asking(world, id, world.idSystems.named(id))

/** The one ID system of a world that has no other. */
export const onlyIdSystem = (idSystem: OpenIdSystem): Pick<World, 'idSystem' | 'idSystems'> => ({
  idSystem,
  idSystems: {
    serving: () => [idSystem],
    named: (id) => (id === idSystem.description.id ? idSystem : undefined),
    begun: ({ id }) => (id === idSystem.description.id ? idSystem : undefined),
  },
})
