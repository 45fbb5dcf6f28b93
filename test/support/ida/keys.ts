import {
  constants,
  createDecipheriv,
  createHash,
  generateKeyPair,
  privateDecrypt,
  randomBytes,
  verify,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import { certificate, pem } from '../../../ops/demo/certificate.ts'
import { parseObject, type JsonObject } from '../../../domain/json.ts'

const pairs = promisify(generateKeyPair)
const YEAR_MS = 365 * 86_400_000

export type Holder = { readonly privateKey: KeyObject; readonly certificate: X509Certificate; readonly pem: string }

/** A key and a certificate of its own name. */
export const holder = async (name: string, now: string, livesMs = YEAR_MS): Promise<Holder> => {
  const { publicKey, privateKey } = await pairs('rsa', { modulusLength: 2048 })
  const [notBefore, notAfter] = [-1000, livesMs].map((ms) => new Date(Date.parse(now) + ms).toISOString()) as [string, string]
  const der = certificate({ subject: name, issuer: name, publicKey, issuerKey: privateKey, notBefore, notAfter, serial: randomBytes(12) })
  return { privateKey, certificate: new X509Certificate(der), pem: pem(der) }
}

/** Why a signature over a body is none of this partner, as IDA's code; undefined where it is. */
export const signatureProblem = (signature: unknown, body: Buffer, partner: X509Certificate): string | undefined => {
  const [header = '', nothing, signed = '', ...more] = typeof signature === 'string' ? signature.split('.') : []
  const { alg, kid, x5c } = parseObject(Buffer.from(header, 'base64url').toString()) ?? {}
  const first: unknown = Array.isArray(x5c) ? x5c[0] : undefined
  if (typeof first !== 'string') return 'IDA-MPA-022'
  if (!Buffer.from(first, 'base64').equals(partner.raw)) return 'IDA-MPA-021'
  const input = Buffer.from(`${header}.${body.toString('base64url')}`)
  const isWhole = alg === 'RS256' && typeof kid === 'string' && nothing === '' && more.length === 0
  return isWhole && verify('sha256', input, partner.publicKey, Buffer.from(signed, 'base64url')) ? undefined : 'IDA-MPA-001'
}

const open = (key: Buffer, sealed: unknown): string => {
  const bytes = Buffer.from(typeof sealed === 'string' ? sealed : '', 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(-16), { authTagLength: 16 }).setAuthTag(bytes.subarray(-32, -16))
  return Buffer.concat([decipher.update(bytes.subarray(0, -32)), decipher.final()]).toString()
}

/** What was sealed for this holder, or IDA's code where it does not open or is not what was hashed. */
export const openRequest = (given: JsonObject, { privateKey, certificate: { raw } }: Holder): JsonObject | string => {
  if (given['thumbprint'] !== createHash('sha256').update(raw).digest('base64url')) return 'IDA-MPA-003'
  const sessionKey = Buffer.from(String(given['requestSessionKey']), 'base64url')
  try {
    const key = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, sessionKey)
    const inner = open(key, given['request'])
    const hash = createHash('sha256').update(inner).digest('hex').toUpperCase()
    return open(key, given['requestHMAC']) === hash ? (parseObject(inner) ?? 'IDA-MPA-003') : 'IDA-MPA-016'
  } catch {
    return 'IDA-MPA-003'
  }
}
