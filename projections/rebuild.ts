import { Fault } from '../domain/ports.ts'
import { run, type RunOptions, type RunTools } from './run.ts'
import type { Runnable } from './runnable.ts'
import { PARKED, tablesOf } from './tell.ts'

/** A rebuild that writes nothing for this long has failed. */
const STALL_MS = 30_000

/** Forgets every row, then tells every event up to the present head again. Another process that runs the projection stands by. */
export const rebuild = async (
  tools: RunTools,
  projection: Runnable,
  onProgress: NonNullable<RunOptions['onProgress']>,
): Promise<{ readonly applied: number; readonly parked: number }> => {
  const { views, source } = tools
  await views.open(projection.name, projection.version, tablesOf(projection))
  await views.drop(projection.name)
  const head = await source.head()
  let applied = 0
  const runner = run(tools, projection, {
    onProgress: (progress) => {
      applied = progress.applied
      onProgress(progress)
    },
  })
  try {
    for (let before = runner.position(); !(await runner.reached(head, STALL_MS)); before = runner.position()) {
      if (runner.position() === before) throw new Fault('unavailable', `projection ${projection.name} does not move`)
    }
    return { applied, parked: await views.count(projection.name, PARKED) }
  } finally {
    await runner.stop()
  }
}
