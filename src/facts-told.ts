import { clientOf } from './clients.ts'
import { isTransaction } from './crypto/ids.ts'
import { transactions } from './deciders.ts'
import { load } from './handle.ts'
import { firstOf } from './id-systems.ts'
import type { World } from './world.ts'
import { transactionStream } from '../domain/streams.ts'
import type { Recorded } from '../projections/projection.ts'

/** The ID system whose people a fact is about; undefined where it is about nobody's, or nobody can say. */
const idSystemOf = async (world: World, { correlation, data }: Recorded): Promise<string | undefined> => {
  if (isTransaction(correlation)) return (await load(world, transactions, transactionStream(correlation))).state.request?.plugin.id
  const { client } = data
  if (typeof client !== 'string') return undefined
  const { configuration } = await clientOf(world, client)
  return configuration?.id_system ?? firstOf(world.idSystems).description.id
}

/** Whether a plugin is told of a fact: of several ID systems none hears what people do with another. */
export const isToldTo = async (world: World, event: Recorded, id: string): Promise<boolean> => {
  if (world.idSystems.serving().length === 1) return true
  const about = await idSystemOf(world, event)
  return about === undefined ? event.kind !== 'person' : about === id
}
