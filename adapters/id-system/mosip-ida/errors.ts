import { DENIED, failed, WRONG, type Failed } from '../wire.ts'

/**
 * What the codes of ID Authentication 1.2 mean here. Codes about a person, and about what a person handed in, are told without
 * themselves: from `DENIED` and `WRONG` nobody learns whether somebody is known (rule 22).
 */
const GROUPS: readonly (readonly [kind: Failed, codes: string])[] = [
  // No such number or none in force, no contact, this kind of proof locked or not there for the person, frozen after wrong codes.
  [DENIED, 'MLC-002 MLC-003 MLC-004 MLC-005 MLC-010 MLC-014 MLC-017 MLC-018 MLC-019 MLC-022 MLC-023'],
  [DENIED, 'MLC-026 MLC-027 MLC-028 MLC-029 BIA-006 OTA-006 OTA-007 SPA-002 PSD-002'],
  // A code that is over, wrong, or of another login, person or partner; another PIN, password, face, finger or iris.
  [WRONG, 'OTA-003 OTA-004 OTA-005 OTA-010 OTA-011 SPA-001 PSD-001 BIA-001'],
  // A capture that can never be right: doubles, too many, not what it says, of another transaction, too old.
  [failed('invalid_input'), 'BIA-002 BIA-003 BIA-007 BIA-008 BIA-009 BIA-010 BIA-011 BIA-014 BIA-015 MLC-016 MLC-030 MLC-031'],
  // Too many codes were asked for.
  [failed('rate_limited'), 'OTA-001'],
  // A token for facts that is unknown, over, spent, or of another client, transaction or number.
  [failed('session_expired'), 'KYE-001 KYE-002 KYE-003 KYE-004 KYE-005 KYE-007'],
]

/** It could not do its work now; everything else that it says of a request is for the operator. */
const PASSING: readonly string[] = ['IDA-OTA-002', 'IDA-MLC-007', 'IDA-MLC-020', 'IDA-MLC-021', 'IDA-BIA-016', 'IDA-BIA-017', 'IDA-BIA-018']

const MEANS: ReadonlyMap<string, Failed> = new Map(
  GROUPS.flatMap(([kind, codes]) => codes.split(' ').map((code) => [`IDA-${code}`, kind] as const)),
)

/** Nobody has such a number: IDA says that of the form of a question, and only its words tell of which member. */
const isAboutTheId = (code: string, message: string): boolean => code === 'IDA-MLC-009' && message.includes('individualId')

/** IDA opens requests with a key that it has no more. */
export const isAboutTheKey = (code: string | undefined): boolean => code === 'IDA-MPA-003' || code === 'IDA-MPA-004'

export const meaningOf = (code: string, message: string): Failed | undefined => {
  if (isAboutTheId(code, message)) return DENIED
  const known = MEANS.get(code)
  if (known !== undefined || PASSING.includes(code)) return known
  return /^(IDA-(MPA|MLC|BIA|OTA|KYE|DPM)|PMS)[-_]/.test(code) ? failed('misconfigured', code) : undefined
}
