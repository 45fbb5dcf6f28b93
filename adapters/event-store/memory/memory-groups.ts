import { type Instant, type Parked } from '../../../domain/ports.ts'
import type { Claim, Delivery, Groups } from '../groups.ts'
import type { Source } from '../subscription.ts'

type Waiting = { readonly position: number; readonly reason: string; readonly tries: number; readonly at: Instant }
type Group = { position: number; readonly deliveries: Map<number, Delivery>; readonly parked: Map<number, Waiting> }

/** Groups in maps. */
export const memoryGroups = (source: Source, clock: { readonly nowMs: () => number }) => {
  const groups = new Map<string, Group>()
  const opened = new Set<string>()

  const of = (name: string): Group => {
    const group = groups.get(name) ?? { position: 0, deliveries: new Map<number, Delivery>(), parked: new Map<number, Waiting>() }
    groups.set(name, group)
    return group
  }
  /** Changes the delivery when it is as it was seen. */
  const change = (name: string, seen: Delivery, to: Delivery | undefined): boolean => {
    const { deliveries } = of(name)
    const now = deliveries.get(seen.position)
    if (now?.tries !== seen.tries || now.visibleAt !== seen.visibleAt) return false
    if (to === undefined) deliveries.delete(seen.position)
    else deliveries.set(seen.position, to)
    return true
  }
  const claim = ({ group: name, from, to, taken, offered, visibleAt }: Claim): boolean => {
    const group = of(name)
    if (group.position !== from) return false
    group.position = to
    for (const position of taken) group.deliveries.set(position, { position, tries: 1, visibleAt })
    for (const one of offered) group.deliveries.set(one.position, { ...one, tries: 0 })
    return true
  }

  const port: Groups = {
    open: async (name, from) => {
      if (!opened.has(name) && from === 'end') of(name).position = source.head()
      opened.add(name)
    },
    position: (name) => of(name).position,
    deliveries: (name, limit) => [...of(name).deliveries.values()].sort((a, b) => a.visibleAt - b.visibleAt).slice(0, limit),
    claim: async (wish) => claim(wish),
    retake: async (name, seen, visibleAt) => change(name, seen, { ...seen, tries: seen.tries + 1, visibleAt }),
    finish: async (name, position) => void of(name).deliveries.delete(position),
    postpone: async (name, seen, visibleAt) => void change(name, seen, { position: seen.position, tries: seen.tries, visibleAt }),
    park: async (name, { position, tries, visibleAt }, reason, at) => {
      if (change(name, { position, tries, visibleAt }, undefined)) of(name).parked.set(position, { position, reason, tries, at })
    },
    isOwn: () => true,
  }

  const parked = (name: string): readonly Parked[] =>
    [...of(name).parked.values()].map(({ position, ...why }) => ({ group: name, event: source.event(position), ...why }))

  /** Takes them out of the parked ones. */
  const unpark = (name: string, eventId: string | undefined): readonly number[] => {
    const waiting = of(name).parked
    const chosen = [...waiting.keys()].filter((position) => eventId === undefined || source.event(position).id === eventId)
    for (const position of chosen) waiting.delete(position)
    return chosen
  }

  const replay = (name: string, eventId: string | undefined): number => {
    const chosen = unpark(name, eventId)
    for (const position of chosen) of(name).deliveries.set(position, { position, tries: 0, visibleAt: clock.nowMs() })
    return chosen.length
  }

  const drop = (name: string, eventId: string): number => unpark(name, eventId).length

  return { port, parked, replay, drop, names: (): readonly string[] => [...opened].sort() }
}
