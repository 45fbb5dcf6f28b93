import { createDecipheriv, createHash, createPrivateKey, privateDecrypt, constants, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { matches, MAGIC, recordOf, subtypesOf, type Template } from './template.ts'
import type { Modality } from '../plugin.ts'

/** The tag of AES-GCM stands at the end of what was encrypted. */
const TAG_BYTES = 16

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest()

/** SBI: initialisation vector and additional data are the end of (timestamp XOR transactionId), the shorter one padded in front with zeros. */
export const vectorOf = (timestamp: string, transactionId: string): { readonly iv: Buffer; readonly aad: Buffer } => {
  const length = Math.max(Buffer.byteLength(timestamp), Buffer.byteLength(transactionId), TAG_BYTES)
  const padded = (text: string): Buffer => Buffer.concat([Buffer.alloc(length - Buffer.byteLength(text)), Buffer.from(text)])
  const other = padded(transactionId)
  const mixed = padded(timestamp).map((byte, index) => byte ^ (other[index] ?? 0))
  return { iv: Buffer.from(mixed.subarray(-12)), aad: Buffer.from(mixed.subarray(-16)) }
}

/** SBI: what stands before the first of a chain. */
export const FIRST_HASH = sha256(Buffer.alloc(0)).toString('hex').toUpperCase()

/** SBI: each hash covers the one before it and the record in clear. */
export const chained = (previous: string, record: Uint8Array): string =>
  sha256(Buffer.concat([Buffer.from(previous, 'hex'), sha256(record)]))
    .toString('hex')
    .toUpperCase()

/** What the ID system publishes for readers is known by the digest of its certificate. */
export const thumbprintOf = (certificate: Uint8Array): string => sha256(certificate).toString('hex').toUpperCase()

/** The key that readers encrypt for. */
export type ReaderKey = { readonly privateKey: KeyObject; readonly certificate: Uint8Array }

/** Where it lies in the data directory of the mock; whoever sets a demonstration up puts it there. */
export const READER_KEY_FOLDER = 'readers'

/** Throws where there is none: then nothing that readers send can be opened, and nobody was proven wrong. */
export const readerKeyOf = (folder: string): ReaderKey => {
  const read = (name: string): Buffer => readFileSync(join(folder, name))
  return { privateKey: createPrivateKey(read('key.pem')), certificate: new X509Certificate(read('certificate.pem')).raw }
}

type Entry = { readonly data: string; readonly hash: string; readonly sessionKey: string; readonly thumbprint: string }
type Claims = Readonly<Record<'bioType' | 'bioValue' | 'timestamp' | 'transactionId', string>>

const open = ({ privateKey, certificate }: ReaderKey, { sessionKey, thumbprint }: Entry, claims: Claims): Buffer => {
  if (thumbprint.toUpperCase() !== thumbprintOf(certificate)) throw new TypeError('encrypted for somebody else')
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const key = privateDecrypt({ key: privateKey, ...padding }, Buffer.from(sessionKey, 'base64url'))
  const { iv, aad } = vectorOf(claims.timestamp, claims.transactionId)
  const value = Buffer.from(claims.bioValue, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(aad).setAuthTag(value.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(value.subarray(0, -TAG_BYTES)), decipher.final()])
}

type Opened = { readonly modality: Modality; readonly template: Template }

const isModality = (type: string): type is Modality => Object.hasOwn(MAGIC, type)

/** Throws where anything is not as it should be: a key that is not ours, a changed byte, a broken chain. */
const openAll = (key: ReaderKey, proof: string): readonly Opened[] => {
  let previous = FIRST_HASH
  return (JSON.parse(proof) as readonly Entry[]).map((entry) => {
    // The broker has verified the reader's signature over these.
    const claims = JSON.parse(Buffer.from(entry.data.split('.')[1] ?? '', 'base64url').toString('utf8')) as Claims
    const record = open(key, entry, claims)
    previous = chained(previous, record)
    if (entry.hash !== previous || !isModality(claims.bioType)) throw new TypeError('the chain is broken')
    return { modality: claims.bioType, template: recordOf(claims.bioType, record) }
  })
}

/**
 * Whether every capture is of the person enrolled with this seed. The same work is done for everybody, also where nobody is enrolled
 * (rule 22); what cannot be opened is a no.
 */
export const biometricsAreRight = (key: ReaderKey, proof: string, seed: string | undefined): boolean => {
  let opened: readonly Opened[]
  try {
    opened = openAll(key, proof)
  } catch {
    return false
  }
  const found = opened.map(
    ({ modality, template }) => subtypesOf(modality).filter((subtype) => matches(template, seed ?? '', modality, subtype)).length,
  )
  return found.length > 0 && found.every((subtypes) => subtypes > 0) && seed !== undefined
}
