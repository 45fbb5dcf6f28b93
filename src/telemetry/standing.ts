import { AUDIT_LOG } from '../audit/records.ts'
import { auditing } from '../audit/auditing.ts'
import { checkpoints } from '../deciders.ts'
import { load } from '../handle.ts'
import { inTime, missingNow } from '../http/health.ts'
import { PARKED_TABLE } from '../reactors/parked-rows.ts'
import { ringOf, type Keyed } from '../signing-keys.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import type { Read } from './registry.ts'
import { signingNow } from '../../domain/signing-key/ring.ts'
import { CHECKPOINTS } from '../../domain/streams.ts'
import { millisecondsOf } from '../../domain/time.ts'
import type { Runner } from '../../projections/run.ts'
import type { SigningAlgorithm } from '../../domain/ports.ts'

/** How long one part may take to say where it stands, milliseconds: what does not answer in time is absent. */
const PART_MS = 2000
/** Whoever asks again sooner is told the same, milliseconds. */
const KEEP_MS = 1000

export type Standing = {
  readonly runners: readonly Runner[]
  /** Groups that keep their checkpoint beside the registers; the others are the event store's. */
  readonly followers: readonly string[]
}

type Rows<Label extends string> = ReturnType<Read<Label>>

const COMPONENTS = ['store', 'vault', 'keys', 'plugin', 'projections'] as const

const parkedIn = async ({ journal: { store }, views }: World, { followers }: Standing): Promise<Rows<'group'>> => {
  const counted = async (group: string, count: Promise<number>) => [{ group }, await count] as const
  const inStore = (await store.groups()).map((group) =>
    counted(
      group,
      store.parked(group).then(({ length }) => length),
    ),
  )
  return Promise.all([...inStore, ...followers.map((group) => counted(group, views.count(group, PARKED_TABLE)))])
}

const keyAges = async (world: World): Promise<Rows<'alg' | 'purpose'>> => {
  const nowMs = millisecondsOf(world.clock.now())
  const agesOf = async (keyed: Keyed, purpose: string): Promise<Rows<'alg' | 'purpose'>> => {
    const ring = await ringOf(keyed)
    return [...new Set(ring.map(({ alg }) => alg))].flatMap((alg: SigningAlgorithm) => {
      const since = signingNow(ring, alg)?.state.signsFrom
      return since === undefined ? [] : [[{ alg, purpose }, Math.max(0, nowMs - millisecondsOf(since)) / 1000] as const]
    })
  }
  return [...(await agesOf(world, 'tokens')), ...(await agesOf(auditing(world), 'audit'))]
}

/** How old the oldest record of the audit log is that no checkpoint covers; that of the last checkpoint itself waits for nothing (rule 49). */
const unsigned = async (world: World): Promise<Rows<never>> => {
  const { state } = await load(world, checkpoints, CHECKPOINTS)
  const record = await world.views.get(AUDIT_LOG, 'records', state.n === undefined ? 1 : state.n + 2)
  const at = textOf(record?.['at'])
  return [[{}, at === '' ? 0 : Math.max(0, millisecondsOf(world.clock.now()) - millisecondsOf(at)) / 1000]]
}

/** Where everything stands that is looked at only when somebody asks. */
const look = async (world: World, standing: Standing) => {
  const of = <T>(act: () => Promise<readonly T[]>): Promise<readonly T[]> => inTime(world, PART_MS, act, [])
  const [missing, projections, parked, keys, behind] = await Promise.all([
    missingNow(world),
    of(() => Promise.all(standing.runners.map((runner) => runner.status()))),
    of(() => parkedIn(world, standing)),
    of(() => keyAges(world)),
    of(() => unsigned(world)),
  ])
  return { missing, projections, parked, keys, behind }
}

/** Adds what is read when it is asked for; `refresh` reads it, and `text` of the registry tells it. */
export const standingMetrics = (world: World, standing: Standing): { readonly refresh: () => Promise<void> } => {
  const { reads } = world.observer.registry
  let now: Awaited<ReturnType<typeof look>> | undefined
  let looking: { readonly atMs: number; readonly done: Promise<void> } | undefined
  const byProjection = (of: (status: NonNullable<typeof now>['projections'][number]) => number) => (): Rows<'projection'> =>
    (now?.projections ?? []).map((status) => [{ projection: status.projection }, of(status)])
  const labels = ['projection'] as const
  reads({ name: 'idp_ready', help: 'Whether a part answers: 1 or 0.', labels: ['part'] }, () =>
    COMPONENTS.map((part) => [{ part }, now?.missing.includes(part) === false ? 1 : 0]),
  )
  reads({ name: 'idp_requests', help: 'Requests under way; those that wait cost the processor nothing.', labels: ['state'] }, () => {
    const { requests, waiting } = world.underWay.now()
    return [
      [{ state: 'working' }, requests - waiting],
      [{ state: 'waiting' }, waiting],
    ]
  })
  reads(
    { name: 'idp_projection_lag_seconds', help: 'For how long there has been something that a projection has not told.', labels },
    byProjection(({ lagMs }) => lagMs / 1000),
  )
  reads(
    { name: 'idp_projection_parked', help: 'Events that a projection could not digest.', labels },
    byProjection(({ parked }) => parked),
  )
  reads(
    { name: 'idp_projection_restarts_total', help: 'How often a projection began again after a fault.', labels, kind: 'counter' },
    byProjection(({ restarts }) => restarts),
  )
  reads(
    {
      name: 'idp_store_resubscriptions_total',
      help: 'How often following a server of events was begun anew.',
      labels: [],
      kind: 'counter',
    },
    () => {
      const count = world.journal.store.health?.().resubscribed
      return count === undefined ? [] : [[{}, count]]
    },
  )
  reads({ name: 'idp_parked', help: 'Events that a reactor gave up and set aside.', labels: ['group'] }, () => now?.parked ?? [])
  reads(
    { name: 'idp_signing_key_age_seconds', help: 'Since when the present key signs.', labels: ['alg', 'purpose'] },
    () => now?.keys ?? [],
  )
  reads(
    { name: 'idp_audit_unsigned_seconds', help: 'Age of the oldest audit record without a checkpoint.', labels: [] },
    () => now?.behind ?? [],
  )
  return {
    refresh: () => {
      const atMs = millisecondsOf(world.clock.now())
      if (looking === undefined || Math.abs(atMs - looking.atMs) >= KEEP_MS) {
        const done = look(world, standing).then((seen) => {
          now = seen
        })
        looking = { atMs, done }
      }
      return looking.done
    },
  }
}
