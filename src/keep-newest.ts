/**
 * Where the oldest of a map is looked for: a look from the beginning would pass everything that was removed, each time anew. It never ends,
 * since what it passed is removed and what is put in stands last.
 */
const fronts = new WeakMap<object, Iterator<unknown, undefined>>()

const frontOf = <Key>(map: Map<Key, unknown>): Iterator<Key, undefined> => {
  const front = (fronts.get(map) ?? map.keys()) as Iterator<Key, undefined>
  fronts.set(map, front)
  return front
}

/** Puts a value last in a map that holds at most `max`: the one put in longest ago makes room. */
export const keepNewest = <Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void => {
  map.delete(key)
  map.set(key, value)
  if (map.size <= max) return
  const oldest = frontOf(map).next()
  if (oldest.done !== true) map.delete(oldest.value)
}
