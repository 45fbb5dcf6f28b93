/** A threshold on a clock: whatever is longer, or whatever is shorter, is taken for the second kind. */
type Rule = { readonly ms: number; readonly longer: boolean }

const share = ({ ms, longer }: Rule, one: readonly number[], other: readonly number[]): number => {
  const told = [...one.filter((value) => value > ms !== longer), ...other.filter((value) => value > ms === longer)]
  return told.length / (one.length + other.length)
}

const best = (one: readonly number[], other: readonly number[]): Rule => {
  const rules = [...one, ...other].flatMap((ms) => [true, false].map((longer): Rule => ({ ms, longer })))
  return rules.reduce((found, rule) => (share(rule, one, other) > share(found, one, other) ? rule : found), { ms: 0, longer: true })
}

/** Thresholds that are tried: more teach the attacker nothing, and each costs a look at all values. */
const TRIED_MAX = 400

const thinned = (values: readonly number[]): readonly number[] => {
  const sorted = values.toSorted((a, b) => a - b)
  const step = Math.max(1, Math.floor(sorted.length / TRIED_MAX))
  return sorted.filter((_, index) => index % step === 0)
}

/** How often somebody with a clock tells two kinds apart, who learned on one half of the answers and guesses at the other. 0.5 is a coin. */
export const accuracy = (one: readonly number[], other: readonly number[]): number => {
  const half = (values: readonly number[], which: number): readonly number[] => values.filter((_, index) => index % 2 === which)
  return share(best(thinned(half(one, 0)), thinned(half(other, 0))), half(one, 1), half(other, 1))
}
