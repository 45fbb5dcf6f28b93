/**
 * Why an answer of a biometric reader is not taken. A closed list: each has its family of sentences, and none says anything about the
 * person. `failed` and the others that a reader says of itself stand here too, since its answer carries them.
 */
export type CaptureFault =
  // The form of the answer.
  | 'missing'
  | 'too_large'
  | 'unreadable'
  | 'count'
  | 'duplicate'
  // Who signed it.
  | 'unsigned'
  | 'algorithm'
  | 'certificate_missing'
  | 'certificate_unfit'
  | 'certificate_unknown'
  | 'certificate_refused'
  | 'certificate_expired'
  | 'certificate_early'
  | 'signature'
  | 'identity'
  // What it was made for.
  | 'spec_version'
  | 'environment'
  | 'purpose'
  | 'domain'
  | 'transaction'
  | 'used'
  | 'stale'
  | 'ahead'
  // What was captured.
  | 'type'
  | 'subtype'
  | 'quality'
  // What the reader says of itself.
  | ReaderFault

/** Faults that a reader reports by a code of the interface, or that show while the page speaks to it. */
export type ReaderFault =
  'unregistered' | 'nothing' | 'tampered' | 'offline' | 'absent' | 'not_offered' | 'not_ready' | 'busy' | 'no_key' | 'failed'

/** What a person is told: several faults share one, since the way on is the same. `none` and `blocked`, `late` and `lost` only the page can see. */
export const CAPTURE_FAMILIES = [
  'none',
  'blocked',
  'lost',
  'late',
  'busy',
  'not_ready',
  'unregistered',
  'tampered',
  'offline',
  'nothing',
  'weak',
  'other',
  'damaged',
  'untrusted',
  'expired',
  'stale',
  'mixed',
  'failed',
] as const

export type CaptureFamily = (typeof CAPTURE_FAMILIES)[number]

const FAMILIES: Readonly<Record<CaptureFault, CaptureFamily>> = {
  missing: 'damaged',
  too_large: 'damaged',
  unreadable: 'damaged',
  count: 'other',
  duplicate: 'damaged',
  unsigned: 'untrusted',
  algorithm: 'untrusted',
  certificate_missing: 'untrusted',
  certificate_unfit: 'untrusted',
  certificate_unknown: 'untrusted',
  certificate_refused: 'untrusted',
  certificate_expired: 'expired',
  certificate_early: 'expired',
  signature: 'untrusted',
  identity: 'untrusted',
  spec_version: 'untrusted',
  environment: 'untrusted',
  purpose: 'untrusted',
  domain: 'mixed',
  transaction: 'mixed',
  used: 'mixed',
  stale: 'stale',
  ahead: 'stale',
  type: 'other',
  subtype: 'other',
  quality: 'weak',
  unregistered: 'unregistered',
  nothing: 'nothing',
  tampered: 'tampered',
  offline: 'offline',
  absent: 'lost',
  not_offered: 'other',
  not_ready: 'not_ready',
  busy: 'busy',
  no_key: 'offline',
  failed: 'failed',
}

export const familyOf = (fault: CaptureFault): CaptureFamily => FAMILIES[fault]

/** Error codes of the interface. Codes of vendors (5xx) and all others are `failed`. */
const CODES: Readonly<Record<string, CaptureFault>> = {
  '100': 'unregistered',
  '101': 'nothing',
  '102': 'quality',
  '103': 'tampered',
  '104': 'offline',
  '105': 'quality',
  '106': 'absent',
  '107': 'certificate_expired',
  '108': 'no_key',
  '109': 'not_offered',
  '110': 'not_ready',
  '111': 'busy',
  '112': 'transaction',
}

export const faultOfCode = (code: string): CaptureFault => (Object.hasOwn(CODES, code) ? CODES[code] : undefined) ?? 'failed'

/** For the page, which shows the same sentences for what a reader says to it. */
export const FAMILIES_OF_CODES: Readonly<Record<string, CaptureFamily>> = Object.fromEntries(
  Object.entries(CODES).map(([code, fault]) => [code, familyOf(fault)]),
)
