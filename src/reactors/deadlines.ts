import { clientOf } from '../clients.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { shred } from '../sealed.ts'
import { command } from '../steps/act.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import { Fault } from '../../domain/ports.ts'
import type { Loop } from './loop.ts'

/** Between two looks: with what it does in between, well under the 60 s that rule 15 allows. */
const PERIOD_MS = 10_000

/** Transactions in one look; more are seen in the next. */
const BATCH = 500

/** After it the register says what is over, and the vault's rows of it are destroyed. */
const OVER = new Set(['failed', 'expired', 'closed'])

/** Ends what ran out, and destroys what it kept. The register only says where to look; the stream's own state decides (rules 14 and 16). */
export const expireDue = async (world: World): Promise<number> => {
  const at = world.clock.now()
  const due = await world.views.list('live', 'transactions', { orderBy: 'deadline', after: '', limit: BATCH })
  let ended = 0
  for (const row of due) {
    if (typeof row['deadline'] !== 'string' || row['deadline'] > at) break
    const transaction = textOf(row['transaction'])
    const id = uuidv5(world.chance.uuid(), `deadlines:${transaction}`)
    const act = { id, causation: id, at, transaction, client: await clientOf(world, textOf(row['client'])) }
    try {
      const { state } = await command(world, act, { type: 'ExpireAuthorization', at })
      if (OVER.has(state.stage)) await shred(world, transaction)
      ended += 1
    } catch (error) {
      // Another node was faster, or this stream is damaged: the next look goes on with the others.
      if (!(error instanceof Fault)) throw error
      world.log.warn('deadline_not_applied', { transaction, fault: error.code })
    }
  }
  return ended
}

const sweep = async (world: World): Promise<void> => {
  await world.vault.sweep()
  await world.singleUse.sweep()
  await world.personKeys.sweep()
}

export const deadlines: Loop = {
  name: 'deadlines',
  periodMs: PERIOD_MS,
  turn: async (world) => {
    await expireDue(world)
    await sweep(world)
  },
}
