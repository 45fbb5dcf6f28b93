import { pluginOpenings } from '../deciders.ts'
import { load, type Handling } from '../handle.ts'
import { commandStream } from './act.ts'
import { generationOf } from '../../domain/deployment/plugin.ts'
import type { Instant, Uuid } from '../../domain/ports.ts'
import { pluginStream } from '../../domain/streams.ts'

/** Which opening of an ID system the deployment is at. */
export const wantedGeneration = async (world: Handling, idSystem: string): Promise<number> =>
  generationOf((await load(world, pluginOpenings, pluginStream(idSystem))).state)

/** Asks every broker of the deployment for a new opening, and says which one it is. */
export const requestReload = async (
  world: Handling,
  idSystem: string,
  { id, at }: { readonly id: Uuid; readonly at: Instant },
): Promise<number> => {
  const wish = { type: 'ReloadPlugin', at, plugin: idSystem } as const
  const from = { id, causation: id, correlation: idSystem }
  return generationOf((await commandStream(world, pluginOpenings, pluginStream(idSystem), wish, from)).state)
}
