import { follow, type Following } from './follow.ts'
import type { OpenIdSystem, World } from '../world.ts'

/** The group in which a plugin follows. */
export const pluginGroup = (id: string): string => `plugin-${id.toLowerCase().replace(/[^a-z0-9]/g, '-')}`

/** The facts that one plugin follows. */
const eventsOf = async (world: World, { system, description }: OpenIdSystem): Promise<Following | undefined> => {
  const { on = {} } = system
  const types = Object.keys(on)
  if (types.length === 0) return undefined
  return follow(world, {
    name: pluginGroup(description.id),
    types,
    handler: async ({ id, stream, revision, position, type, version, at, correlation, data }) => {
      await on[type]?.({ id, stream, revision, position, type, version, at, correlation, data })
    },
  })
}

/** The facts that plugins follow, each by a checkpoint of its own (architecture 7): one that is down delays no other. */
export const pluginEvents = async (world: World): Promise<readonly Following[]> => {
  const following = await Promise.all(world.idSystems.serving().map((opened) => eventsOf(world, opened)))
  return following.filter((one) => one !== undefined)
}
