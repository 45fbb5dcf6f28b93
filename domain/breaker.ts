/**
 * When somebody is guessing: a slice (a network, a relying party, everybody) whose share of failures is far from what it usually is.
 * Per-person counters do not see who tries one secret on many people (audit-and-operations 6.3).
 */
export type Slice = { readonly attempts: number; readonly failures: number }

/** Standard deviations that chance alone does not reach. */
const DEVIATIONS = 5

/** Attempts below which a share says nothing. */
const ATTEMPTS_MIN = 30

/** People mistype about one proof in seven; taken where too little is known of the days before. */
const USUAL = 0.15

/** What a usual share is taken for at least and at most: a week of attack must not make an attack look usual. */
const LEAST = 0.05
const MOST = 0.35

/** Attempts of the days before that make a baseline. */
const KNOWN_MIN = 200

/** The usual share of failures, of the same hour of the days before. */
export const usualShare = (past: readonly Slice[]): number => {
  const attempts = past.reduce((sum, slice) => sum + slice.attempts, 0)
  const failures = past.reduce((sum, slice) => sum + slice.failures, 0)
  return attempts < KNOWN_MIN ? USUAL : Math.min(MOST, Math.max(LEAST, failures / attempts))
}

/** How many failures more than usual, in standard deviations of the binomial distribution. */
export const deviation = ({ attempts, failures }: Slice, usual: number): number =>
  attempts === 0 ? 0 : (failures - attempts * usual) / Math.sqrt(attempts * usual * (1 - usual))

/** Whether unknown devices of this slice must first show that guessing is dear to them. */
export const isAttacked = (slice: Slice, usual: number): boolean => slice.attempts >= ATTEMPTS_MIN && deviation(slice, usual) > DEVIATIONS

/** Messages of an hour that no success followed, from one network: more is no crowd of people who changed their mind. */
const UNANSWERED_MAX = 60

/** Messages cost money and wake people: many of them without a success are an attack of their own. */
export const isFlooded = (messages: number, { attempts, failures }: Slice): boolean => {
  const unanswered = messages - Math.max(0, attempts - failures)
  return unanswered > UNANSWERED_MAX && unanswered > messages / 2
}
