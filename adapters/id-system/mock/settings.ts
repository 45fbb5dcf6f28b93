import { fileURLToPath } from 'node:url'
import type { Json } from '../plugin.ts'

/** What can be made to go wrong, for drills and tests. */
export type Faults = {
  /** Every call waits this long first, milliseconds. */
  readonly slowMs: number
  /** Every call answers `unavailable`. */
  readonly outage: boolean
  /** Every call answers what the contract does not allow. */
  readonly wrongAnswers: boolean
  /** People who are blocked besides those whom the people file says: any identifier of theirs. */
  readonly blocked: readonly string[]
}

export type MockSettings = {
  readonly people: string
  /** Folder of the key pair that readers encrypt for; absent: `readers` in the data directory. */
  readonly readers?: string
  readonly otpValidForS: number
  readonly sessionLifetimeS: number
  readonly faults: Faults
}

const NO_FAULTS: Faults = { slowMs: 0, outage: false, wrongAnswers: false, blocked: [] }

export const SESSION_LIFETIME_S = 600

export const OTP_VALID_FOR_S = 180

/** The fictional people of Almaria. */
export const DEMO_PEOPLE = fileURLToPath(new URL('../../../ops/demo/people.json', import.meta.url))

export const settingsSchema: { readonly [key: string]: Json } = {
  type: 'object',
  additionalProperties: false,
  properties: {
    people: { type: 'string', minLength: 1, maxLength: 4096, default: DEMO_PEOPLE, description: 'Path of the people file.' },
    readers: {
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      description: 'Folder with key.pem and certificate.pem, for which biometric readers encrypt.',
    },
    otpValidForS: { type: 'integer', minimum: 30, maximum: 600, default: OTP_VALID_FOR_S, description: 'How long a code works, seconds.' },
    sessionLifetimeS: {
      type: 'integer',
      minimum: 10,
      maximum: SESSION_LIFETIME_S,
      default: SESSION_LIFETIME_S,
      description: 'How long facts can be released after a proof, seconds.',
    },
    faults: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'Where it starts; the control file changes it while it runs.',
      properties: {
        slowMs: { type: 'integer', minimum: 0, maximum: 60_000, default: 0 },
        outage: { type: 'boolean', default: false },
        wrongAnswers: { type: 'boolean', default: false },
        blocked: { type: 'array', maxItems: 1000, items: { type: 'string', maxLength: 320 }, default: [] },
      },
    },
  },
}

/** Settings that were checked against the schema; what is left out takes its default. */
export const readSettings = (given: { readonly [key: string]: Json }): MockSettings => {
  const defaults: MockSettings = {
    people: DEMO_PEOPLE,
    otpValidForS: OTP_VALID_FOR_S,
    sessionLifetimeS: SESSION_LIFETIME_S,
    faults: NO_FAULTS,
  }
  // The schema above is this type, word for word.
  const checked = given as Partial<MockSettings>
  return { ...defaults, ...checked, faults: { ...NO_FAULTS, ...checked.faults } }
}
