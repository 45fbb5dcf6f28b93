import { follow, type Following } from './follow.ts'
import { isToldTo } from '../facts-told.ts'
import type { Plugins } from '../plugins.ts'
import type { OpenIdSystem, World } from '../world.ts'

/** The group in which a plugin follows. */
export const pluginGroup = (id: string): string => `plugin-${id.toLowerCase().replace(/[^a-z0-9]/g, '-')}`

const typesOf = (opened: OpenIdSystem | undefined): readonly string[] => Object.keys(opened?.system.on ?? {})

/** Between two looks at a plugin that is down, milliseconds: each twice as long as the one before, up to the longest. */
const LOOK_MS = 500
const LOOK_MS_MAX = 30_000

/** An outage lasts as long as it lasts: what is not told meanwhile is told after it, in its order. */
const untilUp = async (world: World, id: string, stopping: AbortSignal): Promise<void> => {
  for (let waitMs = LOOK_MS; !stopping.aborted; waitMs = Math.min(waitMs * 2, LOOK_MS_MAX)) {
    if ((await world.idSystems.named(id)?.system.health())?.status !== 'down') return
    await world.timers.sleep(waitMs, stopping)
  }
}

/** The facts that the plugin of one ID system follows: whichever opening serves when a fact comes is told of it. */
const eventsOf = (world: World, id: string, types: readonly string[]): Promise<Following> =>
  follow(world, {
    name: pluginGroup(id),
    types,
    handler: async (recorded, stopping) => {
      if (!(await isToldTo(world, recorded, id))) return
      const { id: event, stream, revision, position, type, version, at, correlation, data } = recorded
      try {
        await world.idSystems
          .named(id)
          ?.system.on?.[type]?.({ id: event, stream, revision, position, type, version, at, correlation, data })
      } catch (error) {
        // The next try meets one that is up; what brings it down each time is parked in the end.
        await untilUp(world, id, stopping)
        throw error
      }
    },
  })

/** The facts that plugins follow, each by a checkpoint of its own (architecture 7): one that is down delays no other. */
export const pluginEvents = async (world: World, plugins: Plugins): Promise<{ readonly stop: () => Promise<void> }> => {
  const following = new Map<string, { readonly types: readonly string[]; readonly by: Following }>()
  let turn = Promise.resolve()
  let isStopped = false
  const start = async (id: string): Promise<void> => {
    const types = typesOf(plugins.idSystems.named(id))
    const before = following.get(id)
    if (isStopped || types.join(' ') === (before?.types ?? []).join(' ')) return
    await before?.by.stop()
    following.delete(id)
    if (types.length === 0) return
    const by = await eventsOf(world, id, types)
    by.ended.catch((error: unknown) => world.log.error('reactor_ended', { error: error instanceof Error ? error.message : 'unknown' }))
    following.set(id, { types, by })
  }
  plugins.onServing((id) => {
    turn = turn
      .then(() => start(id))
      .catch((error: unknown) =>
        world.log.error('plugin_events_not_followed', { plugin: id, error: error instanceof Error ? error.name : '' }),
      )
  })
  for (const { description } of plugins.idSystems.serving()) await start(description.id)
  return {
    stop: async () => {
      isStopped = true
      await turn
      await Promise.all([...following.values()].map(({ by }) => by.stop()))
    },
  }
}
