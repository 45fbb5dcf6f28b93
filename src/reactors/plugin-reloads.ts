import type { Following } from './follow.ts'
import { STATUS_MS, type NodeStatus } from '../plugin-status.ts'
import type { Plugins } from '../plugins.ts'
import { wantedGeneration } from '../steps/reload-plugin.ts'
import type { World } from '../world.ts'
import { PLUGIN_STREAMS } from '../../domain/streams.ts'

/** Where a broker says how its ID systems fare. */
export type StatusFile = { readonly write: (plugins: NodeStatus['plugins']) => void; readonly remove: () => void }

/** What operators ask of the ID systems' plugins, done on this node as on each other one, and how it went, said where commands look. */
export const pluginReloads = async (world: World, plugins: Plugins, status: StatusFile): Promise<Following> => {
  const { journal, timers, log } = world
  const stopping = new AbortController()
  let turn = Promise.resolve()
  const say = (): Promise<void> => {
    turn = turn.then(async () => {
      try {
        status.write(await plugins.status())
      } catch {
        log.warn('plugin_status_not_written')
      }
    })
    return turn
  }
  const renew = async (id: string, generation: number): Promise<void> => {
    await plugins.renew(id, generation)
    await say()
  }
  const after = await journal.source.head()
  const subscription = journal.source.subscribe(
    { ...(after !== undefined && { after }), filter: { streamPrefixes: [PLUGIN_STREAMS] } },
    (message) => {
      if (message.kind !== 'event') return
      const { plugin, generation } = message.event.data
      // Not waited for: one that takes long to open delays no other.
      if (typeof plugin === 'string' && typeof generation === 'number') void renew(plugin, generation)
    },
  )
  // What was asked between the opening and here.
  for (const { description } of plugins.idSystems.serving()) void renew(description.id, await wantedGeneration(world, description.id))
  const saying = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await say()
      await timers.sleep(STATUS_MS, stopping.signal)
    }
  }
  const said = saying()
  return {
    ended: subscription.ended,
    stop: async () => {
      stopping.abort()
      await subscription.stop()
      await said
      await turn
      status.remove()
    },
  }
}
