import { openWorld, statusFile, type Opened } from './compose.ts'
import type { Choices } from './compose-id-systems.ts'
import type { Settings } from './config.ts'
import { sha256 } from './crypto/hash.ts'
import { destroyedMeanwhile } from './destroyed-again.ts'
import { createApp } from './http/app.ts'
import { watchProjections } from './http/health.ts'
import { routes } from './http/routes.ts'
import { openManagement } from './management.ts'
import { listen } from './http/server.ts'
import { AUDIT_ALGORITHM, auditing } from './audit/auditing.ts'
import { checkpointLoop } from './reactors/checkpoints.ts'
import { completions } from './reactors/completions.ts'
import { deadlines } from './reactors/deadlines.ts'
import { deliveries, outcomes } from './reactors/deliveries.ts'
import { run as runLoop } from './reactors/loop.ts'
import { personNotices } from './reactors/notices.ts'
import { pluginEvents } from './reactors/plugin-events.ts'
import { pluginReloads } from './reactors/plugin-reloads.ts'
import { retentionLoop } from './reactors/retention.ts'
import { signingKeyLoop } from './reactors/signing-keys.ts'
import type { Plugins } from './plugins.ts'
import { PROGRAM_VERSION } from './program.ts'
import type { Runtime } from './runtime.ts'
import { startNode } from './steps/start-node.ts'
import { tendKeys } from './steps/tend-keys.ts'
import { contrastProblems } from './ui/theme.ts'
import type { World } from './world.ts'
import { projections } from '../projections/index.ts'
import type { Runner } from '../projections/run.ts'
import { runServing } from '../projections/serving.ts'
import { eventDescription } from '../schemas/check.ts'

type Stoppable = { readonly stop: () => Promise<void> }

export type Broker = {
  readonly world: World
  /** Where it listens; the port is the real one where 0 was configured. */
  readonly port: number
  readonly runners: readonly Runner[]
  /** Stops taking requests, lets those under way finish (at most 10 s), then closes everything. */
  readonly close: () => Promise<void>
}

const startReactors = async (world: World, plugins: Plugins): Promise<readonly Stoppable[]> => {
  const telling = personNotices(world)
  const reloads = await pluginReloads(world, plugins, statusFile(world.settings, world))
  const started = [
    deliveries(world),
    await outcomes(world),
    await completions(world),
    await destroyedMeanwhile(world),
    reloads,
    ...(telling ? [telling] : []),
  ]
  for (const reactor of started) {
    reactor.ended.catch((error: unknown) => {
      world.observer.reactorEnded()
      world.log.error('reactor_ended', { error: error instanceof Error ? error.message : 'unknown' })
    })
  }
  return [
    ...started,
    await pluginEvents(world, plugins),
    runLoop(world, deadlines),
    runLoop(world, signingKeyLoop),
    runLoop(world, checkpointLoop),
    runLoop(world, retentionLoop),
  ]
}

const open = async (
  { world, plugins }: Pick<Opened, 'world' | 'plugins'>,
  started: Stoppable[],
): Promise<Omit<Broker, 'world' | 'close'> & { readonly server: Awaited<ReturnType<typeof listen>> }> => {
  const { settings, journal, views, clock, timers, log, brand } = world
  // Before anything is written that the others might not want.
  await startNode(world, PROGRAM_VERSION)
  for (const problem of contrastProblems(brand)) log.warn('brand_hard_to_read', { problem })
  const tools = { source: journal.source, views, clock, timers, log }
  const runners = projections({ hash: sha256, describe: eventDescription }).map((projection) => runServing(tools, projection))
  started.push(...runners)
  watchProjections(world, { lagsMs: async () => (await Promise.all(runners.map((runner) => runner.status()))).map(({ lagMs }) => lagMs) })
  // What the metadata promises is there before a door opens.
  await tendKeys(world)
  await tendKeys(auditing(world), [AUDIT_ALGORITHM])
  started.push(...(await startReactors(world, plugins)))
  started.push(...(await openManagement(world, runners)))
  const server = await listen(createApp(world, routes), { host: settings.host, port: settings.port })
  return { server, port: server.port, runners }
}

/** The broker: stores opened, projections and reactors following, doors open. Where a door cannot be opened, nothing stays open. */
export const serve = async (settings: Settings, runtime: Runtime, choices: Choices): Promise<Broker> => {
  const { world, plugins, close } = await openWorld(settings, runtime, choices)
  const started: Stoppable[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((part) => part.stop()))
    await close()
  }
  try {
    const { server, port, runners } = await open({ world, plugins }, started)
    return {
      world,
      port,
      runners,
      close: async () => {
        await server.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
