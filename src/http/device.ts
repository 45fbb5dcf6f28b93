import { cookieName, isSecure, setCookie } from './cookies.ts'
import type { Request } from './reply.ts'
import type { World } from '../world.ts'

const NAME = 'device'
const SECRET = /^[A-Za-z0-9_-]{43}$/
const DAY_S = 86_400

/** The secret of a device that somebody called their own (rule 21). It never authenticates by itself. */
export const deviceSecretOf = (world: Pick<World, 'settings'>, request: Request): string | undefined => {
  const value = request.cookies.get(cookieName(NAME, isSecure(world.settings.issuer)))
  return value !== undefined && SECRET.test(value) ? value : undefined
}

export const deviceCookie = (world: Pick<World, 'settings' | 'policy'>, secret: string): string =>
  setCookie(NAME, secret, world.policy.value.lifetimes.deviceDays * DAY_S, isSecure(world.settings.issuer))
