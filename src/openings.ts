import type { Begun, IdSystems, OpenIdSystem } from './world.ts'

/** What serves new logins under one id, and what only finishes those that it began with, newest first. */
type Place = { readonly serving: OpenIdSystem; readonly older: readonly OpenIdSystem[] }

export type Openings = IdSystems & {
  /** It takes the new logins of its id from now on. What took them before is still found by its own. */
  readonly put: (opened: OpenIdSystem) => void
  /** Nobody finds it any more. It must not be one that serves. */
  readonly drop: (opened: OpenIdSystem) => void
  /** Everything that is open, the newest of each id first. */
  readonly all: () => readonly OpenIdSystem[]
}

/** Which opening of which ID system a login goes to: the one lookup that there is. */
export const openings = (first: readonly OpenIdSystem[]): Openings => {
  const places = new Map<string, Place>(first.map((opened) => [opened.description.id, { serving: opened, older: [] }]))
  const begun = ({ id, generation }: Begun): OpenIdSystem | undefined => {
    const place = places.get(id)
    return place?.older.find((opened) => opened.generation === generation) ?? place?.serving
  }
  return {
    serving: () => [...places.values()].map(({ serving }) => serving),
    named: (id) => places.get(id)?.serving,
    begun,
    put: (opened) => {
      const { id } = opened.description
      const place = places.get(id)
      places.set(id, { serving: opened, older: place === undefined ? [] : [place.serving, ...place.older] })
    },
    drop: (dropped) => {
      const { id } = dropped.description
      const place = places.get(id)
      if (place !== undefined) places.set(id, { ...place, older: place.older.filter((opened) => opened !== dropped) })
    },
    all: () => [...places.values()].flatMap(({ serving, older }) => [serving, ...older]),
  }
}
