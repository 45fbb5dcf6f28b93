import type { Json } from './plugin.ts'

// What the schemas of this contract are made of.

export const object = (required: Readonly<Record<string, Json>>, optional: Readonly<Record<string, Json>> = {}): Json => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(required),
  properties: { ...required, ...optional },
})

export const list = (items: Json, bounds: { readonly minItems?: number; readonly maxItems: number }): Json => ({
  type: 'array',
  items,
  uniqueItems: true,
  ...bounds,
})

/** Words for the person: BCP 47 tag -> text, English at least. */
export const languages = (maxLength: number): Json => ({
  type: 'object',
  required: ['en'],
  maxProperties: 50,
  propertyNames: { pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' },
  additionalProperties: { type: 'string', minLength: 1, maxLength },
})

export const isPattern = (pattern: string): boolean => {
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

/** Whether a group that repeats holds something that repeats: such a pattern can take for ever, and the broker matches what people type. */
export const canTakeForEver = (pattern: string): boolean => {
  const plain = pattern.replace(/\\./gs, 'x').replace(/\[[^\]]*\]/g, 'x')
  const repeats = /[*+]|\{\d+,\d*\}/
  for (let rest = plain; ;) {
    const group = /\(([^()]*)\)([*+]|\{\d+,?\d*\})?/.exec(rest)
    if (group === null) return false
    const [whole, inside = '', times] = group
    if (times !== undefined && repeats.test(inside)) return true
    // Seen from outside the group is one thing, that repeats where it did inside.
    rest = rest.replace(whole, () => (times !== undefined || repeats.test(inside) ? 'x+' : 'x'))
  }
}
