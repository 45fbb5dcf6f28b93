import { signingKeys } from '../deciders.ts'
import type { Handled, Handling } from '../handle.ts'
import { ringOf, type Keyed } from '../signing-keys.ts'
import type { World } from '../world.ts'
import { commandStream } from './act.ts'
import type { SigningAlgorithm } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import {
  keySteps,
  SIGNING_ALGORITHMS,
  signingNext,
  signingNow,
  unrecorded,
  type KeyStep,
  type RingKey,
} from '../../domain/signing-key/ring.ts'
import type { SigningKeyState } from '../../domain/signing-key/signing-key.ts'
import { signingKeyStream } from '../../domain/streams.ts'
import type { SigningKeyCommand, SigningKeyMakeSigningKey, SigningKeyRevokeSigningKey } from '../../schemas/generated.ts'

/** What changing the keys needs of the world. */
export type Tending = Handling & Keyed & Pick<World, 'chance'> & { readonly purpose?: 'audit' }

type By = SigningKeyMakeSigningKey['by']

/** Looks at the keys in one turn: from nothing to rest it takes four. */
const ROUNDS_MAX = 8

const commandKey = (world: Tending, wish: SigningKeyCommand): Promise<Handled<SigningKeyState>> => {
  const id = world.chance.uuid()
  return commandStream(world, signingKeys, signingKeyStream(wish.kid), wish, { id, causation: id, correlation: wish.kid })
}

const record = (world: Tending, kid: string, alg: SigningAlgorithm, by: By, noOtherSigns: boolean): Promise<Handled<SigningKeyState>> =>
  commandKey(world, {
    ...{ type: 'MakeSigningKey', at: world.clock.now(), kid, alg, by, noOtherSigns },
    ...(world.purpose && { purpose: world.purpose }),
  })

const take = async (world: Tending, step: KeyStep): Promise<void> => {
  const at = world.clock.now()
  switch (step.step) {
    case 'make': {
      const { kid } = await world.keys.make(step.alg)
      await record(world, kid, step.alg, 'broker', true)
      return
    }
    case 'record':
      await record(world, step.kid, step.alg, 'broker', step.alone)
      return
    case 'activate':
      await commandKey(world, { type: 'ActivateSigningKey', at, kid: step.kid, noOtherSigns: step.alone })
      return
    case 'retire':
      await commandKey(world, { type: 'RetireSigningKey', at, kid: step.kid })
      return
    case 'disable':
      return world.keys.disable(step.kid)
    case 'forget':
      return world.keys.forget(step.kid)
  }
}

/** Brings the keys to where they should be now (rule 45): what is due is done, what a crash left half-done is completed. */
export const tendKeys = async (world: Tending, algorithms: readonly SigningAlgorithm[] = SIGNING_ALGORITHMS): Promise<void> => {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const keys = await ringOf(world)
    const due = algorithms.map((alg) => keySteps(keys, alg, world.clock.now())).filter((steps) => steps.length > 0)
    if (due.length === 0) return
    await Promise.all(
      due.map(async (steps) => {
        for (const step of steps) await take(world, step)
      }),
    )
  }
}

/** The next key of an algorithm: made in the store first, then recorded. What a crash left unrecorded is taken instead of another. */
const makeNext = async (world: Tending, keys: readonly RingKey[], alg: SigningAlgorithm, alone: boolean) => {
  const { kid } = unrecorded(keys, alg) ?? (await world.keys.make(alg))
  return record(world, kid, alg, 'operator', alone)
}

export type Rotation = { readonly kid: string; readonly signsFrom: string; readonly waitsAlready: boolean }

/** Makes the next key and publishes it. It signs when everybody can know it; until then there is no other next one. */
export const rotateKey = async (world: Tending, alg: SigningAlgorithm): Promise<Rotation> => {
  const keys = await ringOf(world)
  const next = signingNext(keys, alg)
  const { state } = next ?? (await makeNext(world, keys, alg, signingNow(keys, alg) === undefined))
  return { kid: state.kid ?? '', signsFrom: state.signsFrom ?? '', waitsAlready: next !== undefined }
}

/**
 * Takes a key out at once. Where it is the one that signs, the next is there before it goes, and signs from then on without waiting:
 * relying parties meet a key that they do not know yet, and ask for the JWKS again.
 */
export const revokeKey = async (
  world: Tending,
  kid: string,
  reason: SigningKeyRevokeSigningKey['reason'],
): Promise<RefusalCode | undefined> => {
  const keys = await ringOf(world)
  const key = keys.find((held) => held.kid === kid)
  if (key !== undefined && signingNow(keys, key.alg)?.kid === kid && signingNext(keys, key.alg) === undefined)
    await makeNext(world, keys, key.alg, true)
  const { refusal, state } = await commandKey(world, { type: 'RevokeSigningKey', at: world.clock.now(), kid, reason })
  if (refusal !== undefined) return refusal
  await world.keys.forget(kid)
  if (state.alg !== undefined) await tendKeys(world, [state.alg])
  return undefined
}
