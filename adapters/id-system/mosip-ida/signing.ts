/** As whom this broker speaks to ID Authentication: a partner whose certificate IDA knows. */
import { createPrivateKey, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { Fault } from '../../../domain/ports.ts'
import { secretOf } from '../plugin-key.ts'
import { thumbprintOf } from './sealing.ts'

const KEY_BITS_MIN = 2048

export type Partner = {
  /** RFC 7515 appendix F: a JWS of the body that leaves the body out. */
  readonly signatureOf: (body: Uint8Array) => Promise<string>
  readonly until: string
}

/** Off the thread that answers people. */
const signAside = promisify<string, Uint8Array, KeyObject, Buffer>(sign)

const encoded = (value: Uint8Array | string): string => Buffer.from(value).toString('base64url')

const keyIn = (file: string): KeyObject => {
  try {
    return createPrivateKey(secretOf(file, 'partnerKeyFile'))
  } catch (error) {
    throw error instanceof Fault ? error : new Fault('invalid', 'the file of partnerKeyFile holds no private key (PEM)')
  }
}

const certificateIn = (file: string): X509Certificate => {
  try {
    return new X509Certificate(secretOf(file, 'partnerCertificateFile'))
  } catch (error) {
    throw error instanceof Fault ? error : new Fault('invalid', 'the file of partnerCertificateFile holds no certificate (PEM)')
  }
}

/** The partner of these files. Throws Fault `invalid` where they could never work. */
export const partnerOf = (keyFile: string, certificateFile: string): Partner => {
  const [key, certificate] = [keyIn(keyFile), certificateIn(certificateFile)]
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < KEY_BITS_MIN)
    throw new Fault('invalid', `partnerKeyFile must hold an RSA key of at least ${KEY_BITS_MIN} bits`)
  if (!certificate.checkPrivateKey(key)) throw new Fault('invalid', 'partnerCertificateFile is not of the key in partnerKeyFile')
  const header = encoded(JSON.stringify({ alg: 'RS256', kid: thumbprintOf(certificate), x5c: [certificate.raw.toString('base64')] }))
  return {
    signatureOf: async (body) => {
      const signature = await signAside('sha256', Buffer.from(`${header}.${encoded(body)}`), key)
      return `${header}..${encoded(signature)}`
    },
    until: certificate.validToDate.toISOString(),
  }
}
