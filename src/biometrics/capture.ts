import type { Anchors } from './chain.ts'
import { faultOfCode, type CaptureFault } from './faults.ts'
import { readSigned, type Read } from './signed.ts'
import type { SbiSettings, Wanted } from './settings.ts'
import { isObject, type JsonObject } from '../../domain/json.ts'
import type { Instant, Modality } from '../../domain/ports.ts'
import { millisecondsOf } from '../../domain/time.ts'

/** Ten fingers. */
const ENTRIES_MAX = 10
/** Of a reader's identity, signed: certificates and a dozen words. */
const IDENTITY_CHARS_MAX = 65_536

const SPEC_VERSIONS: readonly unknown[] = ['0.9.5', '1.0']

/** What this login asked of readers, and of whom it believes an answer. */
export type Asked = Pick<SbiSettings, 'env' | 'freshS' | 'skewS'> & {
  /** Made for this attempt and no other. */
  readonly transactionId: string
  readonly domainUri: string
  readonly wanted: ReadonlyMap<Modality, Wanted>
  /** Characters of the longest proof that the ID system takes. */
  readonly proofMax: number
  readonly at: Instant
  readonly devices: Anchors
  readonly modules: Anchors
}

/** One entry of an answer, of which nothing but the form is known yet. */
type Entry = Readonly<Record<'specVersion' | 'data' | 'hash' | 'sessionKey' | 'thumbprint', string>>

/** What the reader signed of one entry. */
type Signed = { readonly claims: JsonObject; readonly modality: Modality; readonly serial: string }

const no = (fault: CaptureFault): { readonly ok: false; readonly fault: CaptureFault } => ({ ok: false, fault })

const HASH = /^[0-9A-F]{64}$/
/** In hexadecimal digits, as SBI says, or in base64url, as some ID systems publish it. */
const THUMBPRINT = /^(?:[0-9A-Fa-f]{64}|[A-Za-z0-9_-]{43})$/
/** A key of 256 bits under RSA of 2048 to 8192 bits. */
const SESSION_KEY = /^[A-Za-z0-9_-]{342,1366}$/

const isText = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value)

const errorOf = ({ error }: JsonObject): CaptureFault | undefined => {
  if (error === undefined || error === null) return undefined
  const code = isObject(error) ? error['errorCode'] : undefined
  if (typeof code !== 'string' && typeof code !== 'number') return 'unreadable'
  return ['0', ''].includes(String(code)) ? undefined : faultOfCode(String(code))
}

