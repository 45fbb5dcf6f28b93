import { createHash, createPrivateKey, createPublicKey, sign, constants, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { Fault } from '../../../domain/ports.ts'
import type { Chance, Clock } from '../plugin.ts'

/** A signature is good for this long: time for the call and for clocks that are a little apart. */
const LIFETIME_S = 60
const NONCE_BYTES = 16
const RSA_BITS_MIN = 2048

/** RFC 9421 §2: what is signed of a question, in this order. */
const COMPONENTS = ['@method', '@authority', '@path', 'content-type', 'content-digest'] as const

/** The name of the signature, and what it is for: it is good for nothing else that this key may sign. */
const LABEL = 'esignet'
const TAG = 'esignet-id-system'

/** Beside the event loop: RSA takes milliseconds. */
const signBeside = promisify(sign)

type Algorithm = { readonly name: string; readonly sign: (key: KeyObject, data: Buffer) => Promise<Buffer> }

/** RFC 9421 §3.3: by the type of the key. */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  ed25519: { name: 'ed25519', sign: (key, data) => signBeside(null, data, key) },
  rsa: {
    name: 'rsa-pss-sha512',
    sign: (key, data) => signBeside('sha512', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }),
  },
}

export type Signer = {
  /** Headers for one question: never the same twice. */
  readonly sign: (method: 'POST', url: URL, body: Uint8Array) => Promise<Readonly<Record<string, string>>>
}

const keyIn = (pem: string): { readonly key: KeyObject; readonly algorithm: Algorithm } => {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new Fault('invalid', 'the file of signingKeyFile holds no private key (PEM)')
  }
  const algorithm = ALGORITHMS[key.asymmetricKeyType ?? '']
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (algorithm === undefined || (bits !== undefined && bits < RSA_BITS_MIN))
    throw new Fault('invalid', `signingKeyFile must hold a key of Ed25519, or of RSA with ${RSA_BITS_MIN} bits or more`)
  return { key, algorithm }
}

/** The name of the key is its thumbprint (RFC 7638), so that nobody has to agree on one. */
export const signerOf = async (pem: string, { clock, chance }: { readonly clock: Clock; readonly chance: Chance }): Promise<Signer> => {
  const { key, algorithm } = keyIn(pem)
  const keyId = await calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }))
  return {
    sign: async (method, url, body) => {
      const created = Math.floor(Date.parse(clock.now()) / 1000)
      const nonce = Buffer.from(chance.bytes(NONCE_BYTES)).toString('base64url')
      const values: Readonly<Record<(typeof COMPONENTS)[number], string>> = {
        '@method': method,
        '@authority': url.host,
        '@path': url.pathname,
        'content-type': 'application/json',
        'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
      }
      const parameters =
        `(${COMPONENTS.map((name) => `"${name}"`).join(' ')});created=${created};expires=${created + LIFETIME_S};` +
        `nonce="${nonce}";keyid="${keyId}";alg="${algorithm.name}";tag="${TAG}"`
      const base = [...COMPONENTS.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${parameters}`].join('\n')
      const signature = await algorithm.sign(key, Buffer.from(base))
      return {
        'content-type': values['content-type'],
        'content-digest': values['content-digest'],
        'signature-input': `${LABEL}=${parameters}`,
        signature: `${LABEL}=:${signature.toString('base64')}:`,
      }
    },
  }
}
