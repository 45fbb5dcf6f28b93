import { Fault, type Position } from '../domain/ports.ts'
import { generationName, inGeneration, move, standingOf, type Other, type Standing } from './generations.ts'
import { run, type RunOptions } from './run.ts'
import type { Runnable } from './runnable.ts'
import { NOTICED_MS, type ServingTools } from './serving.ts'
import { PARKED, tablesOf } from './tell.ts'

/** A generation that does not move for this long, though it is behind, has failed. */
const STALL_MS = 30_000

/** Who still reads or tells a generation that no longer stands anywhere has noticed it after this long, milliseconds. */
const GRACE_MS = 2 * NOTICED_MS

/** Nobody waits for this process. */
const BATCH_EVENTS = 1024

type OnProgress = NonNullable<RunOptions['onProgress']>

const gone = (): Fault => new Fault('invalid', 'another process dropped the generation beside, or made it serve')

const standsBeside = ({ other }: Standing, generation: number): boolean => other?.generation === generation

/** Destroys the generations that are leaving: none of them ever has a place again. */
const sweep = async ({ views, timers }: ServingTools, projection: Runnable, { leaving = [] }: Standing): Promise<void> => {
  if (leaving.length === 0) return
  const { name, version } = projection
  await timers.sleep(GRACE_MS)
  for (const generation of leaving) await views.every.discard(generationName(name, generation), version, tablesOf(projection))
  await move(views.every, projection, ({ leaving: now = [], ...standing }) => ({
    ...standing,
    leaving: now.filter((generation) => !leaving.includes(generation)),
  }))
}

/** The generation to build: the one that an interrupted rebuild left, or a new one, for which the one from before makes room. */
const begin = async (tools: ServingTools, projection: Runnable): Promise<number> => {
  const standing = await move(tools.views.every, projection, ({ other, leaving = [], ...now }) =>
    other === undefined || other.is === 'previous'
      ? {
          ...now,
          newest: now.newest + 1,
          other: { generation: now.newest + 1, is: 'building' } as const,
          leaving: [...leaving, ...(other === undefined ? [] : [other.generation])],
        }
      : { ...now, other, leaving },
  )
  await sweep(tools, projection, standing)
  return standing.other.generation
}

/** Tells the generation beside everything up to a position; a broker goes on with the one that serves. */
export const catchUp = async (
  tools: ServingTools,
  projection: Runnable,
  generation: number,
  until: Position | undefined,
  onProgress: OnProgress = () => undefined,
): Promise<number> => {
  const rows = tools.views.every
  let applied = 0
  const runner = run({ ...tools, views: rows }, inGeneration(projection, generation), {
    batchEvents: BATCH_EVENTS,
    onProgress: (progress) => {
      applied = progress.applied
      onProgress(progress)
    },
  })
  try {
    let before = runner.position()
    for (let stillMs = 0; !(await runner.reached(until, NOTICED_MS)); before = runner.position()) {
      if (!standsBeside(await standingOf(rows, projection), generation)) throw gone()
      stillMs = runner.position() === before ? stillMs + NOTICED_MS : 0
      if (stillMs >= STALL_MS) throw new Fault('unavailable', `projection ${projection.name} does not move`)
    }
    return applied
  } finally {
    await runner.stop()
  }
}

export type Rebuilt = {
  readonly generation: number
  /** Events that were told now; fewer than all where an interrupted rebuild was gone on with. */
  readonly applied: number
  readonly parked: number
}

/**
 * Tells every event up to the present head into a generation of its own, beside the one that serves. Killed at any moment, it leaves what
 * serves as it was, and the next call goes on.
 */
export const rebuild = async (tools: ServingTools, projection: Runnable, onProgress: OnProgress): Promise<Rebuilt> => {
  const rows = tools.views.every
  const generation = await begin(tools, projection)
  const applied = await catchUp(tools, projection, generation, await tools.source.head(), onProgress)
  await move(rows, projection, (standing) => {
    if (!standsBeside(standing, generation)) throw gone()
    return { ...standing, other: { generation, is: 'built' } }
  })
  return { generation, applied, parked: await rows.count(generationName(projection.name, generation), PARKED) }
}

/** Makes the other generation serve, in one write; the one that served stays beside it. Fault `invalid` where it does not stand so. */
export const serve = (tools: ServingTools, projection: Runnable, { generation, is }: Other): Promise<Standing> =>
  move(tools.views.every, projection, ({ other, ...standing }) => {
    if (other?.generation !== generation || other.is !== is) throw gone()
    const beside: Other = { generation: standing.serving, is: is === 'previous' ? 'built' : 'previous' }
    return { ...standing, serving: generation, other: beside }
  })

/** Destroys the generation that does not serve, and what an interrupted call left of others. */
export const drop = async (tools: ServingTools, projection: Runnable): Promise<void> => {
  const standing = await move(tools.views.every, projection, ({ other, leaving = [], ...now }) => ({
    ...now,
    leaving: [...leaving, ...(other === undefined ? [] : [other.generation])],
  }))
  await sweep(tools, projection, standing)
}
