/** What a stream is about. The part of its name before the first hyphen says it. */
export const KINDS = [
  'transaction',
  'person',
  'consent',
  'client',
  'artefact',
  'signing-key',
  'look',
  'checkpoint',
  'deployment',
  'denial',
  'parked',
  'projection',
] as const

export type Kind = (typeof KINDS)[number]

export type Path = 'trusted' | 'unknown'

const PREFIXES: Readonly<Record<string, Kind>> = {
  authorization: 'transaction',
  person: 'person',
  consent: 'consent',
  client: 'client',
  artefact: 'artefact',
  signingKey: 'signing-key',
  look: 'look',
  checkpoint: 'checkpoint',
  denial: 'denial',
  parked: 'parked',
  projection: 'projection',
  deployment: 'deployment',
}

export const kindOf = (stream: string): Kind | undefined => {
  const hyphen = stream.indexOf('-')
  const prefix = stream.slice(0, Math.max(0, hyphen))
  return Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix] : undefined
}

/** What stands after the first hyphen. */
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1)

export const transactionStream = (transaction: string): string => `authorization-${transaction}`
export const clientStream = (client: string): string => `client-${client}`
export const consentStream = (consent: string): string => `consent-${consent}`
export const signingKeyStream = (kid: string): string => `signingKey-${kid}`
export const lookStream = (look: string): string => `look-${look}`
/** Checkpoints of the audit log, the newest last. */
export const CHECKPOINTS = 'checkpoint-audit'
/** Which nodes started on this store: one stream. */
export const DEPLOYMENT_STREAM = 'deployment-nodes'
/** How often an ID system was opened anew. */
export const PLUGIN_STREAMS = 'deployment-plugin.'
export const pluginStream = (idSystem: string): string => `${PLUGIN_STREAMS}${idSystem}`
export const denialStream = (denial: string): string => `denial-${denial}`
/** What operators did with an event that a group had parked. */
export const parkedStream = (id: string): string => `parked-${id}`
/** Orders to give readers other rows of a projection. */
export const projectionStream = (name: string): string => `projection-${name}`
export const artefactStream = (digest: string): string => `artefact-${digest}`

/** Whose stream it is, of the streams of a person. */
export const personOfStream = (stream: string): string => idOf(stream).split('.')[0] ?? ''

/** Counters of one path of one person (rule 21). */
export const attemptsStream = (person: string, path: Path): string => `person-${person}.${path}`
/** What a person was told without having asked. */
export const noticesStream = (person: string): string => `person-${person}.notices`
/** How a person is erased. */
export const erasureStream = (person: string): string => `person-${person}.erasure`
export const devicesStream = (person: string): string => `person-${person}.devices`
