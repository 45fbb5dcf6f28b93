import { clientOf } from './clients.ts'
import { isTransaction } from './crypto/ids.ts'
import { transactions } from './deciders.ts'
import { load } from './handle.ts'
import { firstOf } from './id-systems.ts'
import { textOf } from './text-of.ts'
import type { World } from './world.ts'
import { isObject } from '../domain/json.ts'
import { transactionStream } from '../domain/streams.ts'
import type { Recorded } from '../projections/projection.ts'

/** The login that a fact is of; what ends an agreement says which login gave it. */
const loginOf = ({ correlation, data }: Recorded): string | undefined => {
  const given = isObject(data['standing']) ? data['standing']['transaction'] : undefined
  return [correlation, textOf(given)].find(isTransaction)
}

/** The ID system whose people a fact is about; undefined where it is about nobody's, or nobody can say. */
const idSystemOf = async (world: World, event: Recorded): Promise<string | undefined> => {
  const login = loginOf(event)
  if (login !== undefined) return (await load(world, transactions, transactionStream(login))).state.request?.plugin.id
  const { client } = event.data
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
