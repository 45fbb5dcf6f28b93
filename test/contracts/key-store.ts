import { expect } from 'chai'
import { calculateJwkThumbprint, flattenedVerify, importJWK } from 'jose'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Chance, Clock, KeyStore, SigningAlgorithm, SigningKey } from '../../domain/ports.ts'
import { systemChance } from '../support/chance.ts'
import { faultOf } from '../support/fault-of.ts'
import { handClock } from '../support/hand-clock.ts'

export type KeyStoreWorld = {
  readonly keys: KeyStore
  /** Another over the same keys, as another process or the next start would have one. Absent where keys are not kept. */
  readonly again?: () => KeyStore | Promise<KeyStore>
  readonly end: () => void | Promise<void>
}

const algorithms: readonly SigningAlgorithm[] = ['ES256', 'PS256', 'RS256', 'EdDSA']
const bytesOf = { ES256: 64, EdDSA: 64, PS256: 256, RS256: 256 }
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Signs a JWS by hand and lets jose, which knows nothing of us, verify it. */
const verified = async (key: SigningKey, payload: string): Promise<string> => {
  const header = Buffer.from(JSON.stringify({ alg: key.alg, kid: key.kid })).toString('base64url')
  const body = Buffer.from(payload).toString('base64url')
  const signature = Buffer.from(await key.sign(Buffer.from(`${header}.${body}`))).toString('base64url')
  const result = await flattenedVerify({ protected: header, payload: body, signature }, await importJWK(key.publicJwk, key.alg), {
    algorithms: [key.alg],
  })
  return Buffer.from(result.payload).toString()
}

/** What a key store is. */
export const keyStoreContract = (name: string, open: (clock: Clock, chance: Chance) => KeyStoreWorld | Promise<KeyStoreWorld>): void => {
  describe(`key store: ${name}`, () => {
    let world: KeyStoreWorld
    let keys: KeyStore
    beforeEach(async () => {
      world = await open(handClock(), systemChance)
      keys = world.keys
    })
    afterEach(() => world.end())

    for (const alg of algorithms) {
      it(`signs ${alg} so that jose verifies it, under the thumbprint of RFC 7638`, async () => {
        const key = await keys.signing(alg)
        expect(key.alg).to.equal(alg)
        for (const payload of ['', 'a', '{"sub":"é"}', 'x'.repeat(5000)]) expect(await verified(key, payload)).to.equal(payload)
        expect((await key.sign(Buffer.from('bytes'))).byteLength).to.equal(bytesOf[alg])
        expect(key.kid).to.equal(await calculateJwkThumbprint(key.publicJwk, 'sha256'))
        expect(key.publicJwk).to.include({ kid: key.kid, alg, use: 'sig' })
        for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key.publicJwk).not.to.have.property(secret)
      })
    }

    it('makes one key of an algorithm, also for many who ask at once', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => keys.signing('ES256')))
      expect(new Set(all.map(({ kid }) => kid)).size).to.equal(1)
      expect((await keys.signing('EdDSA')).kid).not.to.equal(all[0]?.kid)
    })

    it('publishes the keys that were made, and no others', async () => {
      expect(await keys.published()).to.deep.equal([])
      const made = [await keys.signing('EdDSA'), await keys.signing('ES256')]
      const published = await keys.published()
      expect(published.map(({ kid }) => kid)).to.have.members(made.map(({ kid }) => kid))
      for (const key of published) expect(await verified(key, 'published')).to.equal('published')
    })

    it('derives 32 secret bytes for each use, always the same, no two alike', async () => {
      const uses = ['vault', 'code', 'subject', 'index', 'csrf', 'digest', 'person-keys']
      const secrets = await Promise.all(uses.map((use) => keys.secret(use)))
      for (const secret of secrets) expect(secret.byteLength).to.equal(32)
      expect(new Set(secrets.map(hex)).size).to.equal(uses.length)
      for (const [at, use] of uses.entries()) {
        const secret = secrets[at]
        const before = secret && hex(secret)
        secret?.fill(0)
        expect(hex(await keys.secret(use)), use).to.equal(before)
      }
    })

    it('refuses what is no use', async () => {
      for (const use of ['', 'Vault', 'a b', 'key-store/seal', 'x'.repeat(41), 'vault\0'])
        expect(await faultOf(() => keys.secret(use)), use).to.equal('invalid')
    })

    it('has the same keys and secrets elsewhere and after the next start', async () => {
      const made = await keys.signing('ES256')
      const other = await world.again?.()
      if (other === undefined) return
      expect((await other.published()).map(({ kid }) => kid)).to.deep.equal([made.kid])
      expect((await other.signing('ES256')).kid).to.equal(made.kid)
      const later = await other.signing('EdDSA')
      expect((await keys.published()).map(({ kid }) => kid)).to.have.members([made.kid, later.kid])
      for (const use of ['vault', 'subject', 'index']) expect(hex(await other.secret(use)), use).to.equal(hex(await keys.secret(use)))
    })
  })
}
