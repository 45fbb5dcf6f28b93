import type { CheckpointCheckpointSigned, CheckpointCommand, CheckpointEvent } from '../../schemas/generated.ts'
import { recorded, type Decider, type Decision } from '../decider.ts'
import type { Instant } from '../ports.ts'
import { plusSeconds } from '../time.ts'

/** Seconds between two checkpoints of a log that grows (rule 49). */
export const CHECKPOINT_S = 10

/** The last checkpoint of the audit log; each event restates it (rule 8). */
export type CheckpointState = Partial<CheckpointCheckpointSigned>

/** Whether a log whose newest record is this one is signed now. The record of a checkpoint itself is no reason for another. */
export const isDue = ({ n, signedAt }: CheckpointState, newest: number, at: Instant): boolean =>
  n === undefined || signedAt === undefined || (newest > n + 1 && at >= plusSeconds(signedAt, CHECKPOINT_S))

/**
 * Of several nodes that sign at once one is recorded: the others' append meets its revision, and they find here that it was done. The
 * record of a checkpoint itself is no reason for another.
 */
const decide = (command: CheckpointCommand, state: CheckpointState): Decision<CheckpointEvent> => {
  const { type: _type, at, ...signed } = command
  return isDue(state, signed.n, at) ? recorded({ type: 'CheckpointSigned', data: { signedAt: at, ...signed } }) : recorded()
}

export const checkpoint: Decider<CheckpointState, CheckpointCommand, unknown, CheckpointEvent> = {
  initialState: {},
  decide,
  evolve: (_state, event) => event.data,
}
