import { uuidv5 } from '../crypto/hash.ts'
import type { World } from '../world.ts'
import type { Position } from '../../domain/ports.ts'
import type { Recorded } from '../../projections/projection.ts'

const TRIES_MAX = 5
const WAIT_MS = 200

const tables = { parked: { key: 'id', indexes: ['position'] } }

type Handler = NonNullable<World['idSystem']['system']['on']>[string]

const tell = async (world: World, handler: Handler, event: Recorded): Promise<string | undefined> => {
  const { id, stream, revision, position, type, version, at, correlation, data } = event
  for (let attempt = 1; ; attempt += 1) {
    try {
      await handler({ id, stream, revision, position, type, version, at, correlation, data })
      return undefined
    } catch (error) {
      if (attempt >= TRIES_MAX) return error instanceof Error ? error.name : 'unknown'
      await world.timers.sleep(WAIT_MS * 2 ** attempt)
    }
  }
}

/**
 * The facts that a plugin follows: ordered, checkpointed, at least once, retried, then parked. The checkpoint moves with what is
 * parked in one transaction; another node that runs the same subscription is noticed by its fence (rule 37).
 */
export const pluginEvents = async (world: World): Promise<{ readonly stop: () => Promise<void>; readonly ended: Promise<void> } | undefined> => {
  const { system, description } = world.idSystem
  const { on } = system
  if (on === undefined || Object.keys(on).length === 0) return undefined
  const name = `plugin_${description.id.replace(/[^A-Za-z0-9]/g, '_')}`
  await world.views.open(name, 1, tables)
  let checkpoint: Position | undefined = await world.views.position(name)
  const move = async (to: Position, changes: Parameters<typeof world.views.apply>[3]): Promise<void> => {
    if (!(await world.views.apply(name, checkpoint, to, changes))) throw new Error('another node follows for this plugin')
    checkpoint = to
  }
  return world.journal.source.subscribe(
    { ...(checkpoint !== undefined && { after: checkpoint }), filter: { types: Object.keys(on) } },
    async (message) => {
      if (message.kind === 'checkpoint') return move(message.position, [])
      if (message.kind !== 'event') return
      const { event } = message
      const handler = on[event.type]
      const problem = handler && (await tell(world, handler, event))
      const row = { id: uuidv5(event.id, name), event: event.id, position: event.position, type: event.type, reason: problem ?? '' }
      await move(event.position, problem === undefined ? [] : [{ kind: 'put', table: 'parked', row }])
    },
  )
}
