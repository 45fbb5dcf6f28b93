import { hash } from 'node:crypto'
import { type Chance, Fault } from '../../../domain/ports.ts'
import { SECRET_BYTES, SUBJECT } from '../derive.ts'
import type { PrivateFiles } from './private-files.ts'
import { objectIn, sealedIn, sealer, type Sealer, textIn } from './sealed.ts'

const MASTER_FILE = 'master.key'
const SUBJECT_FILE = 'subject.key'
/** Written last: where it is, the other two were, and must be. */
const RECORD_FILE = 'keys.json'
const MASTER_TEXT = /^[A-Za-z0-9_-]{43}\n?$/

export type RootKeys = { readonly masterKey: Uint8Array; readonly subjectKey: Uint8Array; readonly sealer: Sealer }

const missing = (name: string): Fault =>
  new Fault('corrupt', `${name} is missing but was here before: restore it from the backup, a new one would not stand for it`)

/** 32 bytes in base64url on one line. */
const masterKeyIn = (files: PrivateFiles, chance: Chance, established: boolean): Uint8Array => {
  let text = files.read(MASTER_FILE)
  if (text === undefined) {
    if (established) throw missing(MASTER_FILE)
    text = files.createOnce(MASTER_FILE, `${Buffer.from(chance.bytes(SECRET_BYTES)).toString('base64url')}\n`)
  }
  if (!MASTER_TEXT.test(text)) throw new Fault('corrupt', `${MASTER_FILE} is not 32 bytes in base64url`)
  return Uint8Array.from(Buffer.from(text, 'base64url'))
}

const subjectKeyIn = (files: PrivateFiles, chance: Chance, { seal, open }: Sealer, established: boolean): Uint8Array => {
  let text = files.read(SUBJECT_FILE)
  if (text === undefined) {
    if (established) throw missing(SUBJECT_FILE)
    text = files.createOnce(SUBJECT_FILE, `${JSON.stringify({ version: 1, ...seal(SUBJECT, chance.bytes(SECRET_BYTES)) }, null, 2)}\n`)
  }
  return open(SUBJECT, sealedIn(SUBJECT_FILE, objectIn(SUBJECT_FILE, text)))
}

/**
 * The subject key's digest is recorded when it is made and checked at each start: with another key every person would
 * come to every relying party as somebody new (rule 19).
 */
const checkRecord = (files: PrivateFiles, subjectKey: Uint8Array): void => {
  const digest = hash('sha256', subjectKey, 'base64url')
  const text =
    files.read(RECORD_FILE) ?? files.createOnce(RECORD_FILE, `${JSON.stringify({ version: 1, subjectDigest: digest }, null, 2)}\n`)
  if (textIn(RECORD_FILE, objectIn(RECORD_FILE, text), 'subjectDigest') !== digest) {
    throw new Fault('corrupt', `${SUBJECT_FILE} is not the key whose digest ${RECORD_FILE} records: restore it from the backup`)
  }
}

/** What seals the files of a directory that holds signing keys and nothing else. */
export const openSealer = (files: PrivateFiles, chance: Chance, given: Uint8Array | undefined): Sealer => {
  if (given !== undefined && given.byteLength !== SECRET_BYTES) throw new Fault('invalid', `the master key has ${SECRET_BYTES} bytes`)
  const established = files.names().some((name) => /^(signing|public)-/.test(name))
  return sealer(given === undefined ? masterKeyIn(files, chance, established) : given, chance)
}

/** Reads the keys on which all others rest, or makes them on the first start. */
export const openRootKeys = (files: PrivateFiles, chance: Chance, given: Uint8Array | undefined): RootKeys => {
  if (given !== undefined && given.byteLength !== SECRET_BYTES) throw new Fault('invalid', `the master key has ${SECRET_BYTES} bytes`)
  // Looked at first: another process that starts now makes this file last.
  const established = files.exists(RECORD_FILE) || files.exists(SUBJECT_FILE)
  const masterKey = given === undefined ? masterKeyIn(files, chance, established) : Uint8Array.from(given)
  const seals = sealer(masterKey, chance)
  const subjectKey = subjectKeyIn(files, chance, seals, files.exists(RECORD_FILE))
  checkRecord(files, subjectKey)
  return { masterKey, subjectKey, sealer: seals }
}
