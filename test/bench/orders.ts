import type { Party } from './party.ts'

/** Which server is driven, and how the person takes part. */
export type Kind = 'broker' | 'pages' | 'bound' | 'peer' | 'peer-one' | 'floor'

/** What a load process is told. */
export type Order = {
  readonly kind: Kind
  readonly party: Party
  readonly issuer: string
  /** Where users connect, in turn: more than one where several processes share the work. */
  readonly ports: readonly number[]
  readonly pids: readonly number[]
  /** How the ports share the work: by users (each stays at one), or by requests (each goes to the next). */
  readonly spread?: 'users' | 'requests'
  readonly users: number
  /** So many relying parties take turns, alike but for the number that their names end in; absent: the one. */
  readonly clients?: number
  /** So many people were here before. */
  readonly offset: number
  /** Logins that are not counted. */
  readonly warmUp: number
  /** Ends after so many seconds or so many logins, whatever comes first. */
  readonly seconds: number
  readonly logins: number
  /** Logins that are taken step by step afterwards. */
  readonly steps: number
  /** Port of the first server's inspector: its main thread is profiled while steps are taken. */
  readonly inspector?: number
}

export type StepMeasured = {
  readonly name: string
  /** Processor time of the servers for one login, microseconds, and by thread. */
  readonly cpuUs: number
  readonly threadsUs: Readonly<Record<string, number>>
  readonly p50Ms: number
  readonly p99Ms: number
  /** Only with an inspector: of the main thread, microseconds for one login, by part of the house and by function. */
  readonly partsUs?: Readonly<Record<string, number>>
  readonly functionsUs?: readonly (readonly [name: string, us: number])[]
}

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
