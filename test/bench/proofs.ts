import { createPrivateKey, hash, randomUUID } from 'node:crypto'
import { headerOf, type Answer } from './connection.ts'
import { publicPartOf, signCompact, type Jwk } from './party.ts'

/** DPoP as a relying party does it (RFC 9449): a proof for each call, with the newest nonce that it was told. */
export type Proofs = {
  /** Lines of the head. */
  readonly headers: (method: 'GET' | 'POST', path: string, token?: string) => readonly string[]
  readonly learn: (answer: Answer) => void
}

export const proofsOf = (privateJwk: Jwk, issuer: string): Proofs => {
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' })
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: publicPartOf(privateJwk) }
  let nonce: string | undefined
  return {
    headers: (method, path, token) => {
      const claims = {
        jti: randomUUID(),
        htm: method,
        htu: `${issuer}${path}`,
        iat: Math.floor(Date.now() / 1000),
        ...(nonce !== undefined && { nonce }),
        ...(token !== undefined && { ath: hash('sha256', token, 'base64url') }),
      }
      return [`dpop: ${signCompact(key, header, claims)}`]
    },
    learn: (answer) => {
      nonce = headerOf(answer, 'dpop-nonce') ?? nonce
    },
  }
}

/** Bearer tokens: nothing to prove. */
export const noProofs: Proofs = { headers: () => [], learn: () => undefined }
