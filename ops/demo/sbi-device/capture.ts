import { constants, createCipheriv, createHmac, createPublicKey, publicEncrypt, randomBytes, sign, type KeyObject } from 'node:crypto'
import { otherwise, sha256Hex, type Authority, type Issuer, type Signer } from './authority.ts'
import type { Fault } from './faults.ts'
import { chained, FIRST_HASH, vectorOf } from '../../../adapters/id-system/mock/biometrics.ts'
import { asRecord, templateOf } from '../../../adapters/id-system/mock/template.ts'
import type { Modality } from '../../../domain/ports.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

export type Reader = {
  readonly type: Modality
  readonly serialNo: string
  readonly make: string
  readonly model: string
  readonly deviceId: string
}

/** What a page asked for, as far as a reader looks at it. */
export type CaptureRequest = {
  readonly env: string
  readonly purpose: string
  readonly specVersion: string
  readonly domainUri: string
  readonly transactionId: string
  readonly bio: readonly [
    {
      readonly type: Modality
      readonly count: string | number
      readonly bioSubType: readonly string[] | null
      readonly requestedScore: string | number
      readonly previousHash: string
    },
  ]
}

export type Kit = {
  readonly authority: Authority
  /** Vouches for nobody that the broker knows. */
  readonly stranger: Issuer
  /** What the templates of the person at the reader are made of, and those of somebody else. */
  readonly seed: string
  readonly otherSeed: string
  readonly now: () => number
}