const readEntry = (value: unknown): Read<Entry> => {
  if (!isObject(value)) return no('unreadable')
  const error = errorOf(value)
  if (error !== undefined) return no(error)
  const { specVersion, data, hash, sessionKey, thumbprint } = value
  if (typeof specVersion !== 'string' || typeof data !== 'string' || data === '') return no('unreadable')
  if (!isText(hash, HASH) || !isText(sessionKey, SESSION_KEY) || !isText(thumbprint, THUMBPRINT)) return no('unreadable')
  if (!SPEC_VERSIONS.includes(specVersion)) return no('spec_version')
  return { ok: true, value: { specVersion, data, hash, sessionKey, thumbprint } }
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

const timeFault = (timestamp: unknown, { at, freshS, skewS }: Asked): CaptureFault | undefined => {
  const taken = isText(timestamp, TIMESTAMP) ? Date.parse(timestamp) : NaN
  if (Number.isNaN(taken)) return 'unreadable'
  const now = millisecondsOf(at)
  if (taken - now > skewS * 1000) return 'ahead'
  return now - taken > freshS * 1000 ? 'stale' : undefined
}

/** A number, or one as text: readers write both. */
const scoreOf = (value: unknown): number => {
  if (typeof value === 'number') return value
  return isText(value, /^\d{1,3}(?:\.\d{1,6})?$/) ? Number(value) : NaN
}

/** What was made for something or somebody else, at another time or place. */
const aimFault = (claims: JsonObject, asked: Asked): CaptureFault | undefined => {
  if (claims['purpose'] !== 'Auth') return 'purpose'
  if (claims['env'] !== asked.env) return 'environment'
  if (claims['domainUri'] !== asked.domainUri) return 'domain'
  if (claims['transactionId'] !== asked.transactionId) return 'transaction'
  return timeFault(claims['timestamp'], asked)
}

const subtypeFits = (given: unknown, { subtypes }: Wanted): boolean =>
  subtypes.length === 0 ? given === undefined || given === null || given === '' : typeof given === 'string' && subtypes.includes(given)

const contentFault = (claims: JsonObject, wanted: Wanted): CaptureFault | undefined => {
  if (!subtypeFits(claims['bioSubType'], wanted)) return 'subtype'
  const quality = scoreOf(claims['qualityScore'])
  if (Number.isNaN(quality) || quality > 100) return 'unreadable'
  if (quality < wanted.scoreMin) return 'quality'
  return isText(claims['bioValue'], /^[A-Za-z0-9_-]+$/) ? undefined : 'unreadable'
}

const WORD = /^[^\p{Cc}]{1,256}$/u

const modalityOf = (asked: Asked, type: unknown): Modality | undefined => [...asked.wanted.keys()].find((known) => known === type)

/** The reader's identity, signed by the trust module inside it; it must be a reader of what was captured. */
const readIdentity = (claims: JsonObject, asked: Asked): Read<string> => {
  const { digitalId } = claims
  if (typeof digitalId !== 'string') return no('identity')
  const read = readSigned(digitalId, IDENTITY_CHARS_MAX, asked.modules, asked.at)
  if (!read.ok) return read
  const { serialNo, make, model, type } = read.value
  if (!isText(serialNo, WORD) || !isText(make, WORD) || !isText(model, WORD) || type !== claims['bioType']) return no('identity')
  return { ok: true, value: serialNo }
}

const readData = ({ data }: Entry, asked: Asked): Read<Signed> => {
  const read = readSigned(data, asked.proofMax, asked.devices, asked.at)
  if (!read.ok) return read
  const claims = read.value
  const aim = aimFault(claims, asked)
  if (aim !== undefined) return no(aim)
  const modality = modalityOf(asked, claims['bioType'])
  const wanted = modality && asked.wanted.get(modality)
  if (modality === undefined || wanted === undefined) return no('type')
  const identity = readIdentity(claims, asked)
  if (!identity.ok) return identity
  const content = contentFault(claims, wanted)
  return content === undefined ? { ok: true, value: { claims, modality, serial: identity.value } } : no(content)
}

/** The values of which no two entries have the same. */
const distinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length

/** What only shows when all entries are looked at: how many, of one kind, by one reader, and none twice. */
const togetherFault = (entries: readonly Entry[], signed: readonly Signed[], asked: Asked): CaptureFault | undefined => {
  const [first] = signed
  if (first === undefined) return 'missing'
  if (signed.some(({ modality }) => modality !== first.modality)) return 'type'
  if (signed.some(({ serial }) => serial !== first.serial)) return 'identity'
  if (signed.length !== asked.wanted.get(first.modality)?.count) return 'count'
  const named = signed
    .map(({ claims }) => claims['bioSubType'])
    .filter((name) => typeof name === 'string' && !['', 'UNKNOWN'].includes(name))
  const apart =
    distinct(entries.map(({ data }) => data)) &&
    distinct(entries.map(({ hash }) => hash)) &&
    distinct(signed.map(({ claims }) => claims['bioValue'])) &&
    distinct(named)
  return apart ? undefined : 'duplicate'
}

const parseList = (text: string): readonly unknown[] | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Each of a list read; the first fault is the fault of all. */
const readEach = <From, To>(list: readonly From[], read: (from: From) => Read<To>): Read<readonly To[]> => {
  const values: To[] = []
  for (const from of list) {
    const one = read(from)
    if (!one.ok) return one
    values.push(one.value)
  }
  return { ok: true, value: values }
}

/**
 * What a reader answered (the `biometrics` of a CAPTURE, as JSON text), checked in everything that can be checked without opening it.
 * The value is the proof for the ID system: the entries with the members that SBI names, and no other. The chain of hashes runs over
 * what is encrypted, so here only its form is looked at, and that no two are equal.
 */
export const readCapture = (text: string, asked: Asked): Read<string> => {
  if (text === '') return no('missing')
  const list = parseList(text)
  if (list === undefined) return no('unreadable')
  if (list.length === 0) return no('missing')
  if (list.length > ENTRIES_MAX) return no('count')
  const entries = readEach(list, readEntry)
  if (!entries.ok) return entries
  const proof = JSON.stringify(entries.value)
  if (proof.length > asked.proofMax) return no('too_large')
  const signed = readEach(entries.value, (entry) => readData(entry, asked))
  if (!signed.ok) return signed
  const together = togetherFault(entries.value, signed.value, asked)
  return together === undefined ? { ok: true, value: proof } : no(together)
}
