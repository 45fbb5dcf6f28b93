import { follow, type Following } from './follow.ts'
import type { World } from '../world.ts'

/** The facts that a plugin follows (architecture 7). */
export const pluginEvents = async (world: World): Promise<Following | undefined> => {
  const { system, description } = world.idSystem
  const { on = {} } = system
  const types = Object.keys(on)
  if (types.length === 0) return undefined
  return follow(world, {
    name: `plugin-${description.id.toLowerCase().replace(/[^a-z0-9]/g, '-')}`,
    types,
    handler: async ({ id, stream, revision, position, type, version, at, correlation, data }) => {
      await on[type]?.({ id, stream, revision, position, type, version, at, correlation, data })
    },
  })
}
