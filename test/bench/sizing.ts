import { round } from './figures.ts'

/** What one run measured, and what the arithmetic takes from it. */
export type Measures = {
  /** With the closing of each login counted in. */
  readonly loginsPerCore: number
  readonly bytesPerLogin: number
  /** Of what readers see; may be made again from the log. */
  readonly viewBytesPerLogin: number
  readonly keyBytesPerPerson: number
  readonly rebuildEventsPerS: number
  readonly eventsPerLogin: number
}

/** How a country uses it; every number is an assumption that a reader may replace. */
export type Country = {
  readonly people: number
  readonly loginsPerPersonAndYear: number
  /** Of a day's logins, in its busiest hour. */
  readonly busiestHour: number
  /** How much busier the busiest day of the year is. */
  readonly busiestDay: number
}

export type Need = {
  readonly people: number
  readonly loginsPerYear: number
  readonly peakPerS: number
  /** At the target load of a core. */
  readonly cores: number
  readonly nodes: number
  readonly bytesPerYear: number
  readonly viewBytesPerYear: number
  readonly keyBytes: number
  /** Seconds to tell a year's log again, one projection. */
  readonly rebuildS: number
}

export const ASSUMED: Omit<Country, 'people'> = { loginsPerPersonAndYear: 24, busiestHour: 0.1, busiestDay: 2 }

export const PEOPLE = [10e6, 50e6, 1400e6] as const

/** A core is planned to be busy for this share at the peak: the rest is for the operating system, a node that fails, and surprises. */
export const BUSY = 0.5
/** Cores of one node: two for brokers, the others for the system and TLS are not counted here. */
export const CORES_PER_NODE = 4
/** So that one node may fail and one be replaced. */
export const NODES_MIN = 3

const DAYS = 365
const HOUR_S = 3600

export const needOf = ({ people, loginsPerPersonAndYear, busiestHour, busiestDay }: Country, measures: Measures): Need => {
  const loginsPerYear = people * loginsPerPersonAndYear
  const peakPerS = ((loginsPerYear / DAYS) * busiestDay * busiestHour) / HOUR_S
  const cores = peakPerS / (measures.loginsPerCore * BUSY)
  return {
    people,
    loginsPerYear,
    peakPerS,
    cores,
    nodes: Math.max(NODES_MIN, Math.ceil(cores / CORES_PER_NODE) + 1),
    bytesPerYear: loginsPerYear * measures.bytesPerLogin,
    viewBytesPerYear: loginsPerYear * measures.viewBytesPerLogin,
    keyBytes: people * measures.keyBytesPerPerson,
    rebuildS: (loginsPerYear * measures.eventsPerLogin) / measures.rebuildEventsPerS,
  }
}

const digits = (value: number): string => {
  if (value >= 1e9) return `${round(value / 1e9, 1)} thousand million`
  if (value >= 1e6) return `${round(value / 1e6, value >= 1e7 ? 0 : 1)} million`
  return value >= 1000 ? `${round(value / 1000, 1)} thousand` : String(round(value, value >= 10 ? 0 : 1))
}

const bytes = (value: number): string => {
  if (value >= 1e12) return `${round(value / 1e12, 1)} TB`
  return value >= 1e9 ? `${round(value / 1e9, 1)} GB` : `${round(value / 1e6)} MB`
}

const duration = (seconds: number): string => (seconds >= 86_400 ? `${round(seconds / 86_400, 1)} days` : `${round(seconds / 3600, 1)} h`)

/** The values that the page's template takes, by name. */
export const valuesOf = (
  measures: Measures,
  when: { readonly machine: string; readonly date: string },
): Readonly<Record<string, string>> => {
  const needs = PEOPLE.map((people) => needOf({ people, ...ASSUMED }, measures))
  const [first] = needs
  if (first === undefined) throw new Error('no country')
  const per = (pick: (need: Need) => string): string => needs.map(pick).join(' | ')
  return {
    ...when,
    logins_per_core: String(round(measures.loginsPerCore, 1)),
    planned_per_core: String(round(measures.loginsPerCore * BUSY, 1)),
    per_node: String(round(measures.loginsPerCore * BUSY * CORES_PER_NODE)),
    cores_per_node: String(CORES_PER_NODE),
    nodes_min: String(NODES_MIN),
    busy: String(BUSY * 100),
    bytes_per_login: String(round(measures.bytesPerLogin)),
    view_bytes: String(round(measures.viewBytesPerLogin)),
    key_bytes: String(round(measures.keyBytesPerPerson)),
    bytes_per_million: bytes(measures.bytesPerLogin * 1e6),
    events_per_login: String(round(measures.eventsPerLogin, 1)),
    rebuild: String(round(measures.rebuildEventsPerS)),
    logins_per_person: String(ASSUMED.loginsPerPersonAndYear),
    busiest_hour: String(ASSUMED.busiestHour * 100),
    busiest_day: String(ASSUMED.busiestDay),
    row_logins: per((need) => digits(need.loginsPerYear)),
    row_peak: per((need) => String(round(need.peakPerS))),
    row_cores: per((need) => String(round(need.cores, 1))),
    row_nodes: per((need) => String(need.nodes)),
    row_storage: per((need) => bytes(need.bytesPerYear)),
    row_views: per((need) => bytes(need.viewBytesPerYear)),
    row_keys: per((need) => bytes(need.keyBytes)),
    row_rebuild: per((need) => duration(need.rebuildS)),
    example_year: digits(first.loginsPerYear),
    example_day: digits(first.loginsPerYear / DAYS),
    example_peak: String(round(first.peakPerS, 1)),
    example_cores: String(round(first.cores, 2)),
    example_bytes: bytes(first.bytesPerYear),
  }
}

/** A template with `{{name}}` in it. Throws for a name that has no value, so that no page is half filled. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{\{([a-z_]+)\}\}/g, (_whole, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`the template wants ${name}, which nothing gives`)
    return value
  })
