/** Spoken easily: no 0 O 1 I L. */
export const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

/**
 * Four characters of a transaction that the page shows and the message with the code begins with: a relayed login shows a
 * different pair. Derived from the public id, so it says nothing about the person.
 */
export const referenceOf = (transaction: string): string => {
  let mix = 0
  for (const character of transaction) mix = (mix * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return Array.from({ length: 4 }, (_, index) => LETTERS[Math.floor(mix / LETTERS.length ** index) % LETTERS.length]).join('')
}
