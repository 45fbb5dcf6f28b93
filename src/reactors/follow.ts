import { FOLLOWER_TABLES, FOLLOWER_VERSION, PARKED_ACTS, parkedAct, parkingOf, type Failed } from './parked-rows.ts'
import type { World } from '../world.ts'
import { Fault, type Change, type Position } from '../../domain/ports.ts'
import type { Recorded } from '../../projections/projection.ts'

const TRIES_MAX = 5
const WAIT_MS = 200

/** Between two tries to write down what was handled, while the views cannot be written, milliseconds: doubling. */
const WRITE_WAIT_MS = 1000
const WRITE_WAIT_MS_MAX = 30_000

/** Handled events between two writes of the checkpoint: as many may be handled again after a crash. */
const CHECKPOINT_EVENTS = 32

export type Following = { readonly stop: () => Promise<void>; readonly ended: Promise<void> }

export type Follower = {
  /** Names its checkpoint: `^[a-z][a-z0-9-]*$`. */
  readonly name: string
  readonly types: readonly string[]
  /** At least once, in order. What still throws after the last try is parked with the error's name. */
  readonly handler: (event: Recorded, stopping: AbortSignal) => Promise<void>
}

const attempt = async (world: World, { handler }: Follower, event: Recorded, stopping: AbortSignal): Promise<Failed | undefined> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await handler(event, stopping)
      return undefined
    } catch (error) {
      if (tries >= TRIES_MAX) return { reason: error instanceof Error ? error.name : 'unknown', tries }
      await world.timers.sleep(WAIT_MS * 2 ** tries, stopping)
    }
  }
}

/** What an event comes to: nothing where it was handled, a parked row where it could not be, and less where an operator asked for it. */
const changesOf = async (world: World, follower: Follower, event: Recorded, stopping: AbortSignal): Promise<readonly Change[]> => {
  const { name, types } = follower
  const handled = async (one: Recorded): Promise<Failed | undefined> => {
    const failed = await attempt(world, follower, one, stopping)
    if (failed !== undefined && !stopping.aborted) world.log.warn('event_parked', { follower: name, id: one.id, reason: failed.reason })
    return failed
  }
  const asked = await parkedAct(world, name, event, handled)
  const failed = types.includes(event.type) ? await handled(event) : undefined
  return failed === undefined ? asked : [...asked, parkingOf(name, event, failed, world.clock.now())]
}

/**
 * Follows types of events: ordered, checkpointed, at least once, retried, then parked. What operators ask of what is parked it meets as
 * events too. The checkpoint moves with what is parked in
 * one transaction, every 32 events and at the end; another node that follows under the same name is noticed by its fence (rule 37).
 */
export const follow = async (world: World, follower: Follower): Promise<Following> => {
  const { name, types } = follower
  await world.views.open(name, FOLLOWER_VERSION, FOLLOWER_TABLES)
  let stored: Position | undefined = await world.views.position(name)
  let handled: Position | undefined = stored
  let since = 0
  /** Past what a newer program recorded the checkpoint does not move: a node of that program still has to handle it. */
  let waitsForNewer = false
  const stopping = new AbortController()
  const move = async (to: Position | undefined, changes: readonly Change[] = []): Promise<void> => {
    if (waitsForNewer || to === undefined || (stored !== undefined && to <= stored)) return
    since = 0
    if (await world.views.apply(name, stored, to, changes)) stored = to
    // Another node moved it. What both handled was handled twice, which at least once allows; from here this one goes on behind.
    else stored = await world.views.position(name)
  }
  /** Waits until it is written, so that an outage of the views ends nobody; false where the end came first. */
  const surely = async (to: Position | undefined, changes: readonly Change[] = []): Promise<boolean> => {
    for (let waitMs = WRITE_WAIT_MS; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, WRITE_WAIT_MS_MAX)) {
      try {
        await move(to, changes)
        return true
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'unavailable') throw error
        world.observer.reactorFailed(name)
        world.log.warn('checkpoint_not_written', { follower: name })
        await world.timers.sleep(waitMs, stopping.signal)
      }
    }
    return false
  }
  const subscription = world.journal.source.subscribe(
    { ...(stored !== undefined && { after: stored }), filter: { types: [...types, ...PARKED_ACTS] } },
    async (message) => {
      if (message.kind === 'unreadable' && message.event.newer) {
        await surely(handled)
        waitsForNewer = true
      }
      if (message.kind === 'caughtUp' || message.kind === 'unreadable') return
      if (message.kind === 'checkpoint') {
        handled = message.position
        since += 1
        if (since >= CHECKPOINT_EVENTS) await surely(handled)
        return
      }
      const { event } = message
      const changes = await changesOf(world, follower, event, stopping.signal)
      // It may not have been handled: it comes again.
      if (stopping.signal.aborted) return
      since += 1
      // The checkpoint never passes what is to be parked without the row that says so.
      if (changes.length > 0 && !(await surely(event.position, changes))) return
      handled = event.position
      if (since >= CHECKPOINT_EVENTS) await surely(handled)
    },
  )
  return {
    ended: subscription.ended,
    stop: async () => {
      stopping.abort()
      await subscription.stop()
      // What is not written down is handled again, which at least once allows.
      await move(handled).catch(() => world.log.warn('checkpoint_not_written', { follower: name }))
    },
  }
}
