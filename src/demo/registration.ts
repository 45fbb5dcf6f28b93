import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import template from '../../ops/demo/client.json' with { type: 'json' }
import { randomText } from '../crypto/hash.ts'
import type { Chance, Json } from '../../domain/ports.ts'

export const DEMO_CLIENT_ID = template.client_id

/** What of a private key the broker may have (RFC 7517 §4). */
const publicPart = ({ kty, crv, x, y, kid }: JWK): { readonly [member: string]: string } => {
  if (kty === undefined || crv === undefined || x === undefined || y === undefined || kid === undefined)
    throw new TypeError('the key is no P-256 key with a kid')
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }
}

/**
 * The registration of the demonstration's bank: `ops/demo/client.json`, with its key and redirect URI, and of its claims those that the ID
 * system has. A private key may be handed in.
 */
export const demoClientMetadata = (jwk: JWK, redirectUri: string, claims: readonly string[]): { readonly [member: string]: Json } => ({
  ...template,
  claims: template.claims.filter((claim) => claims.includes(claim)),
  redirect_uris: [redirectUri],
  jwks: { keys: [publicPart(jwk)] },
})

const newKey = async (chance: Chance): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: `demo-${randomText(chance, 6)}`, alg: 'ES256', use: 'sig' }
}

const readKey = async (path: string): Promise<JWK | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JWK
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The bank's private key at this path, made on first use. Only its owner may read it. */
export const demoKey = async (path: string, chance: Chance): Promise<JWK> => {
  const found = await readKey(path)
  if (found !== undefined) return found
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const made = `${path}.${chance.uuid()}`
  const file = await open(made, 'wx', 0o600)
  try {
    await file.writeFile(JSON.stringify(await newKey(chance)))
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    // Whole or not at all; where another process was first, its key is the key.
    await link(made, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(made, { force: true })
  }
  const key = await readKey(path)
  if (key === undefined) throw new TypeError('the key vanished while it was made')
  return key
}
