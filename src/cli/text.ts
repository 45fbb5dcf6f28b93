/** A value of a state in one line that can be broken between its members. */
export const stringify = (value: unknown): string => {
  if (value === null || value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1).replace(/\n */g, ' ')
}
