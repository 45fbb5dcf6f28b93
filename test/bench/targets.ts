import type { Figures } from './report.ts'

/** What is to be reached, and whether it is. */
export type Target = { readonly what: string; readonly wanted: string; readonly found: string; readonly met: boolean }

const atLeast = (what: string, wanted: number, found: number, unit: string, digits = 0): Target => ({
  what,
  wanted: `at least ${wanted}${unit}`,
  found: `${found.toFixed(digits)}${unit}`,
  met: found >= wanted,
})

const under = (what: string, wanted: number, found: number, unit: string): Target => ({
  what,
  wanted: `under ${wanted}${unit}`,
  found: `${found.toFixed(0)}${unit}`,
  met: found < wanted,
})

export const targetsOf = (figures: Figures): readonly Target[] => [
  atLeast('logins/s of a core, beside node-oidc-provider in memory', 1.5, figures.ratio_peer, ' times', 2),
  atLeast('logins/s of a core, beside the floor', 75, figures.ratio_floor * 100, ' %'),
  under('p99 of a login', 100, figures.p99_ms, ' ms'),
  under('resident memory', 250, figures.rss_mib, ' MiB'),
  under('log of a login', 8000, figures.bytes_per_login, ' bytes'),
  atLeast('events/s told again by the slowest projection', 50_000, figures.rebuild_events_per_s, ''),
  atLeast("sign-ins/s of a core replayed under today's rules", 2000, figures.replay_tx_per_s, ''),
]
