import { hmac } from './crypto/hash.ts'
import { newSecret } from './crypto/ids.ts'
import { trustedDevices } from './deciders.ts'
import { load } from './handle.ts'
import { commandStream, type Act } from './steps/act.ts'
import type { World } from './world.ts'
import { trusts } from '../domain/person/devices.ts'
import type { Digest, Instant, Person } from '../domain/ports.ts'
import { devicesStream, type Path } from '../domain/streams.ts'
import { plusDays } from '../domain/time.ts'

/** People who share a browser and each call it their own. */
const SECRETS_MAX = 5

/** A device's cookie holds a secret for each of them, the newest first. */
const secretsIn = (cookie: string | undefined): readonly string[] => (cookie === undefined ? [] : cookie.split('.', SECRETS_MAX))

/** How a person's trusted device is known: by a secret in a cookie, under the person's key so that it links no two persons (rule 21). */
export const deviceDigest = (person: Person, secret: string): Digest => hmac(person.key, `device:${secret}`)

const trusted = async (world: World, person: Person, cookie: string | undefined, at: Instant): Promise<string | undefined> => {
  const secrets = secretsIn(cookie)
  if (secrets.length === 0) return undefined
  const { state } = await load(world, trustedDevices, devicesStream(person.ref))
  return secrets.find((secret) => trusts(state, deviceDigest(person, secret), at))
}

/** Which of the two counters this browser's attempts go to. */
export const pathOf = async (world: World, person: Person, cookie: string | undefined, at: Instant): Promise<Path> =>
  (await trusted(world, person, cookie, at)) === undefined ? 'unknown' : 'trusted'

const cookieOf = (first: string, others: readonly string[]): string => [first, ...others].slice(0, SECRETS_MAX).join('.')

const give = (world: World, act: Act, ref: string, wish: Parameters<typeof trustedDevices.decider.decide>[0]) =>
  commandStream(world, trustedDevices, devicesStream(ref), wish, { ...act, correlation: act.transaction })

/** The person calls this device their own. Answers what its cookie holds from now on. */
export const trustDevice = async (world: World, act: Act, person: Person, cookie: string | undefined): Promise<string> => {
  const secret = newSecret(world.chance)
  const until = plusDays(act.at, world.policy.value.lifetimes.deviceDays)
  await give(world, act, person.ref, { type: 'TrustDevice', at: act.at, device: deviceDigest(person, secret), until })
  return cookieOf(secret, secretsIn(cookie))
}

/**
 * Each success gives a device that is trusted another secret, so that a cookie which somebody copied is worth nothing after the owner's
 * next sign-in. Trust ends when it would have ended: it is given by the person, not by using it.
 */
export const renewDevice = async (world: World, act: Act, person: Person, cookie: string | undefined): Promise<string | undefined> => {
  const known = await trusted(world, person, cookie, act.at)
  if (known === undefined) return undefined
  const secret = newSecret(world.chance)
  const [device, replaces] = [deviceDigest(person, secret), deviceDigest(person, known)]
  await give(world, act, person.ref, { type: 'RenewDevice', at: act.at, device, replaces })
  return cookieOf(
    secret,
    secretsIn(cookie).filter((other) => other !== known),
  )
}
