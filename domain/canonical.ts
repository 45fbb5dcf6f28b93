import type { Json } from './ports.ts'

/**
 * RFC 8785: the one way to write a JSON value, for digests. Members whose value is undefined are left out.
 * Numbers and strings are written by JSON.stringify, whose form the RFC adopts; keys are ordered by UTF-16 code units.
 */
export const canonical = (value: Json | undefined): string => {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = value as { readonly [key: string]: Json | undefined }
    const keys = Object.keys(members).filter((key) => members[key] !== undefined)
    // The default order of sort() is by UTF-16 code units, as RFC 8785 §3.2.3 asks.
    return `{${keys
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(members[key])}`)
      .join(',')}}`
  }
  return JSON.stringify(value ?? null)
}
