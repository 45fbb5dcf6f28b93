import type { Deciding } from './act.ts'
import { attemptCounters } from '../deciders.ts'
import { handle } from '../handle.ts'
import type { Instant, Person, Uuid } from '../../domain/ports.ts'
import { attemptsStream, type Path } from '../../domain/streams.ts'

export type Reopening = {
  readonly id: Uuid
  readonly at: Instant
  readonly path: Path
  /** Who acts for the operator, and the case that it is done for: both are recorded (REG-15). */
  readonly actor: string
  readonly case: string
}

/** Lets a person try again whose path failures closed (rule 21). A broker that runs knows it at its next decision. */
export const reopenPath = async (world: Deciding, { ref }: Person, { id, ...wish }: Reopening): Promise<void> => {
  await handle(
    world,
    attemptCounters,
    attemptsStream(ref, wish.path),
    { type: 'ReopenPath', ...wish },
    {
      commandId: id,
      causation: id,
      correlation: id,
      rules: { policy: world.policy.value },
      ruleDigests: { policy: world.policy.digest },
    },
  )
}
