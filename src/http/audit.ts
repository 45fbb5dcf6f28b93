import { jwks } from './jwks.ts'
import { text, type Reply } from './reply.ts'
import { auditing } from '../audit/auditing.ts'
import { checkpoints } from '../deciders.ts'
import { load } from '../handle.ts'
import type { World } from '../world.ts'
import { CHECKPOINT_S } from '../../domain/checkpoint/checkpoint.ts'
import { CHECKPOINTS } from '../../domain/streams.ts'

/** The last signed checkpoint of the audit log: whoever keeps one can show later that the log was cut or rewritten (rule 49). It names nobody. */
export const lastCheckpoint = async (world: World): Promise<Reply> => {
  const { state } = await load(world, checkpoints, CHECKPOINTS)
  if (state.statement === undefined) return text('There is no checkpoint yet.\n', 404)
  return {
    ...text(`${state.statement}\n`),
    headers: { 'content-type': 'application/jose', 'cache-control': `public, max-age=${CHECKPOINT_S}` },
  }
}

/** The keys that sign checkpoints and packages of the audit log. They sign no token, so the JWKS of tokens does not show them. */
export const auditJwks = (world: World): Promise<Reply> => jwks(auditing(world))
