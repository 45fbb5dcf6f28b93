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
