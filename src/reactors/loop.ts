import type { World } from '../world.ts'

/** Something that is done again and again, and that loses nothing when a turn fails. */
export type Loop = { readonly name: string; readonly periodMs: number; readonly turn: (world: World) => Promise<void> }

export type Running = { readonly stop: () => Promise<void> }

export const run = (world: World, { name, periodMs, turn }: Loop): Running => {
  const stopping = new AbortController()
  const going = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await turn(world)
      } catch (error) {
        world.observer.reactorFailed(name)
        world.log.error('reactor_turn_failed', { reactor: name, error: error instanceof Error ? error.name : 'unknown' })
      }
      await world.timers.sleep(periodMs, stopping.signal)
    }
  }
  const ended = going()
  return {
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}
