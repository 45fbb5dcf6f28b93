import { managementApp } from './http/management.ts'
import { listen } from './http/server.ts'
import { COMPLETIONS } from './reactors/completions.ts'
import { pluginGroup } from './reactors/plugin-events.ts'
import { processMetrics } from './telemetry/process-metrics.ts'
import { standingMetrics } from './telemetry/standing.ts'
import type { World } from './world.ts'
import type { Runner } from '../projections/run.ts'

type Stoppable = { readonly stop: () => Promise<void> }

const HOST = '127.0.0.1'

/** Opens the listener for operators where one is configured, and begins to look at what only it tells. */
export const openManagement = async (world: World, runners: readonly Runner[]): Promise<readonly Stoppable[]> => {
  const { management } = world.settings
  if (management === undefined) return []
  const followers = world.idSystems.serving().filter(({ system }) => Object.keys(system.on ?? {}).length > 0)
  const { refresh } = standingMetrics(world, {
    runners,
    followers: [COMPLETIONS, ...followers.map(({ description }) => pluginGroup(description.id))],
  })
  const { stop } = processMetrics(world.observer.registry)
  const listening = await listen(managementApp({ world, refresh }), { host: management.host ?? HOST, port: management.port })
  world.log.info('management_listens', { port: listening.port })
  return [
    {
      stop: async () => {
        stop()
        await listening.close()
      },
    },
  ]
}
