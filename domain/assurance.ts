import type { Factor } from './ports.ts'
import type { Policy } from '../schemas/generated.ts'

type Acr = { readonly acr: string; readonly factors: readonly Factor[] }

type Assuring = Pick<Policy, 'assurance'>

const known = (policy: Assuring, acr: string): Acr | undefined => policy.assurance.acrs.find((row) => row.acr === acr)

const ACR = /^[\x21-\x7e]{1,200}$/
const ACRS_MAX = 16

/** The contexts that a request names, best first, each once; what can be no name of one is left out. */
export const readAcrs = (values: readonly string[]): readonly string[] =>
  [...new Set(values)].filter((value) => ACR.test(value)).slice(0, ACRS_MAX)

/** Which of the wanted contexts can be met here, in their order: the ID system must offer every factor of it. */
export const availableAcrs = (policy: Assuring, wanted: readonly string[], offered: readonly Factor[]): readonly string[] =>
  wanted.filter((acr) => known(policy, acr)?.factors.every((factor) => offered.includes(factor)))

/** The factors that lead to these contexts, best first, each once. */
export const factorsFor = (policy: Policy, acrs: readonly string[]): readonly Factor[] => [
  ...new Set(acrs.flatMap((acr) => known(policy, acr)?.factors ?? [])),
]

/** What a login aims at: the contexts that were asked for, best first (none: any), and the factors that could be had when it began. */
type Aim = { readonly acrs: readonly string[]; readonly factors: readonly Factor[] }

const aimed = (policy: Policy, { acrs, factors }: Aim): readonly Acr[] => {
  const wanted = acrs.length > 0 ? acrs : policy.assurance.acrs.map((row) => row.acr)
  return availableAcrs(policy, wanted, factors).flatMap((acr) => known(policy, acr) ?? [])
}

/**
 * The ways that lead on to a context that is aimed at: the next factor of each, in the order in which it asks for them, so that no
 * message is sent for a second factor before the first is proven. First comes what was begun, then what was asked for first.
 */
export const nextFactors = (policy: Policy, aim: Aim, proven: readonly Factor[]): readonly Factor[] => {
  const rows = aimed(policy, aim)
  const isBegun = ({ factors }: Acr): boolean => factors.some((factor) => proven.includes(factor))
  const ordered = [...rows.filter(isBegun), ...rows.filter((row) => !isBegun(row))]
  return [...new Set(ordered.flatMap(({ factors }) => factors.find((factor) => !proven.includes(factor)) ?? []))]
}

/** The one context to state (rule 33): the first requested that the proven factors meet, else the first of the policy that they meet. */
export const acrMet = (policy: Policy, requested: readonly string[], proven: readonly Factor[]): string | undefined => {
  const order = requested.length > 0 ? requested : policy.assurance.acrs.map((row) => row.acr)
  return order.find((acr) => known(policy, acr)?.factors.every((factor) => proven.includes(factor)))
}
