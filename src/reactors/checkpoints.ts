import type { Loop } from './loop.ts'
import { AUDIT_ALGORITHM, auditing } from '../audit/auditing.ts'
import { signCheckpoint } from '../steps/sign-checkpoint.ts'
import { tendKeys } from '../steps/tend-keys.ts'
import type { World } from '../world.ts'

/** Between two looks: so much later than it is due a checkpoint may be. */
const PERIOD_MS = 2000

const told = new WeakSet<World>()

/** Signs the audit log every ten seconds when it has grown (rule 49), with a key that has a life of its own. On any node; one of them is recorded. */
export const checkpointLoop: Loop = {
  name: 'checkpoints',
  periodMs: PERIOD_MS,
  turn: async (world) => {
    await tendKeys(auditing(world), [AUDIT_ALGORITHM])
    const outcome = await signCheckpoint(world)
    if (outcome !== 'forked' || told.has(world)) return
    told.add(world)
    world.log.error('audit_log_forked')
  },
}
