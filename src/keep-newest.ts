/** Puts a value last in a map that holds at most `max`: the one put in longest ago makes room. */
export const keepNewest = <Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void => {
  map.delete(key)
  map.set(key, value)
  if (map.size > max) for (const oldest of map.keys()) if (map.delete(oldest)) break
}
