import { cookieName, isSecure, setCookie } from './cookies.ts'
import type { Request } from './reply.ts'
import type { World } from '../world.ts'

const NAME = 'device'
const SECRETS = /^[A-Za-z0-9_-]{43}(\.[A-Za-z0-9_-]{43}){0,4}$/
const DAY_S = 86_400

/** The secrets by which people know this device as their own (rule 21): `src/devices.ts` reads them. They never authenticate by themselves. */
export const deviceSecretOf = (world: Pick<World, 'settings'>, request: Request): string | undefined => {
  const value = request.cookies.get(cookieName(NAME, isSecure(world.settings.issuer)))
  return value !== undefined && SECRETS.test(value) ? value : undefined
}

export const deviceCookie = (world: Pick<World, 'settings' | 'policy'>, secret: string): string =>
  setCookie(NAME, secret, world.policy.value.lifetimes.deviceDays * DAY_S, isSecure(world.settings.issuer))
