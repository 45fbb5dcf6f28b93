import { follow, type Following } from './follow.ts'
import type { World } from '../world.ts'

/** The group in which a plugin follows. */
export const pluginGroup = (id: string): string => `plugin-${id.toLowerCase().replace(/[^a-z0-9]/g, '-')}`

/** The facts that a plugin follows (architecture 7). */
export const pluginEvents = async (world: World): Promise<Following | undefined> => {
  const { system, description } = world.idSystem
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
