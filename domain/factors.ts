import type { Factor } from './ports.ts'

/**
 * Everything known about each factor. `amr` is its name in RFC 8176 (where the registry has none that says more, the nearest),
 * `sent`: something has to be delivered to the person first.
 */
export const FACTORS: Readonly<Record<Factor, { readonly amr: string; readonly sent: boolean }>> = {
  otp: { amr: 'otp', sent: true },
  pin: { amr: 'pin', sent: false },
  password: { amr: 'pwd', sent: false },
  biometrics: { amr: 'user', sent: false },
  knowledge: { amr: 'kba', sent: false },
  wallet: { amr: 'hwk', sent: false },
}

export const amrOf = (factors: readonly Factor[]): readonly string[] => [...new Set(factors.map((factor) => FACTORS[factor].amr))]
