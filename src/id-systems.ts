import type { Deployment } from './client-registration.ts'
import { openings } from './openings.ts'
import type { Begun, IdSystems, OpenIdSystem, World } from './world.ts'
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
  // Also where it is the one that serves: within one request it stays the same, whatever takes its place meanwhile.
  return { ...world, idSystem }
}

const pinned = (world: World): World => ({ ...world, idSystem: world.idSystem })

/** The world as a login sees it: with the ID system, and the opening of it, that it began with. */
export const keeping = (world: World, { request }: Pick<TransactionState, 'request'>): World =>
  request === undefined ? pinned(world) : asking(world, request.plugin.id, world.idSystems.begun(request.plugin))

/** The world for a new login of a client: with the ID system that its registration names, else the first. */
export const forClient = (world: World, { id_system: id }: Pick<ClientConfiguration, 'id_system'>): World =>
  id === undefined ? pinned(world) : asking(world, id, world.idSystems.named(id))

/** The ID system for whoever names none: the first that is named in the settings. */
export const firstOf = (idSystems: IdSystems): OpenIdSystem => {
  const [first] = idSystems.serving()
  if (first === undefined) throw new Fault('unavailable', 'no ID system is open here')
  return first
}

/** What the ID systems say of themselves, for a registration. */
export const describedBy = (idSystems: IdSystems): Pick<Deployment, 'plugin' | 'otherPlugins'> => {
  const { description: plugin } = firstOf(idSystems)
  return {
    plugin,
    otherPlugins: idSystems
      .serving()
      .map(({ description }) => description)
      .filter((other) => other !== plugin),
  }
}

/** The one ID system of a world that has no other. */
export const onlyIdSystem = (idSystem: OpenIdSystem): Pick<World, 'idSystem' | 'idSystems'> => ({
  idSystem,
  idSystems: openings([idSystem]),
})
