import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomBytes, X509Certificate, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { certificate, pem, type CertificateWish } from '../certificate.ts'
import { READER_KEY_FOLDER } from '../../../adapters/id-system/mock/biometrics.ts'

const pairs = promisify(generateKeyPair)

/** Authorities may have keys on curves, which are made at once; readers sign by RS256, and captures are encrypted under RSA. */
type Kind = 'rsa' | 'ed25519'

const DAY_MS = 86_400_000
/** SBI: the key of a reader is changed every thirty days. */
const READER_DAYS = 30
const AUTHORITY_DAYS = 3650
/** A certificate that ends sooner is made again. */
const RENEW_MS = DAY_MS

/** A private key and the certificates that vouch for it, its own first. */
export type Signer = { readonly key: KeyObject; readonly x5c: readonly string[] }

/** What makes certificates for a name that it has itself. */
export type Issuer = { readonly name: string; readonly key: KeyObject }

export type Authority = {
  /** Who certifies the keys of readers. */
  readonly provider: Issuer
  readonly reader: Signer
  /** The trust module inside the readers, by its own authority. */
  readonly module: Signer
  /** What the ID system published: captures are encrypted for it. */
  readonly idSystem: X509Certificate
}

const at = (ms: number): string => new Date(ms).toISOString()

/** Whole or not at all. */
const write = (file: string, text: string): void => {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

const keyAt = async (file: string, kind: Kind): Promise<KeyObject> => {
  if (!existsSync(file)) {
    const { privateKey } = kind === 'rsa' ? await pairs('rsa', { modulusLength: 2048 }) : await pairs('ed25519')
    write(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  }
  return createPrivateKey(readFileSync(file))
}

export const issued = (wish: Omit<CertificateWish, 'serial'>): Buffer => certificate({ ...wish, serial: randomBytes(12) })

const isGood = (file: string, key: KeyObject, now: number): boolean => {
  if (!existsSync(file)) return false
  const read = new X509Certificate(readFileSync(file))
  return read.checkPrivateKey(key) && read.validToDate.getTime() - now > RENEW_MS
}

type Named = { readonly file: string; readonly key: KeyObject; readonly subject: string; readonly days: number }

/** The certificate at this path, made when it is missing, ends soon or is of another key. */
const certificateAt = (
  { file, key, subject, days }: Named,
  issuer: Issuer,
  more: Partial<CertificateWish>,
  now: number,
): X509Certificate => {
  if (!isGood(file, key, now)) {
    // A clock that is a little behind must not find it too young.
    const times = { notBefore: at(now - DAY_MS), notAfter: at(now + days * DAY_MS) }
    write(file, pem(issued({ subject, publicKey: createPublicKey(key), issuer: issuer.name, issuerKey: issuer.key, ...times, ...more })))
  }
  return new X509Certificate(readFileSync(file))
}

const base64 = (made: X509Certificate): string => made.raw.toString('base64')

/**
 * The keys and certificates of a demonstration, made where they are missing: two authorities whose certificates (`provider.pem`,
 * `modules.pem`) the broker trusts, a reader's and a trust module's keys, and the key pair of the mock ID system in its own folder.
 */
export const openAuthority = async (folder: string, mockFolder: string, now: number): Promise<Authority> => {
  const idFolder = join(mockFolder, READER_KEY_FOLDER)
  for (const made of [folder, idFolder]) mkdirSync(made, { recursive: true, mode: 0o700 })
  const key = (name: string, kind: Kind): Promise<KeyObject> => keyAt(join(folder, `${name}.key.pem`), kind)
  const [providerKey, modulesKey, readerKey, moduleKey, idKey] = await Promise.all([
    key('provider', 'ed25519'),
    key('modules', 'ed25519'),
    key('reader', 'rsa'),
    key('module', 'rsa'),
    keyAt(join(idFolder, 'key.pem'), 'rsa'),
  ])
  const provider = { name: 'Tern Readers of Almaria', key: providerKey }
  const modules = { name: 'Trust Modules of Almaria', key: modulesKey }
  const own = ({ name: subject, key: ofIssuer }: Issuer, file: string): Named => ({
    file: join(folder, file),
    key: ofIssuer,
    subject,
    days: AUTHORITY_DAYS,
  })
  for (const [issuer, file] of [
    [provider, 'provider.pem'],
    [modules, 'modules.pem'],
  ] as const)
    certificateAt(own(issuer, file), issuer, { authority: true, below: 1, usage: 'certify' }, now)
  const signer = (name: string, subject: string, of: KeyObject, issuer: Issuer): Signer => ({
    key: of,
    x5c: [
      base64(certificateAt({ file: join(folder, `${name}.pem`), key: of, subject, days: READER_DAYS }, issuer, { usage: 'sign' }, now)),
    ],
  })
  const idAuthority = { name: 'ID System of Almaria', key: idKey }
  const idFile = { file: join(idFolder, 'certificate.pem'), key: idKey, subject: idAuthority.name, days: 365 }
  return {
    provider,
    reader: signer('reader', 'Simulated readers', readerKey, provider),
    module: signer('module', 'Trust module of the simulated readers', moduleKey, modules),
    idSystem: certificateAt(idFile, idAuthority, { usage: 'encrypt' }, now),
  }
}

/** Another certificate for the key of a signer, for readers that are not as they should be. */
export const otherwise = (
  signer: Signer,
  issuer: Issuer,
  notBefore: number,
  notAfter: number,
  usage: NonNullable<CertificateWish['usage']> = 'sign',
): Signer => {
  const times = { notBefore: at(notBefore), notAfter: at(notAfter) }
  const wish = {
    subject: 'Simulated readers',
    publicKey: createPublicKey(signer.key),
    issuer: issuer.name,
    issuerKey: issuer.key,
    ...times,
  }
  return { key: signer.key, x5c: [issued({ ...wish, usage }).toString('base64')] }
}

/** Nobody's. */
export const stranger = async (name: string): Promise<Issuer> => ({ name, key: (await pairs('ed25519')).privateKey })

export const sha256Hex = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex').toUpperCase()
