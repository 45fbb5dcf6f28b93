import { createPrivateKey, createPublicKey, generateKeyPair, hash, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** RFC 7517, as Node gives it. */
export type Jwk = Readonly<Record<string, string>>

/** A relying party as the load process plays it: everything by hand and synchronous, so that it costs little beside the server. */
export type Party = {
  readonly id: string
  readonly redirectUri: string
  readonly kid: string
  readonly privateJwk: Jwk
  readonly publicJwk: Jwk
  /** Where its tokens are bound to a key (RFC 9449): that key. */
  readonly dpopJwk?: Jwk
}

const REDIRECT_URI = 'https://rp.example/cb'
const ASSERTION_S = 60

const newJwk = async (): Promise<Jwk> => {
  // To DER and back: a key that was just made must not be exported as it is.
  const { privateKey } = await promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  return createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }) as Jwk
}

export const publicPartOf = (jwk: Jwk): Jwk => Object.fromEntries(Object.entries(jwk).filter(([member]) => member !== 'd'))

export const newParty = async (id: string, bound = false): Promise<Party> => {
  const privateJwk = await newJwk()
  return {
    id,
    redirectUri: REDIRECT_URI,
    kid: randomUUID(),
    privateJwk,
    publicJwk: publicPartOf(privateJwk),
    ...(bound && { dpopJwk: await newJwk() }),
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const signCompact = (key: KeyObject, header: object, claims: object): string => {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** RFC 7523, one for each call. */
export const assertionsOf = ({ id, kid, privateJwk }: Party, audience: string): (() => string) => {
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' })
  return () => {
    const iat = Math.floor(Date.now() / 1000)
    return signCompact(
      key,
      { alg: 'ES256', kid },
      { iss: id, sub: id, aud: audience, jti: randomUUID(), iat, nbf: iat, exp: iat + ASSERTION_S },
    )
  }
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a login asks for: two claims that it needs, two that the person may refuse. */
export const CLAIMS = JSON.stringify({
  userinfo: { name: { essential: true }, birthdate: { essential: true }, email: null, phone_number: null },
})

export const form = (members: Readonly<Record<string, string>>): string => new URLSearchParams(members).toString()

export const newPkce = (): { readonly verifier: string; readonly challenge: string } => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: hash('sha256', verifier, 'base64url') }
}

const RSA_BITS = 2048

/** The public half of a key that answers are encrypted to; nobody here decrypts them, so the private one is dropped. */
export const newEncryptionJwk = async (kid: string): Promise<Jwk> => {
  const { publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  const jwk = createPublicKey({ key: publicKey, format: 'der', type: 'spki' }).export({ format: 'jwk' }) as Jwk
  return { ...jwk, kid, use: 'enc', alg: 'RSA-OAEP-256' }
}
