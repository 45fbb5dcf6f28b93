import type { Party } from './party.ts'

/** Which server is driven, and how the person takes part. */
export type Kind = 'broker' | 'pages' | 'peer' | 'peer-one' | 'floor'

/** What a load process is told. */
export type Order = {
  readonly kind: Kind
  readonly party: Party
  readonly issuer: string
  /** Where users connect, in turn: more than one where several processes share the work. */
  readonly ports: readonly number[]
  readonly pids: readonly number[]
  readonly users: number
  /** So many people were here before. */
  readonly offset: number
  /** Logins that are not counted. */
  readonly warmUp: number
  /** Ends after so many seconds or so many logins, whatever comes first. */
  readonly seconds: number
  readonly logins: number
  /** Logins that are taken step by step afterwards. */
  readonly steps: number
}

export type StepMeasured = { readonly name: string; readonly cpuUs: number; readonly p50Ms: number; readonly p99Ms: number }

export type Measured = {
  readonly logins: number
  readonly seconds: number
  /** Per second of the servers' processor time, whatever thread used it. */
  readonly loginsPerCore: number
  readonly loginsPerS: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMib: number
  /** Processor time of the load process itself for a login, microseconds. */
  readonly driverUs: number
  /** How many people were used up. */
  readonly people: number
  readonly steps: readonly StepMeasured[]
  readonly mistakes: readonly string[]
}
