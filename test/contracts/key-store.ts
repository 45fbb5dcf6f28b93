import { expect } from 'chai'
import { calculateJwkThumbprint, flattenedVerify, importJWK } from 'jose'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Chance, Clock, KeyStore, PublicKey, SigningAlgorithm } from '../../domain/ports.ts'
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
const verified = async (keys: KeyStore, { alg, kid, publicJwk }: PublicKey, payload: string): Promise<string> => {
  const header = Buffer.from(JSON.stringify({ alg, kid })).toString('base64url')
  const body = Buffer.from(payload).toString('base64url')
  const signature = Buffer.from(await keys.sign(kid, Buffer.from(`${header}.${body}`))).toString('base64url')
  const jws = { protected: header, payload: body, signature }
  const result = await flattenedVerify(jws, await importJWK(publicJwk, alg), { algorithms: [alg] })
  return Buffer.from(result.payload).toString()
}

const pairs = (keysNow: () => KeyStore): void => {
  let keys: KeyStore
  beforeEach(() => {
    keys = keysNow()
  })

  for (const alg of algorithms) {
    it(`signs ${alg} so that jose verifies it, under the thumbprint of RFC 7638`, async () => {
      const key = await keys.make(alg)
      expect(key.alg).to.equal(alg)
      for (const payload of ['', 'a', '{"sub":"é"}', 'x'.repeat(5000)]) expect(await verified(keys, key, payload)).to.equal(payload)
      expect((await keys.sign(key.kid, Buffer.from('bytes'))).byteLength).to.equal(bytesOf[alg])
      expect(key.kid).to.equal(await calculateJwkThumbprint(key.publicJwk, 'sha256'))
      expect(key.publicJwk).to.include({ kid: key.kid, alg, use: 'sig' })
    })
  }

  it('lets no private key out: what it tells of a key is public', async () => {
    const made = await keys.make('ES256')
    const [held] = await keys.held()
    expect(held).to.deep.equal({ ...made, signs: true })
    expect(made).to.have.all.keys('kid', 'alg', 'publicJwk')
    expect(made.publicJwk).to.have.all.keys('kty', 'crv', 'x', 'y', 'kid', 'alg', 'use')
  })

  it('makes another key each time, and holds them all', async () => {
    expect(await keys.held()).to.deep.equal([])
    const made = await Promise.all((['ES256', 'ES256', 'EdDSA'] as const).map((alg) => keys.make(alg)))
    expect((await keys.held()).map(({ kid }) => kid)).to.have.members(made.map(({ kid }) => kid))
    expect(new Set(made.map(({ kid }) => kid)).size).to.equal(3)
  })

  it('a private half that was destroyed signs no more; the public one stays', async () => {
    const [one, two] = [await keys.make('ES256'), await keys.make('ES256')]
    for (let twice = 0; twice < 2; twice += 1) {
      await keys.disable(one.kid)
      expect((await keys.held()).toSorted((a, b) => (a.signs ? 1 : 0) - (b.signs ? 1 : 0))).to.deep.equal([
        { ...one, signs: false },
        { ...two, signs: true },
      ])
      expect(await faultOf(async () => keys.sign(one.kid, Buffer.from('x')))).to.equal('invalid')
    }
    expect(await verified(keys, two, 'still')).to.equal('still')
  })

  it('a key that was forgotten is gone, whatever was left of it', async () => {
    const [one, two] = [await keys.make('ES256'), await keys.make('EdDSA')]
    await keys.disable(one.kid)
    for (const { kid } of [one, two, two]) await keys.forget(kid)
    expect(await keys.held()).to.deep.equal([])
    expect(await faultOf(async () => keys.sign(two.kid, Buffer.from('x')))).to.equal('invalid')
  })

  it('knows nothing of other kids, nor of other algorithms', async () => {
    const { kid } = await keys.make('EdDSA')
    for (const name of ['', '../master.key', 'A'.repeat(43), `${kid}x`]) {
      expect(await faultOf(async () => keys.sign(name, Buffer.from('x'))), name).to.equal('invalid')
      await keys.disable(name)
      await keys.forget(name)
    }
    for (const alg of ['HS256', 'none', 'toString', ''])
      expect(await faultOf(() => keys.make(alg as SigningAlgorithm)), alg).to.equal('invalid')
    expect(await keys.held()).to.have.length(1)
  })
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

    pairs(() => keys)

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
      const made = await keys.make('ES256')
      const other = await world.again?.()
      if (other === undefined) return
      expect(await other.held()).to.deep.equal([{ ...made, signs: true }])
      expect(await verified(other, made, 'elsewhere')).to.equal('elsewhere')
      const later = await other.make('EdDSA')
      expect((await keys.held()).map(({ kid }) => kid)).to.have.members([made.kid, later.kid])
      expect(await verified(keys, later, 'here')).to.equal('here')
      await keys.disable(made.kid)
      await keys.forget(later.kid)
      expect(await other.held()).to.deep.equal([{ ...made, signs: false }])
      for (const { kid } of [made, later]) expect(await faultOf(async () => other.sign(kid, Buffer.from('x')))).to.equal('invalid')
      for (const use of ['vault', 'subject', 'index']) expect(hex(await other.secret(use)), use).to.equal(hex(await keys.secret(use)))
    })
  })
}
