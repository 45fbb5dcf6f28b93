import { Fault, type Log, type Position, type ReadModel } from '../domain/ports.ts'
import type { SourceMessage } from './projection.ts'
import type { Runnable } from './runnable.ts'
import { missingRows, remember, tell, tellRefused, type RowCache, type Told } from './tell.ts'

const CACHED_ROWS_MAX = 8192

/** The position was moved by somebody else. */
export class FenceLostError extends Error {}

export type Writer = {
  readonly write: (messages: readonly SourceMessage[]) => Promise<void>
  /** Begins anew at a position. */
  readonly from: (position: Position | undefined) => void
}

/** Writes batches, keeping count. A batch that the read model refuses is written event by event, so that only the bad one is parked. */
export const writer = (
  tools: { readonly views: ReadModel; readonly log: Log },
  projection: Runnable,
  wrote: (told: Told) => void,
): Writer => {
  const cache: RowCache = new Map()
  const { views, log } = tools
  const { name } = projection
  let at: Position | undefined

  const apply = async (told: Told): Promise<void> => {
    if (told.to === undefined) return
    if (!(await views.apply(name, at, told.to, told.changes))) throw new FenceLostError('another process runs this projection')
    at = told.to
    for (const row of told.parked) log.error('projection_parked', { projection: name, ...row })
    wrote(told)
  }

  const write = async (messages: readonly SourceMessage[]): Promise<void> => {
    if (cache.size > CACHED_ROWS_MAX) cache.clear()
    const missing = missingRows(projection, cache, messages, at)
    const rows = await Promise.all(missing.map(({ table, key }) => views.get(name, table, key)))
    missing.forEach((key, index) => remember(cache, key, rows[index]))
    const [first, ...others] = messages
    try {
      await apply(tell(projection, cache, messages, at))
    } catch (error) {
      cache.clear()
      if (!(error instanceof Fault && error.code === 'invalid') || first === undefined) throw error
      if (others.length > 0) for (const message of messages) await write([message])
      else await apply(tellRefused(first, error.message) ?? { changes: [], to: undefined, events: 0, parked: [] })
    }
  }

  return {
    write,
    from: (position) => {
      cache.clear()
      at = position
    },
  }
}
