import type { DocumentFault, RemoteDocuments } from '../../domain/ports.ts'
import { isObject } from '../../domain/json.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

/** What a relying party publishes of the redirect URIs that share its subjects, or why it could not be had. */
export type SectorDocument = { readonly uris: readonly string[] } | { readonly problem: string }

type Members = { readonly [member: string]: unknown }

const URIS_MAX = 1000

const WHY: Readonly<Record<DocumentFault, string>> = {
  address: 'lies in a network that is not public',
  unreachable: 'cannot be reached',
  late: 'does not answer in time',
  status: 'does not answer with 200',
  type: 'is not application/json',
  size: 'is larger than 64 KiB',
}

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown
  } catch {
    return undefined
  }
}

/** The document that a registration names, fetched once, when it is registered (OpenID Connect Core §8.1, Registration §5). */
export const readSectorDocument = async (documents: RemoteDocuments, registration: unknown): Promise<SectorDocument | undefined> => {
  const uri = isObject(registration) ? registration['sector_identifier_uri'] : undefined
  if (typeof uri !== 'string') return undefined
  const read = await documents.get(uri)
  if (!read.ok) return { problem: WHY[read.fault] }
  const uris = parse(read.body)
  const isList = Array.isArray(uris) && uris.length <= URIS_MAX && uris.every((item) => typeof item === 'string')
  return isList ? { uris } : { problem: `is not a JSON list of at most ${URIS_MAX} URLs` }
}

export type Sector = { readonly sector: string; readonly problems: readonly string[] }

const hostOf = (uri: unknown): string | undefined => {
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '' ? url.hostname : undefined
}

const documentProblems = (uris: readonly string[], document: SectorDocument | undefined): readonly string[] => {
  if (document === undefined) return ['sector_identifier_uri: its document was not fetched']
  if ('problem' in document) return [`sector_identifier_uri: its document ${document.problem}`]
  // Registration §5: whoever publishes the document says who belongs to the sector, to the letter.
  return uris.filter((uri) => !document.uris.includes(uri)).map((uri) => `sector_identifier_uri: its document does not name ${uri}`)
}

/** Pairwise subjects belong to one host, frozen at first use: whoever moves keeps the old one (rule 19). */
export const sectorOf = (
  input: Members,
  { uris, hosts }: { readonly uris: readonly string[]; readonly hosts: readonly string[] },
  document: SectorDocument | undefined,
  current: ClientConfiguration | undefined,
): Sector => {
  const { sector_identifier_uri: uri, sector_identifier: stated } = input
  const host = uri === undefined ? hosts[0] : hostOf(uri)
  const sector = current?.sector_identifier ?? host ?? ''
  const other = stated !== undefined && stated !== sector ? [`sector_identifier: must be ${sector}, or be left out`] : []
  if (uri !== undefined) {
    if (host === undefined) return { sector, problems: ['sector_identifier_uri: must be an https URL without a fragment', ...other] }
    return { sector, problems: [...documentProblems(uris, document), ...other] }
  }
  const several =
    hosts.length > 1
      ? [`redirect_uris: must be of one host, which its subjects belong to, not ${hosts.join(' and ')}; or give a sector_identifier_uri`]
      : []
  return { sector, problems: [...several, ...other] }
}
