import type { Deciding } from './act.ts'
import { endWhatLives } from './end-what-lives.ts'
import { AUDIT_ALGORITHM, auditing, statedKey } from '../audit/auditing.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { signJwt } from '../crypto/jwt.ts'
import { attemptCounters, erasures } from '../deciders.ts'
import { handle, load, type StreamRules } from '../handle.ts'
import type { Looker } from '../looks.ts'
import { publishedKeys, signerFor } from '../signing-keys.ts'
import type { World } from '../world.ts'
import type { ErasureCommand, ErasureState } from '../../domain/person/erasure.ts'
import type { Instant, Uuid } from '../../domain/ports.ts'
import { attemptsStream, erasureStream } from '../../domain/streams.ts'
import { plusDays } from '../../domain/time.ts'

/** What erasing needs of the world. */
export type Erasing = Deciding &
  Pick<World, 'clock' | 'auditKeys' | 'personKeys' | 'destructions'> & { readonly settings: Pick<World['settings'], 'issuer'> }

/** Copies of keys live no longer (rule 45). */
const BACKUP_DAYS = 30

const PATHS = ['unknown', 'trusted'] as const

const give = async <
  State,
  Command extends { readonly type: string; readonly at: Instant },
  Event extends { readonly type: string; readonly data: object },
>(
  world: Deciding,
  rules: StreamRules<State, Command, { readonly policy: World['policy']['value'] }, Event>,
  stream: string,
  command: Command,
  id: Uuid,
) =>
  handle(world, rules, stream, command, {
    commandId: uuidv5(id, `${stream}/${command.type}`),
    ...{ causation: id, correlation: stream, rules: { policy: world.policy.value }, ruleDigests: { policy: world.policy.digest } },
  })

/** When the person was last here: their streams count every attempt. */
const lastUse = async ({ journal }: Deciding, ref: string): Promise<Instant | undefined> => {
  const last = await Promise.all(PATHS.map((path) => journal.last(attemptsStream(ref, path))))
  return last
    .flatMap((event) => event?.at ?? [])
    .toSorted()
    .at(-1)
}

/**
 * Nobody signs in as this person, then nothing of them lives: every count comes before its proof is checked (rule 11), so a closed path
 * lets no login of theirs begin while those that are counted are ended. Safe to do twice; a reactor finishes what a crash leaves.
 */
export const restrictPerson = async (world: Deciding, ref: string, id: Uuid, at: Instant): Promise<ErasureState> => {
  const { state } = await load(world, erasures, erasureStream(ref), true)
  const { status, actor, case: reference } = state
  if (status !== 'requested' || actor === undefined || reference === undefined) return state
  const by = { actor, case: reference }
  for (const path of PATHS) await give(world, attemptCounters, attemptsStream(ref, path), { type: 'RestrictPath', at, path, ...by }, id)
  const ended = await endWhatLives(world, ref, { id, at, ...by })
  return (await give(world, erasures, erasureStream(ref), { type: 'RecordRestricted', at, ...ended }, id)).state
}

/** Shuts a person out at once, and says from when on the key may be destroyed: the floors count from when they were last here. */
export const requestErasure = async (
  world: Deciding,
  ref: string,
  by: Looker & { readonly id: Uuid; readonly at: Instant },
): Promise<ErasureState> => {
  const { id, at, actor, purpose, case: reference } = by
  const lastUsedAt = await lastUse(world, ref)
  // First that it is asked for: a reactor does what a crash leaves undone after it.
  const wish: ErasureCommand = {
    type: 'RequestErasure',
    at,
    actor,
    purpose,
    case: reference,
    ...(lastUsedAt !== undefined && { lastUsedAt }),
  }
  await give(world, erasures, erasureStream(ref), wish, id)
  return restrictPerson(world, ref, id, at)
}

const certificateOf = async (
  world: Erasing,
  ref: string,
  { requestedAt, erasedAt = '', floors, until, rows, case: reference }: ErasureState,
) => {
  const signing = auditing(world)
  const signer = await signerFor(signing, AUDIT_ALGORITHM)
  const keys = (await publishedKeys(signing)).map(({ publicJwk }) => statedKey(publicJwk))
  const event = await world.journal.last(erasureStream(ref))
  return signJwt(signer, 'erasure+jwt', {
    ...{ log: world.settings.issuer, at: world.clock.now(), person: ref, case: reference ?? null },
    ...{ requested_at: requestedAt ?? null, erased_at: erasedAt, rows: rows ?? 0, until: until ?? null, floors: floors ?? [] },
    // Until then a copy of the key may lie in a backup; a restored one is destroyed again before the broker serves.
    ...{ backups_until: plusDays(erasedAt, BACKUP_DAYS), event: event?.id ?? null, digest: event?.digest ?? null, keys },
  })
}

/**
 * Destroys the key of a person whose floors have passed, and certifies it. The list of destructions is written first and survives any
 * backup: whatever a crash leaves undone, or a restored backup brings back, is destroyed at the next start.
 */
export const completeErasure = async (world: Erasing, ref: string, id: Uuid): Promise<ErasureState> => {
  const at = world.clock.now()
  let state = await restrictPerson(world, ref, id, at)
  if (state.status === 'restricted' && state.until !== undefined && at >= state.until) {
    await world.destructions.add({ ref, at })
    const rows = await world.personKeys.erase(ref)
    state = (await give(world, erasures, erasureStream(ref), { type: 'RecordErased', at, rows }, id)).state
  }
  if (state.status !== 'erased') return state
  const statement = await certificateOf(world, ref, state)
  return (await give(world, erasures, erasureStream(ref), { type: 'CertifyErasure', at: world.clock.now(), statement }, id)).state
}
