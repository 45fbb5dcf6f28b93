import { commandStream } from './act.ts'
import { switchings } from '../deciders.ts'
import type { Handling } from '../handle.ts'
import type { Instant, Uuid } from '../../domain/ports.ts'
import { projectionStream } from '../../domain/streams.ts'
import type { ProjectionSwitchOrdered } from '../../schemas/generated.ts'

export type SwitchOrder = ProjectionSwitchOrdered & { readonly id: Uuid; readonly at: Instant }

/** Records that readers are to get other rows (REG-16). Called before they get them: what cannot be recorded is not done. */
export const orderSwitch = async (world: Handling, { id, at, ...order }: SwitchOrder): Promise<void> => {
  const stream = projectionStream(order.projection)
  await commandStream(world, switchings, stream, { type: 'OrderSwitch', at, ...order }, { id, causation: id, correlation: stream })
}
