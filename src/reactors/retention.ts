import type { Loop } from './loop.ts'
import { completeErasure, requestErasure } from '../steps/erase-person.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import { ceilingDays } from '../../domain/person/erasure.ts'
import { plusDays } from '../../domain/time.ts'

/** Floors and ceilings are counted in days. */
const PERIOD_MS = 60_000
/** Persons in one turn: the rest come in the next. */
const BATCH = 100

/** Destroys the keys of persons whose erasure is due, and of those who were not here for longer than the policy keeps them. On any node. */
export const retentionLoop: Loop = {
  name: 'retention',
  periodMs: PERIOD_MS,
  turn: async (world: World) => {
    const at = world.clock.now()
    const due = await world.views.list('retention', 'persons', { orderBy: 'due', limit: BATCH })
    for (const row of due) if (textOf(row['due']) <= at) await completeErasure(world, textOf(row['ref']), world.chance.uuid())
    const days = ceilingDays(world.policy.value.retention ?? {})
    if (days === undefined) return
    const idle = await world.views.list('retention', 'persons', { orderBy: 'used_at', limit: BATCH })
    for (const row of idle) {
      if (textOf(row['due']) !== '' || plusDays(textOf(row['used_at']), days) > at) continue
      const ref = textOf(row['ref'])
      const by = { actor: 'broker', purpose: 'the policy keeps nobody longer', case: 'retention' }
      await requestErasure(world, ref, { id: world.chance.uuid(), at, ...by })
      await completeErasure(world, ref, world.chance.uuid())
    }
  },
}
