/** A member that its schema says is text; the empty text for anything else. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
