import { commandStream } from './act.ts'
import { AUDIT_ALGORITHM, auditing, statedKey } from '../audit/auditing.ts'
import { AUDIT_LOG } from '../audit/records.ts'
import { signJwt } from '../crypto/jwt.ts'
import { checkpoints } from '../deciders.ts'
import { load, type Handling } from '../handle.ts'
import { publishedKeys, signerFor } from '../signing-keys.ts'
import type { World } from '../world.ts'
import { isDue } from '../../domain/checkpoint/checkpoint.ts'
import type { ReadModel } from '../../domain/ports.ts'
import { CHECKPOINTS } from '../../domain/streams.ts'
import type { AuditRecord } from '../../projections/audit-log.ts'

/** What signing a checkpoint needs of the world. */
export type Checkpointing = Handling & Pick<World, 'clock' | 'chance' | 'auditKeys' | 'views' | 'settings'>

/** `forked`: the audit log is not the one that the last checkpoint was signed over. Nobody signs it any more. */
export type CheckpointOutcome = 'signed' | 'nothing_new' | 'forked'

const recordAt = async (views: ReadModel, n: number): Promise<AuditRecord | undefined> =>
  // The projection wrote it in this shape.
  (await views.get(AUDIT_LOG, 'records', n)) as unknown as AuditRecord | undefined

/**
 * Signs what the audit log is now, where it has grown since the last checkpoint (rule 49). A log that no longer holds what was signed
 * before was rebuilt over events that somebody changed: to sign it would hide that.
 */
export const signCheckpoint = async (world: Checkpointing): Promise<CheckpointOutcome> => {
  const { views, journal, clock, chance, settings } = world
  const { state } = await load(world, checkpoints, CHECKPOINTS)
  const last = await recordAt(views, await views.count(AUDIT_LOG, 'records'))
  // While the log is told again from the beginning there is nothing to say of it.
  if (last === undefined || last.n <= (state.n ?? -1) + 1) return 'nothing_new'
  if (state.n !== undefined && (await recordAt(views, state.n))?.chain !== state.chain) return 'forked'
  const at = clock.now()
  // Asked beforehand: neither a signature nor what it is about is needed yet.
  if (!isDue(state, last.n, at)) return 'nothing_new'
  const signing = auditing(world)
  const signer = await signerFor(signing, AUDIT_ALGORITHM)
  const keys = (await publishedKeys(signing)).map(({ publicJwk }) => statedKey(publicJwk))
  const { n, chain, position } = last
  const head = (await journal.store.head()) ?? position
  // Each checkpoint names the keys that may sign the next: whoever trusts one follows a change of keys without asking anybody.
  const statement = await signJwt(signer, 'checkpoint+jwt', { log: settings.issuer, n, chain, position, head, at, keys })
  const id = chance.uuid()
  const command = { type: 'SignCheckpoint', at, n, chain, position, head, kid: signer.kid, statement } as const
  const { events } = await commandStream(world, checkpoints, CHECKPOINTS, command, { id, causation: id, correlation: CHECKPOINTS })
  return events.length === 0 ? 'nothing_new' : 'signed'
}
