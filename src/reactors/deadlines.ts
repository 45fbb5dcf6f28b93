import { clientOf } from '../clients.ts'
import { shred } from '../sealed.ts'
import { command } from '../steps/act.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import { Fault, type Instant, type Row } from '../../domain/ports.ts'
import type { Loop } from './loop.ts'

/** Between two looks: with what it does in between, well under the 60 s that rule 15 allows. */
const PERIOD_MS = 10_000

/** Transactions in one look; a look that was full is followed by another. */
const BATCH = 500

/** Rows that the stores' own sweeps delete at most in a call. */
const SWEPT_ROWS_MAX = 1000

/** Looks, and calls of a sweep, in one turn: what comes faster than this for long is seen in the next. */
const ROUNDS_MAX = 40

/** Between two sweeps, milliseconds: requests go first. */
const PAUSE_MS = 5

/** After it the register says what is over, and the vault's rows of it are destroyed. */
const OVER = new Set(['failed', 'expired', 'closed'])

const end = async (world: World, row: Row, at: Instant): Promise<boolean> => {
  const transaction = textOf(row['transaction'])
  const id = world.chance.uuid()
  const act = { id, causation: id, at, transaction, client: await clientOf(world, textOf(row['client'])) }
  try {
    const { state } = await command(world, act, { type: 'ExpireAuthorization', at })
    if (OVER.has(state.stage)) await shred(world, transaction)
    return true
  } catch (error) {
    // Another node was faster, or this stream is damaged: the look goes on with the others.
    if (!(error instanceof Fault)) throw error
    world.log.warn('deadline_not_applied', { transaction, fault: error.code })
    return false
  }
}

/** Ends what ran out, and destroys what it kept. The register only says where to look; the stream's own state decides (rules 14 and 16). */
const expireDue = async (world: World): Promise<number> => {
  const at = world.clock.now()
  let after = ''
  let ended = 0
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const look = await world.views.list('live', 'transactions', { orderBy: 'deadline', after, limit: BATCH })
    const due = look.filter((row) => textOf(row['deadline']) <= at)
    for (const row of due) if (await end(world, row, at)) ended += 1
    if (due.length < BATCH) break
    // Of several with this one's deadline some may be left: the next turn sees them.
    after = textOf(due.at(-1)?.['deadline'])
  }
  return ended
}

/** Goes on while there is more than one call deletes: what attackers leave must not pile up faster than it goes. */
const sweepAll = async ({ timers }: World, sweep: () => Promise<number>): Promise<void> => {
  for (let round = 0; round < ROUNDS_MAX && (await sweep()) >= SWEPT_ROWS_MAX; round += 1) await timers.sleep(PAUSE_MS)
}

const sweep = async (world: World): Promise<void> => {
  for (const store of [world.vault, world.singleUse, world.personKeys]) await sweepAll(world, () => store.sweep())
}

export const deadlines: Loop = {
  name: 'deadlines',
  periodMs: PERIOD_MS,
  turn: async (world) => {
    await expireDue(world)
    await sweep(world)
  },
}
