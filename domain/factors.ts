import type { Factor } from './ports.ts'

/** What a factor shows: that somebody knows, has or is something. */
type Kind = 'knows' | 'has' | 'is'

/**
 * Everything known about each factor. `amr` is its name in RFC 8176 (where the registry has none that says more, the nearest),
 * `sent`: something has to be delivered to the person first. What others know of a person as well is of no kind: it adds to nothing.
 */
export const FACTORS: Readonly<Record<Factor, { readonly amr: string; readonly sent: boolean; readonly kind?: Kind }>> = {
  otp: { amr: 'otp', sent: true, kind: 'has' },
  pin: { amr: 'pin', sent: false, kind: 'knows' },
  password: { amr: 'pwd', sent: false, kind: 'knows' },
  biometrics: { amr: 'user', sent: false, kind: 'is' },
  knowledge: { amr: 'kba', sent: false },
  wallet: { amr: 'hwk', sent: false, kind: 'has' },
}

/** What really happened, by RFC 8176 names. Two passwords are not two factors: `mfa` stands only where two kinds came together. */
export const amrOf = (factors: readonly Factor[]): readonly string[] => {
  const names = [...new Set(factors.map((factor) => FACTORS[factor].amr))]
  const kinds = new Set(factors.flatMap((factor) => FACTORS[factor].kind ?? []))
  return kinds.size > 1 ? [...names, 'mfa'] : names
}
