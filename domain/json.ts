/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = { readonly [member: string]: unknown }

/** An object as JSON means it: no list, and not null. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object that a text holds, or undefined where it holds anything else. */
export const parseObject = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