type Claims = Record<string, unknown>

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** What a key vouches for. */
export const signed = ({ key, x5c }: Signer, claims: Claims): string => {
  const input = `${part({ alg: 'RS256', typ: 'JWT', x5c })}.${part(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** Two captures of the same finger are never the same: a few bits differ. */
const noisy = (template: Uint8Array): Buffer => {
  const noise = randomBytes(4)
  return Buffer.from(template.map((byte, index) => (index < noise.length ? byte ^ (1 << ((noise[index] ?? 0) & 7)) : byte)))
}

const encrypted = (kit: Kit, record: Buffer, timestamp: string, transactionId: string, recipient: KeyObject) => {
  const key = randomBytes(32)
  const { iv, aad } = vectorOf(timestamp, transactionId)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(aad)
  const bioValue = Buffer.concat([cipher.update(record), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  const sessionKey = publicEncrypt({ key: recipient, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key).toString(
    'base64url',
  )
  return { bioValue, sessionKey, thumbprint: sha256Hex(kit.authority.idSystem.raw) }
}

/** Its own identity: who made it and which one it is, signed by the trust module inside. */
export const identityOf = ({ authority, now, stranger }: Kit, reader: Reader, fault?: Fault): string => {
  const { deviceId: _, ...named } = reader
  const type = fault === 'other-identity' ? (reader.type === 'Face' ? 'Iris' : 'Face') : reader.type
  const provider = { deviceProvider: 'Tern Readers of Almaria', deviceProviderId: 'ALM-TERN' }
  const claims = {
    ...named,
    type,
    deviceSubType: reader.type === 'Face' ? 'Full face' : 'Single',
    ...provider,
    dateTime: new Date(now()).toISOString(),
  }
  const signer = fault === 'foreign-identity' ? otherwise(authority.module, stranger, now() - DAY_MS, now() + DAY_MS) : authority.module
  return signed(signer, claims)
}

/** Who signs a capture in place of the reader. */
const OTHER_SIGNERS: Readonly<Partial<Record<Fault, (kit: Kit) => Signer>>> = {
  'expired-certificate': ({ authority, now }) => otherwise(authority.reader, authority.provider, now() - 40 * DAY_MS, now() - DAY_MS),
  'early-certificate': ({ authority, now }) => otherwise(authority.reader, authority.provider, now() + DAY_MS, now() + 40 * DAY_MS),
  'unknown-anchor': ({ authority, stranger, now }) => otherwise(authority.reader, stranger, now() - DAY_MS, now() + DAY_MS),
  'wrong-usage': ({ authority, now }) => otherwise(authority.reader, authority.provider, now() - DAY_MS, now() + DAY_MS, 'encrypt'),
  'no-certificate': ({ authority }) => ({ ...authority.reader, x5c: [] }),
}

type Parts = { readonly header: string; readonly payload: string; readonly signature: string }

/** What stands in place of the signed text. */
const OTHER_TEXTS: Readonly<Partial<Record<Fault, (kit: Kit, claims: Claims, parts: Parts) => string>>> = {
  'bad-signature': (_kit, claims, { header, signature }) => `${header}.${part({ ...claims, qualityScore: 99 })}.${signature}`,
  'alg-none': ({ authority }, _claims, { payload }) => `${part({ alg: 'none', x5c: authority.reader.x5c })}.${payload}.`,
  'alg-hs256': ({ authority }, _claims, { payload }) => {
    const { x5c } = authority.reader
    const input = `${part({ alg: 'HS256', x5c })}.${payload}`
    return `${input}.${createHmac('sha256', x5c[0] ?? '')
      .update(input)
      .digest('base64url')}`
  },
}

const jwtFor = (kit: Kit, claims: Claims, fault: Fault | undefined): string => {
  const text = signed((fault && OTHER_SIGNERS[fault]?.(kit)) ?? kit.authority.reader, claims)
  const [header = '', payload = '', signature = ''] = text.split('.')
  return (fault && OTHER_TEXTS[fault]?.(kit, claims, { header, payload, signature })) ?? text
}

/** What is signed is not what was asked for. */
const TWISTS: Readonly<Partial<Record<Fault, (claims: Claims, now: number) => Claims>>> = {
  'wrong-purpose': () => ({ purpose: 'Registration' }),
  'wrong-env': () => ({ env: 'Staging' }),
  'wrong-domain': () => ({ domainUri: 'https://elsewhere.example' }),
  'wrong-transaction': () => ({ transactionId: 'A1b2C3d4E5' }),
  'wrong-type': ({ bioType }) => ({ bioType: bioType === 'Face' ? 'Voice' : 'Face' }),
  'wrong-subtype': () => ({ bioSubType: 'Left Toe' }),
  'low-quality': () => ({ qualityScore: '31' }),
}

const TIMES: Readonly<Partial<Record<Fault, number>>> = { stale: -HOUR_MS, ahead: HOUR_MS }

const subtypeFor = (type: Modality, asked: readonly string[] | null, index: number): string | undefined =>
  type === 'Face' ? undefined : (asked?.[index % asked.length] ?? 'UNKNOWN')

/** Where any may be shown, people show these first. */
const SHOWN: Readonly<Record<Modality, readonly string[]>> = {
  Face: [''],
  Finger: ['Right IndexFinger', 'Right MiddleFinger', 'Left IndexFinger', 'Left MiddleFinger'],
  Iris: ['Right', 'Left'],
}

/** One capture of the person at the reader, signed and encrypted, and the hash that the next one builds on. */
const captureOne = (kit: Kit, reader: Reader, request: CaptureRequest, index: number, previous: string, fault: Fault | undefined) => {
  const [{ bioSubType, requestedScore }] = request.bio
  const now = kit.now()
  const timestamp = new Date(now + ((fault && TIMES[fault]) ?? 0)).toISOString()
  const subtype = subtypeFor(reader.type, bioSubType, index)
  const shown = subtype === undefined || subtype === 'UNKNOWN' ? (SHOWN[reader.type][index % SHOWN[reader.type].length] ?? '') : subtype
  const template = templateOf(fault === 'other-person' ? kit.otherSeed : kit.seed, reader.type, shown)
  const record = asRecord(reader.type, noisy(template))
  const { transactionId } = request
  const recipient = fault === 'other-key' ? createPublicKey(kit.authority.reader.key) : kit.authority.idSystem.publicKey
  const { bioValue, ...keys } = encrypted(kit, record, timestamp, transactionId, recipient)
  const claims: Claims = {
    digitalId: identityOf(kit, reader, fault),
    deviceCode: reader.deviceId,
    deviceServiceVersion: '1.0.0',
    bioType: reader.type,
    ...(subtype !== undefined && { bioSubType: subtype }),
    ...{ purpose: request.purpose, env: request.env, domainUri: request.domainUri, bioValue, transactionId, timestamp },
    ...{ requestedScore: String(requestedScore), qualityScore: '87.5' },
  }
  const twisted = { ...claims, ...(fault && TWISTS[fault]?.(claims, now)) }
  const hash = chained(previous, record)
  const told = fault === 'tampered-hash' ? sha256Hex(Buffer.from(hash)) : fault === 'bad-hash' ? hash.toLowerCase() : hash
  const specVersion = fault === 'wrong-spec' ? '0.1.0' : request.specVersion
  return {
    hash,
    entry: { specVersion, data: jwtFor(kit, twisted, fault), hash: told, ...keys, error: { errorCode: '0', errorInfo: 'Success' } },
  }
}

/** The answer to CAPTURE. */
export const capture = (
  kit: Kit,
  reader: Reader,
  request: CaptureRequest,
  fault: Fault | undefined,
): { readonly biometrics: readonly unknown[] } => {
  const [{ count, previousHash }] = request.bio
  const entries: unknown[] = []
  let previous = previousHash === '' ? FIRST_HASH : previousHash
  const wanted = Math.min(10, Number(count) + (fault === 'wrong-count' ? 1 : 0))
  for (let index = 0; index < wanted; index += 1) {
    const { hash, entry } = captureOne(kit, reader, request, index, previous, fault)
    entries.push(entry)
    previous = hash
  }
  return { biometrics: fault === 'duplicate' ? [entries[0], entries[0]] : fault === 'empty' ? [] : entries }
}
